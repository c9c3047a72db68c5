package io.tenantredis.spring.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.TenantId;
import io.tenantredis.context.CurrentTenantResolver;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.RequestDispatcher;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

/** A request that failed comes back to show its error, on another path. */
class ErrorDispatchTest {

  final TenantServletFilter filter =
      new TenantServletFilter(
          ServletTenantResolver.path("/t/{tenant}/**"), new TenantGate(List.of(), null, 404));
  final List<Object> seen = new ArrayList<>();

  private MockHttpServletResponse handle(MockHttpServletRequest request) throws Exception {
    MockHttpServletResponse response = new MockHttpServletResponse();
    filter.doFilter(request, response, (handled, with) -> seen.add(current()));
    return response;
  }

  private static Object current() {
    TenantId tenant = CurrentTenantResolver.context().currentTenant();
    return tenant == null ? "nobody" : tenant;
  }

  private static void turnIntoError(MockHttpServletRequest request) {
    request.setDispatcherType(DispatcherType.ERROR);
    request.setAttribute(RequestDispatcher.ERROR_REQUEST_URI, request.getRequestURI());
    request.setRequestURI("/error");
  }

  @Test
  void anErrorIsShownAsTheTenantWhoseRequestFailed() throws Exception {
    MockHttpServletRequest request = new MockHttpServletRequest("GET", "/t/acme/x");
    handle(request);
    turnIntoError(request);
    handle(request);
    assertThat(seen).containsExactly(TenantId.of("acme"), TenantId.of("acme"));
    assertThat(current()).isEqualTo("nobody");
  }

  @Test
  void theErrorOfARequestThatWasTurnedAwayIsShownAsNobody() throws Exception {
    MockHttpServletRequest request = new MockHttpServletRequest("GET", "/elsewhere");
    assertThat(handle(request).getStatus()).isEqualTo(400);
    turnIntoError(request);
    assertThat(handle(request).getStatus()).isEqualTo(200);
    assertThat(seen).containsExactly("nobody");
  }
}
