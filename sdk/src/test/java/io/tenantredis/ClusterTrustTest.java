package io.tenantredis;

import static io.tenantredis.Clusters.SPREAD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.ServerFault;
import io.tenantredis.test.server.WireFault;
import io.tenantredis.test.server.WireProxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nothing that a tenant can make up decides where connections, and with them passwords, go. The
 * cluster is one server behind a proxy that says that all slots are its.
 */
class ClusterTrustTest {

  private static RedisServer node;
  private static RedisServer outside;

  private WireProxy proxy;

  @BeforeAll
  static void start() {
    node = Clusters.server(true).start();
    outside = Clusters.server(true).start();
  }

  @AfterAll
  static void stop() {
    node.close();
    outside.close();
  }

  @BeforeEach
  void beACluster() {
    node.admin().command("FLUSHALL");
    outside.admin().command("CONFIG", "RESETSTAT");
    proxy = WireProxy.to(node);
    proxy
        .onCommand("CLUSTER SLOTS")
        .always()
        .answer(
            ("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:" + proxy.port() + "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
  }

  @AfterEach
  void close() {
    proxy.close();
  }

  private TenantRedis.Builder client() {
    return TenantRedis.builder("redis-cluster://127.0.0.1:" + proxy.port())
        .keyPrefix(SPREAD)
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials())
        .connectTimeout(Duration.ofSeconds(60))
        .commandTimeout(Duration.ofSeconds(60));
  }

  private static void assertNobodyToldTheServerOutsideAPassword() {
    assertThat(outside.admin().text("INFO", "commandstats")).doesNotContain("cmdstat_acl|whoami");
  }

  private static String redirection(String kind, int port) {
    return kind + " " + RedisCluster.slotOf("tenant:acme:k") + " 127.0.0.1:" + port;
  }

  /** What it sends is sent by one attempt: each would be redirected anew. */
  private TenantRedis withAnOwnCommand() {
    return client()
        .resilience(ResilienceOptions.builder().maxAttempts(1).build())
        .commands(CommandPolicy.builder().rule("MYMOD.PUT", "key .*", "-", "write").build())
        .build();
  }

  @Test
  void aRedirectionThatAModuleOfTheApplicationsOwnMadeUpLeadsNobodyToAServerOutsideTheCluster() {
    try (TenantRedis redis = withAnOwnCommand()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      for (String kind : List.of("MOVED", "ASK")) {
        proxy.onCommand("MYMOD.PUT").answerError(redirection(kind, outside.port()));
        assertThatThrownBy(() -> OwnCommands.run(acme, "MYMOD.PUT", "k"))
            .isInstanceOf(TenantCommandException.class);
        // Waits for whatever question the redirection led to.
        acme.keys().count();
        assertNobodyToldTheServerOutsideAPassword();
      }
    }
  }

  @Test
  void anOwnModuleThatMakesUpARedirectionToItsNodeIsNotRunAgain() {
    try (TenantRedis redis = withAnOwnCommand()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      for (String kind : List.of("MOVED", "ASK")) {
        long before = proxy.commandsSeen("MYMOD.PUT");
        WireFault made =
            proxy.onCommand("MYMOD.PUT").always().answerError(redirection(kind, proxy.port()));
        assertThatThrownBy(() -> OwnCommands.run(acme, "MYMOD.PUT", "k"))
            .isInstanceOf(TenantCommandException.class);
        assertThat(proxy.commandsSeen("MYMOD.PUT")).as(kind).isEqualTo(before + 1);
        made.remove();
      }
    }
  }

  @Test
  void whereKeysAreSpreadAnOwnCommandWithoutAKeyIsRefused() {
    CommandPolicy policy = CommandPolicy.builder().rule("MYMOD.ALL", "", "-", "read").build();
    try (TenantRedis redis = client().commands(policy).build()) {
      assertThatThrownBy(() -> OwnCommands.run(redis.tenant("acme"), "MYMOD.ALL"))
          .isInstanceOfSatisfying(
              CommandRefusedException.class,
              refused -> assertThat(refused.reason()).isEqualTo(RefusalReason.CROSS_SLOT));
      assertThat(proxy.commandsSeen("MYMOD.ALL")).isZero();
    }
  }

  @Test
  void whatATenantsCommandBringsAboutIsNotTakenForTheTableOfSlotsWhenAReplyIsLost()
      throws Exception {
    // Nothing but a question and the tenant's commands, so that it is known whose reply goes where.
    try (TenantRedis redis =
        client()
            .connections(
                ConnectionOptions.builder().clusterRefreshInterval(Duration.ofMillis(500)).build())
            .resilience(ResilienceOptions.builder().stepProbeInterval(null).build())
            .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      proxy.onCommand("EVAL").dropReply();
      RedisFuture<List<Object>> first = acme.async().eval("return {}", ScriptOutputType.MULTI, "k");
      // It gets the reply to the next question, which now waits for the next reply.
      assertThat(first.get(60, TimeUnit.SECONDS)).isNotEmpty();
      RedisFuture<List<Object>> second =
          acme.async()
              .eval(
                  "return {{0, 16383, {'127.0.0.1', tonumber(ARGV[1])}}}",
                  ScriptOutputType.MULTI,
                  new String[] {"k"},
                  Integer.toString(outside.port()));
      await().atMost(Duration.ofSeconds(60)).until(() -> second.toCompletableFuture().isDone());
      assertThat(redis.tenant("globex").sync().set("k", "v")).isEqualTo("OK");
      assertNobodyToldTheServerOutsideAPassword();
      await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .until(() -> acme.sync().get("k").equals("v"));
      assertNobodyToldTheServerOutsideAPassword();
    }
  }

  @Test
  void whereNoProofIsPermittedTheTableIsAskedForOnAConnectionThatNobodyShares() {
    try (ServerFault denied = node.faults().denyCommand("tenant_acme", "ping");
        TenantRedis redis = client().build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      acme.set("k", "v");
      assertThat(acme.get("k")).isEqualTo("v");
      assertThat(proxy.commandsSeen("CLUSTER SLOTS")).isEqualTo(2);
      assertThat(proxy.connectionsAccepted()).isEqualTo(2);
      await().atMost(Duration.ofSeconds(60)).until(() -> proxy.openConnections() == 1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "LOADING Redis is loading the dataset in memory",
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist"
      })
  void aNodeThatProvesNothingForNowStillSaysWhereSlotsAre(String refusal) {
    proxy.onCommand("PING").always().answerError(refusal);
    try (TenantRedis redis = client().build()) {
      assertThat(redis.tenant("acme").sync().set("k", "v")).isEqualTo("OK");
      assertThat(proxy.commandsSeen("CLUSTER SLOTS")).isEqualTo(2);
    }
  }

  @Test
  void aConnectionThatEndsInFrontOfTheProofIsReplacedAndTheNextOneAsked() {
    proxy.onCommand("PING").closeAfterForwarding();
    try (TenantRedis redis = client().build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      // The timeouts of this client are a minute: nobody waited for one.
      long since = System.nanoTime();
      await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .until(() -> acme.sync().set("k", "v").equals("OK"));
      assertThat(System.nanoTime() - since).isLessThan(TimeUnit.SECONDS.toNanos(45));
    }
  }

  @Test
  void anotherAnswerThanTheProofClosesTheConnection() {
    proxy.onCommand("PING").replaceReply("$5\r\nother\r\n".getBytes(StandardCharsets.US_ASCII));
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (TenantRedis redis = client().meterRegistry(meters).build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .until(() -> acme.sync().set("k", "v").equals("OK"));
      assertThat(meters.get("tenant.redis.connection.desyncs").counter().count()).isEqualTo(1);
      assertThat(proxy.connectionsAccepted()).isEqualTo(2);
    }
  }
}
