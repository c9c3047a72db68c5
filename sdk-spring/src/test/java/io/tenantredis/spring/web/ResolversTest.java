package io.tenantredis.spring.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.Principal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.oauth2.core.ClaimAccessor;

/** How a request names its tenant, and that nothing else does. */
class ResolversTest {

  static MockHttpServletRequest request(String path) {
    return new MockHttpServletRequest("GET", path);
  }

  static String reactive(
      ServerTenantResolver resolver, MockServerHttpRequest.BaseBuilder<?> request) {
    return resolver.resolve(MockServerWebExchange.from(request)).block();
  }

  @Test
  void aHeaderNamesTheTenantIfItIsThereOnce() {
    ServletTenantResolver servlet = ServletTenantResolver.header("X-Tenant");
    MockHttpServletRequest request = request("/");
    assertThat(servlet.resolve(request)).isNull();
    request.addHeader("x-tenant", "acme");
    assertThat(servlet.resolve(request)).isEqualTo("acme");
    request.addHeader("X-Tenant", "globex");
    assertThat(servlet.resolve(request)).isNull();

    ServerTenantResolver server = ServerTenantResolver.header("X-Tenant");
    assertThat(reactive(server, MockServerHttpRequest.get("/").header("x-tenant", "acme")))
        .isEqualTo("acme");
    assertThat(reactive(server, MockServerHttpRequest.get("/").header("X-Tenant", "a", "b")))
        .isNull();
    assertThat(reactive(server, MockServerHttpRequest.get("/"))).isNull();
  }

  @Test
  void aPartOfThePathNamesTheTenant() {
    ServletTenantResolver servlet = ServletTenantResolver.path("/t/{tenant}/**");
    assertThat(servlet.resolve(request("/t/acme/carts"))).isEqualTo("acme");
    assertThat(servlet.resolve(request("/x/acme/carts"))).isNull();
    ServerTenantResolver server = ServerTenantResolver.path("/t/{tenant}/**");
    assertThat(reactive(server, MockServerHttpRequest.get("/t/acme/carts"))).isEqualTo("acme");
    assertThat(reactive(server, MockServerHttpRequest.get("/t"))).isNull();
    assertThatThrownBy(() -> ServletTenantResolver.path("/t/**")).hasMessageContaining("{tenant}");
  }

  @Test
  void aPathThatMayMeanAnotherOneNamesNobody() {
    TenantPattern path = TenantPattern.path("/t/{tenant}/**");
    assertThat(path.tenantIn("/t/acme/files/x.y")).isEqualTo("acme");
    assertThat(path.tenantIn("/t/acme/files/a..b")).isEqualTo("acme");
    for (String text :
        List.of(
            "/t/acme/files/../../globex/x",
            "/t/acme/./x",
            "/t/acme/%2e%2e/globex/x",
            "/t/acme/%2E%2E;a=b/globex/x",
            "/t/acme/..%2Fglobex",
            "/t/acme/..%5cglobex/x")) {
      assertThat(path.tenantIn(text)).as(text).isNull();
    }
  }

  @Test
  void whoIsNotLoggedInIsNobodysTenant() {
    Principal stranger =
        new AnonymousAuthenticationToken(
            "key", "anonymousUser", AuthorityUtils.createAuthorityList("ROLE_ANONYMOUS"));
    MockHttpServletRequest request = request("/");
    request.setUserPrincipal(stranger);
    assertThat(ServletTenantResolver.principal(Principal::getName).resolve(request)).isNull();
    assertThat(
            ServerTenantResolver.principal(Principal::getName)
                .resolve(
                    MockServerWebExchange.builder(MockServerHttpRequest.get("/"))
                        .principal(stranger)
                        .build())
                .block())
        .isNull();
  }

  @Test
  void oneLabelOfTheHostNamesTheTenant() {
    ServletTenantResolver servlet = ServletTenantResolver.host("{tenant}.example.com");
    for (Map.Entry<String, String> host :
        Map.of("acme.example.com", "acme", "ACME.Example.com", "acme").entrySet()) {
      MockHttpServletRequest request = request("/");
      request.setServerName(host.getKey());
      assertThat(servlet.resolve(request)).isEqualTo(host.getValue());
    }
    for (String host :
        new String[] {"example.com", ".example.com", "a.b.example.com", "acme.example.org"}) {
      MockHttpServletRequest request = request("/");
      request.setServerName(host);
      assertThat(servlet.resolve(request)).as(host).isNull();
    }
    assertThat(
            reactive(
                ServerTenantResolver.host("{tenant}.example.com"),
                MockServerHttpRequest.get("http://acme.example.com/")))
        .isEqualTo("acme");
  }

  @Test
  void theAuthenticatedUserMayBeTheTenantOrHaveAClaim() {
    record Token(Map<String, Object> claims) implements ClaimAccessor {
      @Override
      public Map<String, Object> getClaims() {
        return claims;
      }
    }
    ServletTenantResolver name = ServletTenantResolver.principal(Principal::getName);
    ServletTenantResolver claim = ServletTenantResolver.principal(new TokenClaim("tenant"));
    MockHttpServletRequest request = request("/");
    assertThat(name.resolve(request)).isNull();
    assertThat(claim.resolve(request)).isNull();
    request.setUserPrincipal(() -> "acme");
    assertThat(name.resolve(request)).isEqualTo("acme");
    assertThat(claim.resolve(request)).isNull();
    Map<String, Object> claims = new HashMap<>();
    claims.put("tenant", "globex");
    claims.put("tenants", List.of("acme"));
    request.setUserPrincipal(new TestingAuthenticationToken(new Token(claims), null));
    assertThat(claim.resolve(request)).isEqualTo("globex");
    assertThat(ServletTenantResolver.principal(new TokenClaim("tenants")).resolve(request))
        .isNull();
    assertThat(ServletTenantResolver.principal(new TokenClaim("none")).resolve(request)).isNull();

    TestingAuthenticationToken user = new TestingAuthenticationToken(new Token(claims), null);
    assertThat(
            ServerTenantResolver.principal(new TokenClaim("tenant"))
                .resolve(
                    MockServerWebExchange.builder(MockServerHttpRequest.get("/"))
                        .principal(user)
                        .build())
                .block())
        .isEqualTo("globex");
  }

  @Test
  void anAttributeOfTheSessionNamesTheTenantAndNoSessionIsStartedForIt() {
    ServletTenantResolver servlet = ServletTenantResolver.session("tenant");
    MockHttpServletRequest request = request("/");
    assertThat(servlet.resolve(request)).isNull();
    assertThat(request.getSession(false)).isNull();
    request.getSession().setAttribute("tenant", "acme");
    assertThat(servlet.resolve(request)).isEqualTo("acme");
    MockServerWebExchange exchange = MockServerWebExchange.from(MockServerHttpRequest.get("/"));
    exchange.getSession().block().getAttributes().put("tenant", "acme");
    assertThat(ServerTenantResolver.session("tenant").resolve(exchange).block()).isEqualTo("acme");
  }

  @Test
  void aFixedTenantIsThatOfAllRequests() {
    assertThat(ServletTenantResolver.fixed("acme").resolve(request("/"))).isEqualTo("acme");
    assertThat(reactive(ServerTenantResolver.fixed("acme"), MockServerHttpRequest.get("/")))
        .isEqualTo("acme");
  }
}
