package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.test.server.RedisServer;
import org.junit.jupiter.api.Test;

class BuilderReuseTest {

  @Test
  void whatIsSaidToABuilderAfterwardsDoesNotReachAClientThatItBuilt() {
    try (RedisServer server = Tenants.confined().start()) {
      TenantRedis.Builder builder = Tenants.client(server);
      try (TenantRedis redis = builder.build()) {
        builder
            .prefixMode(PrefixMode.REQUIRE)
            .keyPrefix("other:{tenant}:")
            .identityCheck(IdentityCheck.CLIENT_INFO)
            .legacyKeys(LegacyKeys.template("old:{tenant}:"));
        redis.tenant("acme").sync().set("k", "v");
        assertThat(server.admin().text("GET", "tenant:acme:k")).isEqualTo("v");
        assertThat(redis.tenant("acme").sync().get("k")).isEqualTo("v");
      }
    }
  }
}
