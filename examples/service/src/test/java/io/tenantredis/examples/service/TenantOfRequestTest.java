package io.tenantredis.examples.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.spring.web.ServletTenantResolver;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.mock.web.MockHttpServletRequest;

/** Whose request it is, when the host and the header say the same, something else, or nothing. */
class TenantOfRequestTest {

  private final ServletTenantResolver tenants =
      new ShopApplication().tenantOfRequest("{tenant}.shop.localhost");

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          # host                   headers         tenant
          localhost,                -,              -
          localhost,                acme,           acme
          acme.shop.localhost,      -,              acme
          ACME.Shop.localhost,      -,              acme
          acme.shop.localhost,      acme,           acme
          acme.shop.localhost,      globex,         -
          acme.shop.localhost,      globex;globex,  -
          acme.shop.localhost,      acme;acme,      -
          acme.shop.localhost,      acme;globex,    -
          localhost,                acme;globex,    -
          acme.shop.localhost,      '',             -
          a.acme.shop.localhost,    -,              -
          acme.shop.localhost.evil, -,              -
          """)
  void aRequestHasTheOneTenantThatAllOfItNames(String host, String headers, String tenant) {
    MockHttpServletRequest request = new MockHttpServletRequest("GET", "/cart");
    request.setServerName(host);
    if (headers != null) {
      for (String header : headers.split(";", -1)) {
        request.addHeader("X-Tenant", header);
      }
    }
    assertThat(tenants.resolve(request)).isEqualTo(tenant);
  }
}
