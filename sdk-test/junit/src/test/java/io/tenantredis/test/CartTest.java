package io.tenantredis.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.TenantClient;
import io.tenantredis.TenantRedis;
import org.junit.jupiter.api.Test;

/** The sample of docs/testing.md. */
@TenantRedisTest
class CartTest {

  @Test
  void cartsStayApart(
      TenantRedis redis, @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
    redis.tenant("globex").sync().set("cart:7", "anvil");

    assertThat(acme.sync().get("cart:7")).isNull();
    tenants.assertThatTenant("globex").hasKey("cart:7").hasOnlyKeysMatching("cart:*");
    tenants.assertThatTenant(acme).leavesNoKeys();
  }
}
