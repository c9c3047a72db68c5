package io.tenantredis.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.tenantredis.RetryMode;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantId;
import io.tenantredis.TenantPermissionDeniedException;
import io.tenantredis.TenantRedis;
import io.tenantredis.TenantTimeoutException;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireFault;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One line in a user's test each. */
class FaultsTest {

  @RegisterExtension
  static final TenantRedisExtension EXTENSION = TenantRedisExtension.builder().exclusive().build();

  @Test
  void dropNextReplyLosesTheReplyOfACommandThatWasExecuted(TestTenants tenants) {
    try (TenantRedis redis = impatient(tenants)) {
      TenantClient<String, String> acme = redis.tenant("acme").retrying(RetryMode.NEVER);
      acme.sync().set("n", "1");

      WireFault lost = tenants.dropNextReply();

      assertThatThrownBy(() -> acme.sync().incr("n")).isInstanceOf(TenantTimeoutException.class);
      String key = tenants.tenancy().prefixOf(TenantId.of("acme")) + "n";
      await().until(() -> "2".equals(tenants.admin().get(key)));
      assertThat(lost.hits()).isEqualTo(1);
    }
  }

  @Test
  void dropNextReplyOfACommandLetsOthersPass(TestTenants tenants) {
    try (TenantRedis redis = impatient(tenants)) {
      TenantClient<String, String> acme = redis.tenant("acme").retrying(RetryMode.NEVER);
      tenants.dropNextReply("INCR");

      acme.sync().set("n", "1");

      assertThatThrownBy(() -> acme.sync().incr("n")).isInstanceOf(TenantTimeoutException.class);
    }
  }

  @Test
  void delayNextReplyMakesOneCommandSlow(
      @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
    acme.sync().set("a", "1");
    tenants.delayNextReply(Duration.ofMillis(200));

    long start = System.nanoTime();
    acme.sync().get("a");
    assertThat(System.nanoTime() - start).isGreaterThan(Duration.ofMillis(190).toNanos());
  }

  @Test
  void failNextCommandAnswersWithTheError(
      @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
    acme.sync().set("a", "1");
    WireFault fault = tenants.failNextCommand("OOM command not allowed");

    assertThatThrownBy(() -> acme.retrying(RetryMode.NEVER).sync().set("a", "2"))
        .hasMessageContaining("OOM");
    assertThat(fault.hits()).isEqualTo(1);
    assertThat(acme.sync().get("a")).isEqualTo("1");
  }

  @Test
  void freezeHoldsBackAllRepliesOfThisTestForTheTime(
      @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) throws Exception {
    acme.sync().set("a", "1");

    long start = System.nanoTime();
    CompletableFuture<Void> over = tenants.freeze(Duration.ofMillis(300));
    CompletableFuture<String> reply = acme.async().get("a").toCompletableFuture();
    assertThat(tenants.admin().ping()).isEqualTo("PONG");

    assertThat(reply.get(30, TimeUnit.SECONDS)).isEqualTo("1");
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(Duration.ofMillis(300).toNanos());
    over.get(30, TimeUnit.SECONDS);
  }

  @Test
  void resetConnectionsIsSurvivedByTheClient(
      @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
    acme.sync().set("a", "1");

    tenants.resetConnections();

    assertThat(acme.retrying(RetryMode.ALWAYS).sync().get("a")).isEqualTo("1");
    assertThat(tenants.wire().connectionsAccepted()).isGreaterThan(1);
  }

  @Test
  void healTakesAllFaultsOfTheWireAway(
      @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
    acme.sync().set("a", "1");
    WireFault fault = tenants.failNextCommand("OOM command not allowed");

    tenants.heal();

    assertThat(acme.sync().get("a")).isEqualTo("1");
    assertThat(fault.hits()).isZero();
  }

  @Test
  void denyPermissionAndRevokeStrikeOneTenant(TenantRedis redis, TestTenants tenants) {
    redis.tenant("acme").sync().set("a", "1");
    redis.tenant("globex").sync().set("a", "1");

    tenants.denyPermission("acme", "SET");
    assertThatThrownBy(() -> redis.tenant("acme").sync().set("a", "2"))
        .isInstanceOf(TenantPermissionDeniedException.class);
    tenants.revoke("acme");
    assertThatThrownBy(() -> redis.tenant("acme").sync().get("a"))
        .isInstanceOf(RuntimeException.class);

    redis.tenant("globex").sync().set("a", "2");
  }

  @Test
  void theProcessItselfCanBeKilledAndStartedAgain(
      @Tenant("acme") TenantClient<String, String> acme, RedisServer server, TestTenants tenants) {
    acme.sync().set("a", "1");

    server.kill9();
    assertThatThrownBy(() -> acme.retrying(RetryMode.NEVER).sync().get("a"))
        .isInstanceOf(RuntimeException.class);
    server.restart();
    // The fixture's own connections must have noticed before it takes the users away.
    await().ignoreExceptions().untilAsserted(() -> tenants.revoke("acme"));
  }

  @Test
  void theReportSaysWhichCommandsEachTenantSent(TenantRedis redis, TestTenants tenants) {
    redis.tenant("acme").sync().set("a", "secret");
    redis.tenant("acme").sync().get("a");
    redis.tenant("acme").sync().get("b");
    redis
        .tenant("globex")
        .sync()
        .xgroupCreate(
            XReadArgs.StreamOffset.from("s", "0"), "group", XGroupCreateArgs.Builder.mkstream());

    CommandReport report = tenants.commands();

    assertThat(report.tenants()).containsExactly("acme", "globex");
    assertThat(report.count("acme", "get")).isEqualTo(2);
    assertThat(report.count("globex", "XGROUP CREATE")).isEqualTo(1);
    assertThat(report.count("globex", "GET")).isZero();
    assertThat(report.of("acme").get(0).args().get(1)).endsWith(":acme:a");
    assertThat(report.of(CommandReport.NO_TENANT)).isEmpty();
    assertThat(report).hasToString("acme: GET x2, SET x1\nglobex: XGROUP CREATE x1");
  }

  @Test
  void afterTheTestItsTenantsAreOver(TestTenants tenants) {
    TestTenants over = new TestTenants(tenants.server(), policy -> policy, () -> {});
    over.close();

    assertThatIllegalStateException().isThrownBy(over::redis);
    assertThatIllegalStateException().isThrownBy(over::url);
    assertThatIllegalStateException().isThrownBy(over::admin);
  }

  private static TenantRedis impatient(TestTenants tenants) {
    // Made here, so that the first command's time is its own.
    tenants.credentials("acme");
    TenantRedis.Builder builder =
        TenantRedis.builder(tenants.url()).commandTimeout(Duration.ofSeconds(2));
    tenants.configure(builder);
    return builder.build();
  }
}
