package io.tenantredis;

import static io.tenantredis.Clusters.PINNED;
import static io.tenantredis.Clusters.SPREAD;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisException;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A cluster that loses a primary, and one that gets and loses nodes. */
class ClusterFailoverTest {

  private static final Set<ErrorCode> HONEST =
      Set.of(ErrorCode.TR002, ErrorCode.TR003, ErrorCode.TR004, ErrorCode.TR005, ErrorCode.TR007);

  @Test
  void afterAFailoverCommandsGoToTheNewPrimaryAndNothingIsAppliedTwice() throws Exception {
    try (RedisCluster cluster =
            Clusters.confined().nodeTimeout(Duration.ofSeconds(1)).replicasPerMaster(1).start();
        TenantRedis redis =
            Clusters.client(cluster, PINNED).commandTimeout(Duration.ofSeconds(20)).build();
        TenantRedis idle = client(cluster, PINNED);
        TenantRedis idleSpread = client(cluster, SPREAD);
        TenantRedis leasing = client(cluster, PINNED)) {
      String key = "tenant:{acme}:list";
      TenantClient<String, String> acme = redis.tenant("acme");
      AtomicBoolean stop = new AtomicBoolean();
      Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
      Queue<String> unexpected = new ConcurrentLinkedQueue<>();
      List<CompletableFuture<Void>> callers = new ArrayList<>();
      for (int caller = 0; caller < 2; caller++) {
        String name = "c" + caller;
        callers.add(
            CompletableFuture.runAsync(() -> push(acme, name, stop, acknowledged, unexpected)));
      }
      idle.tenant("acme").sync().set("k", "v");
      leasing.tenant("acme").dedicated(connection -> connection.sync().set("leased", "v"));
      String spread = keyOn(cluster, cluster.masterOf(key));
      idleSpread.tenant("acme").sync().set(spread, "v");
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> acknowledged.size() > 50);
      awaitReplica(cluster.masterOf(key), key + ":copied");
      RedisServer second = cluster.failoverByKill(cluster.masterOf(key));
      // These heard nothing of it, and the interval is a minute: the first command finds the way.
      assertThat(idle.tenant("acme").sync().get("k")).isEqualTo("v");
      assertThat(idleSpread.tenant("acme").sync().get(spread)).isEqualTo("v");
      assertThat(leasing.tenant("acme").<String>dedicated(c -> c.sync().get("leased")))
          .isEqualTo("v");
      int before = acknowledged.size();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> acknowledged.size() > before + 50);
      stop.set(true);
      for (CompletableFuture<Void> caller : callers) {
        caller.get(60, TimeUnit.SECONDS);
      }
      assertThat(unexpected).isEmpty();
      assertThat(second.admin().text("LLEN", key)).isNotEqualTo("0");
      List<String> held = acme.sync().lrange("list", 0, -1);
      assertThat(held).doesNotHaveDuplicates();
      for (String caller : List.of("c0-", "c1-")) {
        assertLostAtOnce(acknowledged.stream().filter(id -> id.startsWith(caller)).toList(), held);
      }
    }
  }

  private static TenantRedis client(RedisCluster cluster, String keyPrefix) {
    return Clusters.client(cluster, keyPrefix).commandTimeout(Duration.ofSeconds(20)).build();
  }

  /** A key of acme, without its prefix, that is on a node where keys are spread. */
  private static String keyOn(RedisCluster cluster, RedisServer node) {
    return IntStream.range(0, 1000)
        .mapToObj(i -> "k" + i)
        .filter(key -> cluster.masterOf("tenant:acme:" + key).equals(node))
        .findFirst()
        .orElseThrow();
  }

  /** Returns when a replica has all that was written so far. */
  private static void awaitReplica(RedisServer primary, String key) {
    primary.admin().command("SET", key, "x");
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> primary.admin().integer("WAIT", "1", "1000") >= 1);
  }

  /** What a replica had not yet got when its primary died was acknowledged in one go. */
  private static void assertLostAtOnce(List<String> acknowledged, List<String> held) {
    Set<String> there = new HashSet<>(held);
    String gone =
        acknowledged.stream().map(id -> there.contains(id) ? "." : "x").collect(joining());
    assertThat(gone).matches("\\.*x*\\.*");
  }

  private static void push(
      TenantClient<String, String> tenant,
      String name,
      AtomicBoolean stop,
      Queue<String> acknowledged,
      Queue<String> unexpected) {
    for (int i = 0; !stop.get(); i++) {
      try {
        tenant.sync().rpush("list", name + "-" + i);
        acknowledged.add(name + "-" + i);
      } catch (RedisException failure) {
        if (!(failure instanceof TenantRedisFailure typed) || !HONEST.contains(typed.code())) {
          unexpected.add(failure.toString());
        }
      }
    }
  }

  @Test
  void nodesComeAndGo() {
    try (RedisCluster cluster = Clusters.unconfined().masters(3).start();
        TenantRedis redis = client(cluster, SPREAD)) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      int slot = RedisCluster.slotOf("tenant:acme:k");
      RedisServer first = cluster.masterOf(slot);
      RedisServer added = cluster.addNode();
      cluster.migrate(slot, added);
      assertThat(acme.sync().get("k")).isEqualTo("v");
      assertThat(added.admin().text("GET", "tenant:acme:k")).isEqualTo("v");
      acme.sync().set("k", "v2");
      cluster.migrate(slot, first);
      cluster.removeNode(added);
      assertThat(acme.sync().get("k")).isEqualTo("v2");
      // Nothing confines these users but the guard.
      redis.tenant("globex").sync().set("k", "theirs");
      assertThat(acme.sync().get("k")).isEqualTo("v2");
      assertThat(acme.keys().scan("*")).containsExactly("k");
      assertThat(acme.sync().del("k", "x", "y")).isEqualTo(1);
      assertThat(redis.tenant("globex").sync().get("k")).isEqualTo("theirs");
    }
  }
}
