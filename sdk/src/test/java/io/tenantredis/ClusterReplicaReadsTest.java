package io.tenantredis;

import static io.tenantredis.Clusters.PINNED;
import static io.tenantredis.Clusters.SPREAD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.ReadFrom;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.sync.RedisCommands;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads of the replicas of a Redis Cluster of three primaries with a replica each. */
class ClusterReplicaReadsTest {

  private static final Set<ErrorCode> HONEST =
      Set.of(
          ErrorCode.TR002,
          ErrorCode.TR003,
          ErrorCode.TR004,
          ErrorCode.TR005,
          ErrorCode.TR007,
          ErrorCode.TR013);

  private static RedisCluster cluster;

  @BeforeAll
  static void start() {
    cluster = Clusters.confined().replicasPerMaster(1).start();
    permit(cluster.nodes(), "+readonly");
  }

  private static void permit(List<RedisServer> nodes, String... rules) {
    for (RedisServer node : nodes) {
      for (String tenant : List.of("acme", "globex")) {
        for (String rule : rules) {
          node.admin().command("ACL", "SETUSER", "tenant_" + tenant, rule);
        }
      }
    }
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @BeforeEach
  void forget() {
    // A node that was made a replica is not named before it has data.
    for (RedisServer node : cluster.nodes()) {
      await()
          .until(
              () ->
                  node.admin().list("CLUSTER", "SLOTS").stream()
                      .allMatch(range -> ((List<?>) range).size() > 3));
    }
    cluster.nodes().forEach(node -> node.admin().command("CONFIG", "RESETSTAT"));
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60));
  }

  private static TenantRedis.Builder client(String keyPrefix, ReadFrom readFrom) {
    return Clusters.client(cluster, keyPrefix)
        .readFrom(readFrom)
        .commandTimeout(Duration.ofSeconds(20));
  }

  private static RedisServer replicaOf(String key) {
    return cluster.replicasOf(cluster.masterOf(key)).get(0);
  }

  private static long asked(RedisServer server, String command) {
    return server
        .admin()
        .text("INFO", "commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_" + command + ":calls="))
        .mapToLong(line -> Long.parseLong(line.split("[=,]")[1]))
        .sum();
  }

  private static long asked(List<RedisServer> nodes, String command) {
    return nodes.stream().mapToLong(node -> asked(node, command)).sum();
  }

  private static List<RedisServer> replicas() {
    return cluster.masters().stream()
        .flatMap(master -> cluster.replicasOf(master).stream())
        .toList();
  }

  @Test
  void eachReadGoesToAReplicaOfItsSlotAndEachWriteToThePrimary() {
    try (TenantRedis redis = client(SPREAD, ReadFrom.REPLICA).build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      Map<String, String> all = new HashMap<>();
      for (int i = 0; i < 60; i++) {
        all.put("k" + i, "v" + i);
      }
      acme.mset(all);
      await()
          .until(() -> all.keySet().stream().allMatch(key -> all.get(key).equals(acme.get(key))));
      assertThat(asked(cluster.masters(), "get")).isZero();
      for (RedisServer replica : replicas()) {
        assertThat(asked(replica, "get")).isPositive();
      }
      // In parts, each of them at a replica.
      assertThat(acme.mget(all.keySet().toArray(String[]::new)))
          .allSatisfy(value -> assertThat(value.getValue()).isEqualTo(all.get(value.getKey())));
      assertThat(asked(cluster.masters(), "mget")).isZero();
      assertThat(redis.tenant("acme").keys().count()).isEqualTo(60);
      assertThat(acme.del("k0", "k1")).isEqualTo(2);
      assertThat(redis.tenant("acme").readingFrom(ReadFrom.UPSTREAM).sync().get("k2"))
          .isEqualTo("v2");
      assertThat(asked(cluster.masters(), "get")).isEqualTo(1);
      for (RedisServer node : cluster.nodes()) {
        assertThat(node.admin().text("INFO", "errorstats"))
            .doesNotContain("errorstat_READONLY")
            .doesNotContain("errorstat_MOVED");
      }
      redis.tenant("acme").keys().deleteAll();
    }
  }

  @Test
  void anotherTenantsKeysAreNotReadAlsoByUsersWhoMayDoEverything() {
    permit(cluster.nodes(), "~*", "+@all");
    try (TenantRedis redis = client(PINNED, ReadFrom.REPLICA).build()) {
      redis.tenant("globex").sync().set("canary", "theirs");
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      acme.set("own", "mine");
      await().until(() -> "mine".equals(acme.get("own")));
      await().until(() -> "theirs".equals(redis.tenant("globex").sync().get("canary")));
      assertThat(acme.get("canary")).isNull();
      assertThat(acme.get("tenant:{globex}:canary")).isNull();
      assertThat(acme.exists("canary", "tenant:{globex}:canary")).isZero();
      assertThat(asked(cluster.masters(), "get")).isZero();
      redis.tenant("acme").keys().deleteAll();
      redis.tenant("globex").keys().deleteAll();
    } finally {
      for (String tenant : List.of("acme", "globex")) {
        cluster.nodes().forEach(node -> confine(node, tenant));
      }
    }
  }

  private static void confine(RedisServer node, String tenant) {
    String[] rules = Clusters.rules(tenant, true);
    String[] command = new String[rules.length + 5];
    command[0] = "ACL";
    command[1] = "SETUSER";
    command[2] = "tenant_" + tenant;
    command[3] = "reset";
    System.arraycopy(rules, 0, command, 4, rules.length);
    command[command.length - 1] = "+readonly";
    node.admin().command(command);
  }

  @Test
  void aReplicaThatDoesNotKnowTheUserOrLetsItNotReadFailsLoudlyAndSaysSo() {
    RedisServer replica = replicaOf("tenant:{acme}:k");
    replica.admin().command("ACL", "SETUSER", "tenant_acme", "-readonly");
    try (TenantRedis redis = client(PINNED, ReadFrom.REPLICA_PREFERRED).build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      assertThat(acme.set("k", "v")).isEqualTo("OK");
      assertThatThrownBy(() -> acme.get("k"))
          .isInstanceOfSatisfying(
              TenantConnectionException.class,
              failure -> assertThat(failure.code()).isEqualTo(ErrorCode.SEC003))
          .hasMessageContaining(replica.host() + ":" + replica.port())
          .hasMessageContaining("+readonly");
      replica.admin().command("ACL", "DELUSER", "tenant_acme");
    }
    try (TenantRedis redis =
        client(PINNED, ReadFrom.ANY)
            .connections(ConnectionOptions.builder().newUserPatience(Duration.ZERO).build())
            .build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      assertThat(acme.set("k", "v")).isEqualTo("OK");
      assertThatThrownBy(
              () -> {
                acme.get("k");
                acme.get("k");
              })
          .isInstanceOfSatisfying(
              TenantConnectionException.class,
              failure -> assertThat(failure.code()).isEqualTo(ErrorCode.SEC002))
          .hasMessageContaining(replica.host() + ":" + replica.port());
    } finally {
      confine(replica, "acme");
    }
  }

  @Test
  void whenAReplicaBecomesPrimaryReadsAndWritesGoOnAndNoneGoesAstray() throws Exception {
    try (TenantRedis redis = client(PINNED, ReadFrom.REPLICA_PREFERRED).build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      String key = "tenant:{acme}:k";
      acme.set("k", "v");
      await().until(() -> "v".equals(acme.get("k")));
      AtomicBoolean stop = new AtomicBoolean();
      AtomicInteger reads = new AtomicInteger();
      AtomicInteger written = new AtomicInteger();
      AtomicInteger failed = new AtomicInteger();
      Queue<String> unexpected = new ConcurrentLinkedQueue<>();
      CompletableFuture<Void> load =
          CompletableFuture.runAsync(() -> load(acme, stop, reads, written, failed, unexpected));
      await().until(() -> reads.get() > 50);
      RedisServer before = cluster.masterOf(key);
      RedisServer after = replicaOf(key);
      cluster.failover(after);
      int done = reads.get();
      await().until(() -> reads.get() > done + 50);
      stop.set(true);
      load.get(30, TimeUnit.SECONDS);
      assertThat(unexpected).isEmpty();
      assertThat(Integer.parseInt(after.admin().text("GET", "tenant:{acme}:n")))
          .isBetween(written.get(), written.get() + failed.get());
      // The former primary is the replica now, and read from.
      await()
          .until(
              () -> {
                long primary = asked(after, "get");
                long replica = asked(before, "get");
                acme.get("k");
                return asked(after, "get") == primary && asked(before, "get") == replica + 1;
              });
      redis.tenant("acme").keys().deleteAll();
    }
  }

  @Test
  void whileSlotsMoveReadsOfReplicasDoNotFail() throws Exception {
    try (TenantRedis redis =
        client(PINNED, ReadFrom.REPLICA)
            .resilience(
                ResilienceOptions.builder()
                    // Nodes hear of a move from each other, which takes as long as it takes.
                    .maxAttempts(60)
                    .retryDelay(Duration.ofMillis(1), Duration.ofMillis(1))
                    .build())
            .build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      acme.set("k", "v");
      await().until(() -> "v".equals(acme.get("k")));
      AtomicBoolean stop = new AtomicBoolean();
      AtomicInteger reads = new AtomicInteger();
      Queue<String> unexpected = new ConcurrentLinkedQueue<>();
      CompletableFuture<Void> reader =
          CompletableFuture.runAsync(
              () -> {
                while (!stop.get()) {
                  try {
                    // Absent is what has moved already.
                    acme.get("k");
                    reads.incrementAndGet();
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
                  } catch (RedisException failure) {
                    unexpected.add(failure.toString());
                  }
                }
              });
      int slot = RedisCluster.slotOf("tenant:{acme}:k");
      RedisServer from = cluster.masterOf(slot);
      for (int i = 0; i < 3; i++) {
        for (RedisServer to : cluster.masters()) {
          if (!to.equals(cluster.masterOf(slot))) {
            int done = reads.get();
            cluster.migrate(slot, to);
            await().until(() -> reads.get() > done + 20);
          }
        }
      }
      stop.set(true);
      reader.get(30, TimeUnit.SECONDS);
      if (!from.equals(cluster.masterOf(slot))) {
        cluster.migrate(slot, from);
      }
      assertThat(unexpected).isEmpty();
      await().until(() -> "v".equals(acme.get("k")));
      redis.tenant("acme").keys().deleteAll();
    }
  }

  private static void load(
      RedisCommands<String, String> acme,
      AtomicBoolean stop,
      AtomicInteger reads,
      AtomicInteger written,
      AtomicInteger failed,
      Queue<String> unexpected) {
    while (!stop.get()) {
      try {
        acme.incr("n");
        written.incrementAndGet();
      } catch (RedisException failure) {
        failed.incrementAndGet();
        note(failure, unexpected);
      }
      try {
        if (!"v".equals(acme.get("k"))) {
          unexpected.add("nothing read");
        }
        reads.incrementAndGet();
        // The servers need the processors, too.
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
      } catch (RedisException failure) {
        note(failure, unexpected);
      }
    }
  }

  private static void note(RedisException failure, Queue<String> unexpected) {
    if (!(failure instanceof TenantRedisFailure typed) || !HONEST.contains(typed.code())) {
      unexpected.add(failure.toString());
    }
  }

  @Test
  void aReplicaThatIsDownIsFollowedByThePrimary() {
    RedisServer replica = replicaOf("tenant:{globex}:k");
    try (TenantRedis redis = client(PINNED, ReadFrom.REPLICA_PREFERRED).build()) {
      RedisCommands<String, String> globex = redis.tenant("globex").sync();
      globex.set("k", "v");
      await().until(() -> "v".equals(globex.get("k")));
      assertThat(asked(replica, "get")).isPositive();
      replica.kill9();
      for (int i = 0; i < 20; i++) {
        assertThat(globex.get("k")).isEqualTo("v");
      }
      assertThat(globex.del("k")).isEqualTo(1);
    } finally {
      replica.restart();
      confine(replica, "acme");
      confine(replica, "globex");
      cluster.awaitAgreement();
    }
  }
}
