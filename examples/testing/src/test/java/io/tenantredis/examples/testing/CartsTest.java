package io.tenantredis.examples.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.Outcome;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantId;
import io.tenantredis.TenantPermissionDeniedException;
import io.tenantredis.TenantRedis;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.test.Tenant;
import io.tenantredis.test.TenantIsolation;
import io.tenantredis.test.TenantRedisTest;
import io.tenantredis.test.TestTenants;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@TenantRedisTest
class CartsTest {

  private static final TenantId ACME = TenantId.of("acme");

  @Test
  void anEmptiedCartLeavesNothingBehind(TenantRedis redis, TestTenants tenants) {
    Carts carts = new Carts(redis);

    carts.add(ACME, "7", "espresso");
    assertThat(carts.items(ACME, "7")).containsExactly("espresso");
    tenants.assertThatTenant("acme").hasKey("cart:7").hasOnlyKeysMatching("cart:*");

    carts.empty(ACME, "7");
    tenants.assertThatTenant("acme").leavesNoKeys();
  }

  @Test
  void tenantsDoNotSeeEachOthersCarts(TenantRedis redis, TestTenants tenants) {
    Carts carts = new Carts(redis);

    TenantIsolation.verify(
        tenants,
        run -> {
          carts.add(run.tenant(), "7", run.mark("espresso"));
          return carts.items(run.tenant(), "7");
        });
  }

  @Test
  void anOrderWhoseReplyWasLostIsNotCountedTwice(TestTenants tenants) {
    tenants.credentials("acme");
    TenantRedis.Builder builder =
        TenantRedis.builder(tenants.url()).commandTimeout(Duration.ofSeconds(2));
    tenants.configure(builder);
    try (TenantRedis redis = builder.build()) {
      Carts carts = new Carts(redis);
      assertThat(carts.nextOrderNumber(ACME)).isEqualTo(1);

      tenants.dropNextReply("INCR");

      assertThatThrownBy(() -> carts.nextOrderNumber(ACME))
          .isInstanceOfSatisfying(
              TenantRedisFailure.class,
              failure -> assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN));
      assertThat(carts.nextOrderNumber(ACME)).isEqualTo(3);
    }
  }

  @Test
  void aCartIsOneRoundTripToRead(
      TenantRedis redis, @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
    acme.sync().rpush("cart:7", "espresso");

    new Carts(redis).items(ACME, "7");

    assertThat(tenants.commands()).hasToString("acme: LRANGE x1, RPUSH x1");
  }

  @Test
  void aMissingRightIsAnErrorOfOneTenant(TenantRedis redis, TestTenants tenants) {
    Carts carts = new Carts(redis);
    tenants.denyPermission("acme", "RPUSH");

    assertThatThrownBy(() -> carts.add(ACME, "7", "espresso"))
        .isInstanceOf(TenantPermissionDeniedException.class);
    carts.add(TenantId.of("globex"), "7", "anvil");
  }
}
