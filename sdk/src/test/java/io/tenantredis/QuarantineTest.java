package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.ServerFault;
import io.tenantredis.test.server.WireProxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A tenant of which the server does not say, or no longer says, that it is the tenant. */
class QuarantineTest {

  static RedisServer server;

  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  WireProxy proxy;

  @BeforeAll
  static void startServer() {
    server = Tenants.confined().start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void connect() {
    proxy = WireProxy.to(server);
  }

  @AfterEach
  void disconnect() {
    proxy.close();
  }

  private TenantRedis client(ConnectionOptions.Builder options) {
    return TenantRedis.builder(proxy.uri())
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials())
        .meterRegistry(registry)
        .connections(
            options
                .reconnectDelay(Duration.ofMillis(10), Duration.ofMillis(100))
                .longestQuarantineDelay(Duration.ofMillis(200))
                .build())
        .build();
  }

  private static ErrorCode codeOfGet(TenantRedis redis, String tenant) {
    try {
      redis.tenant(tenant).sync().get("k");
      return null;
    } catch (RuntimeException failure) {
      assertThat(failure).isInstanceOf(TenantRedisFailure.class);
      return ((TenantRedisFailure) failure).code();
    }
  }

  /** Credentials may be refused now and then; quarantined is who goes on trying with them. */
  private void untilQuarantined(TenantRedis redis) {
    Awaitility.await()
        .until(
            () -> {
              assertThat(codeOfGet(redis, "acme")).isNotNull();
              return quarantines() == 1;
            });
  }

  private double quarantines() {
    return registry.find("tenant.redis.tenant.quarantines").counters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }

  @Test
  void aLiveConnectionThatTurnsOutToBeAnothersIsClosedAndItsTenantQuarantinedUntilItIsRight() {
    try (TenantRedis redis =
        client(ConnectionOptions.builder().reverifyInterval(Duration.ofMillis(100)))) {
      redis.tenant("acme").sync().set("k", "v");
      redis.tenant("globex").sync().set("k", "w");
      proxy
          .onCommands(seen -> seen.name().startsWith("ACL") && seen.toString().contains("WHOAMI"))
          .always()
          .replaceReply("$7\r\ndefault\r\n".getBytes(StandardCharsets.US_ASCII));
      Awaitility.await().until(() -> codeOfGet(redis, "acme") == ErrorCode.SEC006);
      Awaitility.await().until(() -> quarantines() == 2);
      for (int i = 0; i < 50; i++) {
        assertThat(codeOfGet(redis, "acme")).isEqualTo(ErrorCode.SEC006);
      }
      assertThat(quarantines()).isEqualTo(2);
      proxy.heal();
      Awaitility.await().until(() -> codeOfGet(redis, "acme") == null);
      assertThat(redis.tenant("acme").sync().get("k")).isEqualTo("v");
    }
  }

  @Test
  void leasedConnectionsOfAQuarantinedTenantAreClosedToo() {
    try (TenantRedis redis =
        client(ConnectionOptions.builder().reverifyInterval(Duration.ofMillis(50)))) {
      redis.tenant("acme").sync().set("k", "v");
      StatefulRedisConnection<String, String> lease = redis.tenant("acme").lease();
      assertThat(lease.sync().get("k")).isEqualTo("v");
      try (ServerFault denied = server.faults().denyCommand("tenant_acme", "ACL|WHOAMI")) {
        Awaitility.await().until(() -> quarantines() == 1);
        Awaitility.await()
            .untilAsserted(
                () ->
                    assertThatThrownBy(() -> lease.sync().get("k"))
                        .isInstanceOf(RedisException.class));
      }
      lease.close();
      Awaitility.await().until(() -> codeOfGet(redis, "acme") == null);
    }
  }

  @Test
  void aUserThatMayNoLongerSayWhoItIsIsQuarantined() {
    try (TenantRedis redis =
        client(ConnectionOptions.builder().reverifyInterval(Duration.ofMillis(50)))) {
      redis.tenant("acme").sync().set("k", "v");
      try (ServerFault denied = server.faults().denyCommand("tenant_acme", "ACL|WHOAMI")) {
        Awaitility.await().until(() -> codeOfGet(redis, "acme") == ErrorCode.SEC007);
      }
      Awaitility.await().until(() -> codeOfGet(redis, "acme") == null);
    }
  }

  @Test
  void aRevokedUserFailsFastAloneWithoutARetryStormAndHealsByItself() {
    try (TenantRedis redis = client(ConnectionOptions.builder())) {
      redis.tenant("acme").sync().set("k", "v");
      redis.tenant("globex").sync().set("k", "w");
      ServerFault revoked = server.faults().revokeUser("tenant_acme");
      untilQuarantined(redis);
      long connectionsBefore = proxy.connectionsAccepted();
      for (int i = 0; i < 2000; i++) {
        assertThat(codeOfGet(redis, "acme")).isEqualTo(ErrorCode.SEC002);
        if (i % 20 == 0) {
          assertThat(codeOfGet(redis, "globex")).isNull();
        }
      }
      assertThat(proxy.connectionsAccepted() - connectionsBefore).isLessThan(100);
      revoked.heal();
      Awaitility.await().until(() -> codeOfGet(redis, "acme") == null);
      assertThat(quarantines()).isEqualTo(1);
    }
  }

  @Test
  void aDeletedUserFailsFastAndHealsWhenItIsBack() {
    try (TenantRedis redis = client(ConnectionOptions.builder())) {
      redis.tenant("acme").sync().set("k", "v");
      server.admin().command("ACL", "DELUSER", "tenant_acme");
      Awaitility.await().until(() -> codeOfGet(redis, "acme") == ErrorCode.SEC002);
      untilQuarantined(redis);
      server.admin().command(setUser("tenant_acme"));
      Awaitility.await().until(() -> codeOfGet(redis, "acme") == null);
    }
  }

  @Test
  void aUserThatIsOnlySwitchedOffIsFoundByReverificationAndHealsWhenItIsOnAgain() {
    try (TenantRedis redis =
        client(ConnectionOptions.builder().reverifyInterval(Duration.ofMillis(50)))) {
      redis.tenant("acme").sync().set("k", "v");
      redis.tenant("globex").sync().set("k", "w");
      StatefulRedisConnection<String, String> lease = redis.tenant("acme").lease();
      server.admin().command("ACL", "SETUSER", "tenant_acme", "off");
      Awaitility.await().until(() -> codeOfGet(redis, "acme") == ErrorCode.SEC002);
      assertThatThrownBy(() -> lease.sync().get("k"))
          .as("it ends before anybody hears of the reason")
          .isInstanceOf(RedisException.class);
      lease.close();
      assertThat(codeOfGet(redis, "globex")).isNull();
      server.admin().command("ACL", "SETUSER", "tenant_acme", "on");
      Awaitility.await().until(() -> codeOfGet(redis, "acme") == null);
      assertThat(quarantines()).isEqualTo(1);
    }
  }

  @Test
  void aTenantThatOnlyListensIsFoundOutTooWhenItsUserIsSwitchedOff() {
    Heard heard = new Heard();
    try (TenantRedis redis =
        client(ConnectionOptions.builder().reverifyInterval(Duration.ofMillis(50)))) {
      TenantSubscription subscription = redis.tenant("acme").pubSub().subscribe("news", heard);
      server.admin().command("ACL", "SETUSER", "tenant_acme", "off");
      Awaitility.await().until(() -> heard.calls.contains("interrupted SEC002"));
      server.admin().command("PUBLISH", "tenant:acme:news", "not for who is switched off");
      server.admin().command("ACL", "SETUSER", "tenant_acme", "on");
      Awaitility.await().until(() -> subscription.state() == SubscriptionState.SUBSCRIBED);
      server.admin().command("PUBLISH", "tenant:acme:news", "back");
      heard.awaitLast("news=back");
      assertThat(heard.calls).noneMatch(call -> call.contains("switched off"));
    } finally {
      server.admin().command("ACL", "SETUSER", "tenant_acme", "on");
    }
  }

  @Test
  void aCredentialsProviderThatOnceDidNotAnswerDoesNotEndReverification() {
    AtomicInteger unanswered = new AtomicInteger();
    AtomicBoolean silent = new AtomicBoolean();
    try (TenantRedis redis =
        TenantRedis.builder(proxy.uri())
            .identity("tenant_{tenant}")
            .connectTimeout(Duration.ofSeconds(2))
            .credentials(
                tenant -> {
                  if (silent.get()) {
                    unanswered.incrementAndGet();
                    return new CompletableFuture<>();
                  }
                  return Tenants.credentials().credentials(tenant);
                })
            .connections(
                ConnectionOptions.builder().reverifyInterval(Duration.ofMillis(50)).build())
            .build()) {
      redis.tenant("acme").sync().set("k", "v");
      silent.set(true);
      Awaitility.await().until(() -> unanswered.get() > 0);
      silent.set(false);
      server.admin().command("ACL", "SETUSER", "tenant_acme", "off");
      Awaitility.await().until(() -> codeOfGet(redis, "acme") == ErrorCode.SEC002);
    } finally {
      server.admin().command("ACL", "SETUSER", "tenant_acme", "on");
    }
  }

  @Test
  void reverificationLeavesNoConnectionBehind() {
    try (TenantRedis redis =
        client(ConnectionOptions.builder().reverifyInterval(Duration.ofMillis(20)))) {
      redis.tenant("acme").sync().set("k", "v");
      Awaitility.await().until(() -> proxy.connectionsAccepted() > 5);
      Awaitility.await()
          .until(
              () ->
                  server
                          .admin()
                          .text("CLIENT", "LIST")
                          .lines()
                          .filter(line -> line.contains(" user=tenant_acme "))
                          .count()
                      == 1);
    }
  }

  @Test
  void aNewTenantsCommandsWaitForItsUserWithinPatience() throws Exception {
    server.admin().command("ACL", "DELUSER", "tenant_acme");
    try (TenantRedis redis =
        client(ConnectionOptions.builder().newUserPatience(Duration.ofSeconds(30)))) {
      Future<String> early = redis.tenant("acme").async().set("k", "v");
      Awaitility.await().until(() -> proxy.connectionsAccepted() > 3);
      assertThat(early.isDone()).isFalse();
      server.admin().command(setUser("tenant_acme"));
      assertThat(early.get(10, TimeUnit.SECONDS)).isEqualTo("OK");
      assertThat(quarantines()).isZero();
    }
  }

  @Test
  void withoutPatienceRefusedCredentialsFailAtOnce() {
    server.admin().command("ACL", "DELUSER", "tenant_acme");
    try (TenantRedis redis = client(ConnectionOptions.builder().newUserPatience(Duration.ZERO))) {
      assertThatThrownBy(() -> redis.tenant("acme").sync().get("k"))
          .hasMessageContaining("WRONGPASS");
      assertThat(proxy.connectionsAccepted()).isEqualTo(1);
    } finally {
      server.admin().command(setUser("tenant_acme"));
    }
  }

  private static String[] setUser(String user) {
    String[] rules = Tenants.rules("acme", true);
    String[] command = new String[rules.length + 3];
    command[0] = "ACL";
    command[1] = "SETUSER";
    command[2] = user;
    System.arraycopy(rules, 0, command, 3, rules.length);
    return command;
  }
}
