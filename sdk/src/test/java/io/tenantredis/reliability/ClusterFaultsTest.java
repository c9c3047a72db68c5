package io.tenantredis.reliability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.tenantredis.Clusters;
import io.tenantredis.ResilienceOptions;
import io.tenantredis.TenantRedis;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.SlotMigration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * What happens to clusters, under the load of two tenants in both layouts of keys, and the oracle
 * of {@link FaultMatrixTest}: nothing that was acknowledged is lost, nothing is there twice or
 * although it was reported as not sent or rejected, every reply is the command's own. Each test
 * leaves a cluster of three shards behind. With {@code -Dtenantredis.long=true} each goes on for
 * longer, and both tenants have both layouts at a time.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterFaultsTest {

  private static final boolean LONG = Boolean.getBoolean("tenantredis.long");
  private static final int ROUNDS = LONG ? 10 : 1;

  /** How many commands are enough to have met what happens. */
  private static final int SOME = LONG ? 500 : 100;

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final List<String> TENANTS = List.of("acme", "globex");

  private static RedisCluster cluster;

  private final Map<TenantRedis, List<String>> clients = new LinkedHashMap<>();
  private final Map<Load, String> loads = new LinkedHashMap<>();

  @BeforeAll
  static void start() {
    // No node is taken for down because the machine is busy: what dies is replaced by command.
    cluster = Clusters.confined().replicasPerMaster(1).nodeTimeout(Duration.ofSeconds(20)).start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @BeforeEach
  void beginWork() {
    beginWork(Clusters.SPREAD, LONG ? TENANTS : List.of("globex"));
    beginWork(Clusters.PINNED, LONG ? TENANTS : List.of("acme"));
    loads.keySet().forEach(Load::start);
    awaitCalls(SOME);
  }

  private void beginWork(String template, List<String> tenants) {
    TenantRedis redis =
        Clusters.client(cluster, template)
            .commandTimeout(Duration.ofSeconds(20))
            .resilience(
                ResilienceOptions.builder()
                    .circuitBreaker(
                        CircuitBreakerConfig.custom()
                            .waitDurationInOpenState(Duration.ofMillis(100))
                            .minimumNumberOfCalls(20)
                            .build())
                    .build())
            .build();
    clients.put(redis, tenants);
    for (String tenant : tenants) {
      redis.tenant(tenant).sync().set("probe", tenant);
      loads.put(Load.of(redis, tenant, "during"), template.replace("{tenant}", tenant));
    }
  }

  @AfterEach
  void close() {
    clients.keySet().forEach(TenantRedis::close);
    cluster.masters().forEach(node -> node.admin().command("FLUSHALL"));
  }

  private static ConditionFactory soon() {
    return await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20)).atMost(PATIENCE);
  }

  private void awaitCalls(int more) {
    int before = calls();
    soon().until(() -> calls() >= before + more);
  }

  private int calls() {
    return loads.keySet().stream().mapToInt(Load::calls).sum();
  }

  /** Ends the load, and compares what the application was told with what the nodes hold. */
  private void judge() throws InterruptedException {
    awaitWork();
    awaitCalls(SOME);
    for (Load load : loads.keySet()) {
      load.stop();
    }
    List<String> wrong = new ArrayList<>();
    loads.forEach(
        (load, prefix) -> {
          wrong.addAll(load.judge(ClusterFaultsTest::owner, prefix).wrong);
          wrong.addAll(load.misplaced());
        });
    for (RedisServer node : cluster.masters()) {
      for (Object key : (List<?>) node.admin().command("KEYS", "*")) {
        if (loads.values().stream().noneMatch(prefix -> String.valueOf(key).startsWith(prefix))) {
          wrong.add("a key of nobody: " + key);
        }
      }
    }
    assertThat(wrong).isEmpty();
    for (TenantRedis redis : clients.keySet()) {
      for (Bulkhead bulkhead : redis.resilience().bulkheads().getAllBulkheads()) {
        soon()
            .until(
                () ->
                    bulkhead.getMetrics().getAvailableConcurrentCalls()
                        == bulkhead.getMetrics().getMaxAllowedConcurrentCalls());
      }
    }
  }

  private static RespConnection owner(String key) {
    return cluster.masterOf(key).admin();
  }

  /** Returns when every tenant's commands work again on every node. */
  private void awaitWork() {
    clients.forEach(
        (redis, tenants) -> {
          for (String tenant : tenants) {
            for (int key = 0; key < 12; key++) {
              String name = "probe" + key;
              soon()
                  .ignoreExceptions()
                  .until(() -> "OK".equals(redis.tenant(tenant).sync().set(name, tenant)));
            }
          }
        });
  }

  private int failures(String tenant) {
    return loads.entrySet().stream()
        .filter(load -> load.getValue().contains(tenant))
        .mapToInt(load -> load.getKey().failures())
        .sum();
  }

  @Test
  @Order(1)
  void slotsThatMoveAndNodesThatComeAndGoFailNoCommandButScripts() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      for (String prefix : List.copyOf(loads.values())) {
        int slot = RedisCluster.slotOf(prefix + "key:during0:0");
        RedisServer from = cluster.masterOf(slot);
        SlotMigration migration = cluster.beginMigration(slot, otherThan(from));
        migration.moveKeys(3);
        awaitCalls(SOME);
        migration.finish();
        awaitCalls(SOME);
        cluster.migrate(slot, from);
      }
      RedisServer added = cluster.addNode();
      Map<Integer, RedisServer> homes = new LinkedHashMap<>();
      for (String prefix : loads.values()) {
        int slot = RedisCluster.slotOf(prefix + "push:during1");
        homes.put(slot, cluster.masterOf(slot));
        cluster.migrate(slot, added);
      }
      awaitCalls(SOME);
      homes.forEach(cluster::migrate);
      awaitCalls(SOME);
      // What is in flight on a node that ends has an unknown outcome, also if it would have been
      // redirected.
      inSilence(List.copyOf(loads.keySet()), () -> cluster.removeNode(added));
      awaitCalls(SOME);
    }
    judge();
    // A script's redirection to a node that the client has not heard of yet is not followed.
    assertThat(loads.keySet())
        .flatExtracting(Load::firstFailures)
        .allMatch(failure -> failure.contains("SLOT_MOVED") && failure.contains("EVAL, unknown"));
  }

  private static RedisServer otherThan(RedisServer node) {
    return cluster.masters().stream().filter(one -> !one.equals(node)).findFirst().orElseThrow();
  }

  @Test
  @Order(2)
  void aNodeThatHangsUpAndThenDoesNotKnowATenantIsNoUseToItAndNothingIsLost() throws Exception {
    RedisServer home = cluster.masterOf(RedisCluster.slotOf("tenant:{acme}:"));
    for (int round = 0; round < ROUNDS; round++) {
      for (int lost = 0; lost < 6; lost++) {
        loseReplies(home);
        awaitCalls(SOME);
      }
      awaitWork();
      int before = failures("acme");
      int others = failures("globex");
      home.admin().command("ACL", "DELUSER", "tenant_acme");
      soon().until(() -> failures("acme") > before + 10);
      awaitCalls(SOME);
      assertThat(failures("globex")).isEqualTo(others);
      List<String> user = new ArrayList<>(List.of("ACL", "SETUSER", "tenant_acme"));
      user.addAll(Arrays.asList(Clusters.rules("acme", true)));
      home.admin().command(user.toArray(new String[0]));
      awaitWork();
    }
    judge();
  }

  @Test
  @Order(3)
  void aFailoverInGoodOrderAndAPrimaryThatDiesBetweenCommandsLoseNothing() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      int home = RedisCluster.slotOf("tenant:{acme}:");
      cluster.failover(cluster.replicasOf(cluster.masterOf(home)).get(0));
      awaitWork();
      RedisServer primary = cluster.masterOf(home);
      RedisServer replica = cluster.replicasOf(primary).get(0);
      int before = failures("acme");
      inSilence(
          List.copyOf(loads.keySet()),
          () -> {
            primary.admin().command("SET", "tenant:{acme}:probe", "acme");
            soon().until(() -> primary.admin().integer("WAIT", "1", "1000") >= 1);
            primary.kill9();
          });
      soon().until(() -> failures("acme") > before);
      replica.admin().command("CLUSTER", "FAILOVER", "TAKEOVER");
      awaitWork();
      primary.restart();
      cluster.awaitAgreement();
    }
    judge();
  }

  /**
   * Executes what acme sends and hangs up before it is answered: after a while of not listening a
   * server handles all that has come, in its order, before it writes a reply.
   */
  private static void loseReplies(RedisServer node) throws Exception {
    try (RespConnection killer = node.connect("admin", "admin-secret");
        RespConnection sleeper = node.connect("admin", "admin-secret")) {
      CompletableFuture<?> asleep =
          CompletableFuture.runAsync(
              () -> sleeper.command("DEBUG", "SLEEP", "0.2"), task -> new Thread(task).start());
      await().pollDelay(Duration.ofMillis(100)).until(() -> true);
      killer.command("CLIENT", "KILL", "USER", "tenant_acme");
      asleep.get(20, TimeUnit.SECONDS);
    }
  }

  private static void inSilence(List<Load> some, Runnable action) {
    if (some.isEmpty()) {
      action.run();
    } else {
      some.get(0).inSilence(() -> inSilence(some.subList(1, some.size()), action));
    }
  }
}
