package io.tenantredis;

import static io.tenantredis.Clusters.PINNED;
import static io.tenantredis.Clusters.SPREAD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.sync.RedisCommands;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.SlotMigration;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a cluster's client does where rights are missing and nodes do not answer. */
class ClusterEdgesTest {

  private static RedisCluster cluster;

  @BeforeAll
  static void start() {
    cluster = Clusters.confined().start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @AfterEach
  void empty() {
    cluster.masters().forEach(node -> node.admin().command("FLUSHALL"));
  }

  private static TenantRedis.Builder client(String keyPrefix) {
    return Clusters.client(cluster, keyPrefix).commandTimeout(Duration.ofSeconds(20));
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60));
  }

  private static void onAllNodes(String... command) {
    cluster.masters().forEach(node -> node.admin().command(command));
  }

  private static RedisServer otherThan(RedisServer node) {
    return cluster.masters().stream().filter(one -> !one.equals(node)).findFirst().orElseThrow();
  }

  @Test
  void aUserWhoMayNotFollowAMovingSlotIsToldWhatToGrant() {
    int slot = RedisCluster.slotOf("tenant:{acme}:");
    RedisServer first = cluster.masterOf(slot);
    onAllNodes("ACL", "SETUSER", "tenant_acme", "-asking");
    try (TenantRedis redis = client(PINNED).build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      acme.set("here", "v");
      SlotMigration migration = cluster.beginMigration(slot, otherThan(first));
      try {
        assertThat(acme.get("here")).isEqualTo("v");
        assertThatThrownBy(() -> acme.set("absent", "v"))
            .isInstanceOfSatisfying(
                TenantPermissionDeniedException.class,
                failure -> {
                  assertThat(failure.code()).isEqualTo(ErrorCode.SEC003);
                  assertThat(failure.outcome()).isEqualTo(Outcome.REJECTED);
                })
            .hasMessageContaining("+asking")
            .hasMessageContaining(migration.to().host() + ":" + migration.to().port());
        onAllNodes("ACL", "SETUSER", "tenant_acme", "+asking");
        assertThat(acme.set("absent", "v")).isEqualTo("OK");
      } finally {
        migration.finish();
        cluster.migrate(slot, first);
      }
      assertThat(acme.get("absent")).isEqualTo("v");
    } finally {
      onAllNodes("ACL", "SETUSER", "tenant_acme", "+asking");
    }
  }

  @Test
  void aUserWhoMayNotAskWhereSlotsAreIsToldWhatToGrant() {
    onAllNodes("ACL", "SETUSER", "tenant_acme", "-cluster|slots");
    try (TenantRedis redis = client(SPREAD).build()) {
      assertThatThrownBy(() -> redis.tenant("acme").sync().get("k"))
          .isInstanceOf(TenantConnectionException.class)
          .hasMessageContaining("+cluster|slots");
      // Another tenant that may is not kept from it.
      assertThat(redis.tenant("globex").sync().set("k", "v")).isEqualTo("OK");
    } finally {
      onAllNodes("ACL", "SETUSER", "tenant_acme", "+cluster|slots");
    }
  }

  private static boolean isServed(RedisServer node, int slot) {
    return node.admin().list("CLUSTER", "SLOTS").stream()
        .map(range -> (List<?>) range)
        .anyMatch(
            range ->
                ((Number) range.get(0)).intValue() <= slot
                    && slot <= ((Number) range.get(1)).intValue());
  }

  /** Takes a slot from its node, so that nobody serves it. */
  private static void abandon(int slot) {
    onAllNodes("CONFIG", "SET", "cluster-require-full-coverage", "no");
    await()
        .until(
            () -> {
              // What the owner said before is heard by others afterwards.
              cluster.masters().stream()
                  .filter(node -> isServed(node, slot))
                  .forEach(
                      node ->
                          node.admin().tryCommand("CLUSTER", "DELSLOTS", Integer.toString(slot)));
              return cluster.masters().stream().noneMatch(node -> isServed(node, slot));
            });
  }

  private static void assertNobodyServes(CompletionStage<?> command, Outcome outcome) {
    assertThat(command.toCompletableFuture())
        .failsWithin(Duration.ofSeconds(15))
        .withThrowableThat()
        .havingCause()
        .isInstanceOfSatisfying(
            TenantCommandException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo(ErrorCode.TR002);
              assertThat(failure.outcome()).isEqualTo(outcome);
            });
  }

  @Test
  void aCommandForASlotThatNobodyServesFailsAndIsNotForgotten() {
    int slot = RedisCluster.slotOf("tenant:acme:k1");
    RedisServer owner = cluster.masterOf(slot);
    abandon(slot);
    // Here each attempt fails, and the circuit breaker would turn the last ones away.
    try (TenantRedis redis =
        client(SPREAD)
            .resilience(
                ResilienceOptions.builder()
                    .circuitBreaker(
                        CircuitBreakerConfig.custom().minimumNumberOfCalls(1000).build())
                    .build())
            .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      assertNobodyServes(acme.async().get("k1"), Outcome.REJECTED);
      assertNobodyServes(acme.async().incr("k1"), Outcome.REJECTED);
      assertNobodyServes(acme.reactive().set("k1", "v").toFuture(), Outcome.REJECTED);
      assertThatThrownBy(() -> acme.sync().set("k1", "v"))
          .isInstanceOf(TenantCommandException.class)
          .hasMessageContaining("CLUSTERDOWN");
      // One part of several.
      assertNobodyServes(acme.async().mget("k1", "k2", "k3"), Outcome.REJECTED);
      assertNobodyServes(acme.reactive().unlink("k1", "k2", "k3").toFuture(), Outcome.UNKNOWN);
      assertThat(acme.sync().set("k2", "v")).isEqualTo("OK");
      RedisFuture<String> later = acme.async().set("k1", "v");
      owner.admin().command("CLUSTER", "ADDSLOTS", Integer.toString(slot));
      assertThat(later.toCompletableFuture().handle((done, failure) -> true))
          .succeedsWithin(Duration.ofSeconds(15));
      await().ignoreExceptions().until(() -> acme.sync().set("k1", "v").equals("OK"));
    } finally {
      if (!isServed(owner, slot)) {
        owner.admin().command("CLUSTER", "ADDSLOTS", Integer.toString(slot));
      }
      onAllNodes("CONFIG", "SET", "cluster-require-full-coverage", "yes");
      cluster.awaitAgreement();
    }
  }

  @Test
  void theClientsNameInAClustersUriIsOnEachConnection() {
    try (TenantRedis redis =
        TenantRedis.builder(Clusters.uri(cluster) + "?clientName=orders")
            .keyPrefix(SPREAD)
            .identity("tenant_{tenant}")
            .credentials(Tenants.credentials())
            .commandTimeout(Duration.ofSeconds(20))
            .build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      for (int i = 0; i < 30; i++) {
        acme.set("k" + i, "v");
      }
      for (RedisServer node : cluster.masters()) {
        assertThat(node.admin().text("CLIENT", "LIST"))
            .containsPattern(" name=orders .* user=tenant_acme ");
      }
    }
  }

  @Test
  void aLeaseWaitsForTheClustersAnswerNoLongerThanItMayWaitForAConnection() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        TenantRedis redis =
            TenantRedis.builder("redis-cluster://127.0.0.1:" + silent.getLocalPort())
                .keyPrefix(PINNED)
                .identity("tenant_{tenant}")
                .credentials(Tenants.credentials())
                .connectTimeout(Duration.ofSeconds(60))
                .commandTimeout(Duration.ofSeconds(60))
                .dedicatedConnections(
                    PoolOptions.builder().acquireTimeout(Duration.ofMillis(200)).build())
                .shutdownTimeout(Duration.ofMillis(100))
                .build()) {
      long began = System.nanoTime();
      assertThatThrownBy(() -> redis.tenant("acme").lease())
          .isInstanceOfSatisfying(
              TenantConnectionException.class,
              failure -> {
                assertThat(failure.code()).isEqualTo(ErrorCode.TR005);
                assertThat(failure.outcome()).isEqualTo(Outcome.NOT_SENT);
              })
          .hasMessageContaining("no answer within 200 ms");
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(30));
    }
  }

  @Test
  void keyEventsAreTakenToTheNewNodeHoweverLongThatRefusesThemAndTheGapIsReported() {
    onAllNodes("CONFIG", "SET", "notify-keyspace-events", "KA");
    int slot = RedisCluster.slotOf("tenant:{acme}:");
    RedisServer first = cluster.masterOf(slot);
    RedisServer other = otherThan(first);
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (TenantRedis redis =
        client(PINNED)
            .meterRegistry(meters)
            .connections(
                ConnectionOptions.builder()
                    .reconnectDelay(Duration.ofMillis(1), Duration.ofMillis(5))
                    .longestQuarantineDelay(Duration.ofMillis(5))
                    .build())
            .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      Queue<String> heard = new ConcurrentLinkedQueue<>();
      acme.pubSub()
          .keyEvents(
              new SubscriptionListener<KeyEvent<String>>() {
                @Override
                public void onMessage(KeyEvent<String> event) {
                  heard.add(event.key());
                }

                @Override
                public void onGap(MessageGap gap) {
                  heard.add("gap");
                }
              });
      other.admin().command("ACL", "SETUSER", "tenant_acme", "off");
      other.admin().command("CLIENT", "KILL", "USER", "tenant_acme");
      cluster.migrate(slot, other);
      assertThatThrownBy(() -> acme.sync().set("k", "v")).isInstanceOf(RuntimeException.class);
      // More than an exchange for new credentials would be tried for.
      await()
          .until(
              () ->
                  meters.find("tenant.redis.connection.failures").counters().stream()
                          .mapToDouble(Counter::count)
                          .sum()
                      > 100);
      assertThat(heard).isEmpty();
      other.admin().command("ACL", "SETUSER", "tenant_acme", "on");
      await().until(() -> heard.contains("gap"));
      await()
          .ignoreExceptions()
          .until(
              () -> {
                acme.sync().set("k2", "v");
                return heard.contains("k2");
              });
    } finally {
      other.admin().command("ACL", "SETUSER", "tenant_acme", "on");
      cluster.migrate(slot, first);
      onAllNodes("CONFIG", "SET", "notify-keyspace-events", "");
    }
  }
}
