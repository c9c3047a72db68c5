package io.tenantredis.test.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.TenantContext;
import io.tenantredis.test.IsolationReport;
import io.tenantredis.test.TenantIsolation;
import io.tenantredis.test.TestTenants;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

@SpringBootTest(classes = VisitsApplication.class)
@AutoConfigureTestTenants
class AutoConfigureTestTenantsTest {

  @Autowired private Visits visits;
  @Autowired private TestTenants tenants;
  @Autowired private TenantRedis redis;

  @Test
  void theApplicationIsPointedAtTenantsOfItsOwn() {
    TenantContext.run(TenantId.of("acme"), () -> visits.visited("home", "ann"));

    tenants.assertThatTenant("acme").hasKey("visits:home").hasOnlyKeysMatching("visit*:home");
    assertThat(redis.tenant("acme").sync().get("visits:home")).isEqualTo("1");
    assertThat(tenants.commands().count("acme", "INCR")).isEqualTo(1);
  }

  @Test
  void aServiceOfTheApplicationIsVerifiedAsTwoTenants() {
    TenantIsolation.verify(
        tenants,
        run -> {
          visits.visited("start", run.mark("ann"));
          return visits.visitors("start");
        });
  }

  @Test
  void aServiceThatForgetsTheTenantIsFound() {
    IsolationReport report =
        TenantIsolation.of(tenants)
            .rounds(1)
            .inspect(
                run ->
                    TenantContext.get(
                        TenantId.of("everybody"), () -> visits.visited("home", "ann")));

    assertThat(report.toString()).contains("a connection of everybody, whose code did not run");
  }

  @Nested
  class InANestedClass {

    @Test
    void theContextIsTheSame(@Autowired TestTenants same) {
      assertThat(same).isSameAs(tenants);
    }
  }
}
