package io.tenantredis.examples.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.test.TenantIsolation;
import io.tenantredis.test.TenantRedisTest;
import io.tenantredis.test.TestTenants;
import org.junit.jupiter.api.Test;

@TenantRedisTest
class RecommendationsTest {

  @Test
  void withOneTenantTheBugIsInvisible(TenantRedis redis, TestTenants tenants) {
    TenantId acme = TenantId.of("acme");
    Recommendations recommendations = new Recommendations(redis);

    recommendations.bought(acme, "espresso", "sugar");

    assertThat(recommendations.with(acme, "espresso")).containsExactly("sugar");
    tenants.assertThatTenant("acme").hasOnlyKeysMatching("together:*");
  }

  /** A team would write the inner statement alone, and see the report as the test's failure. */
  @Test
  void theFixtureFindsTheClientThatServesAllTenants(TenantRedis redis, TestTenants tenants) {
    Recommendations recommendations = new Recommendations(redis);

    assertThatThrownBy(
            () ->
                TenantIsolation.verify(
                    tenants,
                    run -> {
                      recommendations.bought(run.tenant(), "espresso", run.mark("sugar"));
                      return recommendations.with(run.tenant(), "espresso");
                    }))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("Tenants are not isolated")
        .hasMessageContaining("was answered with text of first-")
        .hasMessageContaining("whose code did not run, sent SADD");
  }
}
