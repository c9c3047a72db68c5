package io.tenantredis.spring.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.TenantId;
import io.tenantredis.context.CurrentTenantResolver;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.RequestDispatcher;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

/**
 * A request that failed comes back to show its error, on another path; one whose answer took its
 * time comes back with it.
 */
class LaterDispatchTest {

  final TenantServletFilter filter =
      new TenantServletFilter(
          ServletTenantResolver.path("/t/{tenant}/**"), new TenantGate(List.of(), null, 404));
  final List<Object> seen = new ArrayList<>();

  private MockHttpServletResponse handle(MockHttpServletRequest request) throws Exception {
    return handle(filter, request);
  }

  private MockHttpServletResponse handle(TenantServletFilter filter, MockHttpServletRequest request)
      throws Exception {
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

  @Test
  void anAsynchronousRequestEndsAsTheTenantItBeganWithWhateverTheSessionSaysThen()
      throws Exception {
    TenantServletFilter bySession =
        new TenantServletFilter(
            ServletTenantResolver.session("tenant"), new TenantGate(List.of(), null, 404));
    MockHttpServletRequest request = new MockHttpServletRequest("GET", "/slow");
    request.getSession().setAttribute("tenant", "acme");
    handle(bySession, request);
    request.getSession().setAttribute("tenant", "globex");
    request.setDispatcherType(DispatcherType.ASYNC);
    handle(bySession, request);
    assertThat(seen).containsExactly(TenantId.of("acme"), TenantId.of("acme"));
    assertThat(current()).isEqualTo("nobody");
  }

  @Test
  void anAsynchronousRequestOfATenantThatIsNoLongerKnownIsFinished() throws Exception {
    Set<TenantId> known = new HashSet<>(Set.of(TenantId.of("acme")));
    TenantServletFilter filter =
        new TenantServletFilter(
            ServletTenantResolver.path("/t/{tenant}/**"),
            new TenantGate(List.of(), known::contains, 404));
    MockHttpServletRequest request = new MockHttpServletRequest("GET", "/t/acme/slow");
    handle(filter, request);
    known.clear();
    request.setDispatcherType(DispatcherType.ASYNC);
    assertThat(handle(filter, request).getStatus()).isEqualTo(200);
    assertThat(seen).containsExactly(TenantId.of("acme"), TenantId.of("acme"));
  }

  @Test
  void anAsynchronousRequestThatWasForNoTenantIsAskedForOne() throws Exception {
    TenantServletFilter filter =
        new TenantServletFilter(
            ServletTenantResolver.path("/t/{tenant}/**"),
            new TenantGate(List.of("/public"), null, 404));
    MockHttpServletRequest request = new MockHttpServletRequest("GET", "/public");
    handle(filter, request);
    request.setDispatcherType(DispatcherType.ASYNC);
    request.setRequestURI("/t/acme/x");
    handle(filter, request);
    assertThat(seen).containsExactly("nobody", TenantId.of("acme"));
  }
}
