package io.tenantredis;

import static io.tenantredis.Clusters.PINNED;
import static io.tenantredis.Clusters.SPREAD;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisException;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A cluster that loses a primary, and one that gets and loses nodes. */
class ClusterFailoverTest {

  private static final Set<ErrorCode> HONEST =
      Set.of(ErrorCode.TR002, ErrorCode.TR003, ErrorCode.TR004, ErrorCode.TR005, ErrorCode.TR007);

  @Test
  void afterAFailoverCommandsGoToTheNewPrimaryAndNothingIsAppliedTwice() throws Exception {
    try (RedisCluster cluster = Clusters.confined().replicasPerMaster(1).start();
        TenantRedis redis =
            Clusters.client(cluster, PINNED).commandTimeout(Duration.ofSeconds(20)).build()) {
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
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> acknowledged.size() > 50);
      RedisServer second = cluster.failoverByKill(cluster.masterOf(key));
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
      assertThat(acme.sync().lrange("list", 0, -1)).doesNotHaveDuplicates();
    }
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
        TenantRedis redis = Clusters.client(cluster, SPREAD).build()) {
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
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptionsInstanceOf(TenantConnectionException.class)
          .until(() -> acme.sync().get("k").equals("v2"));
      // Nothing confines these users but the guard.
      redis.tenant("globex").sync().set("k", "theirs");
      assertThat(acme.sync().get("k")).isEqualTo("v2");
      assertThat(acme.keys().scan("*")).containsExactly("k");
      assertThat(acme.sync().del("k", "x", "y")).isEqualTo(1);
      assertThat(redis.tenant("globex").sync().get("k")).isEqualTo("theirs");
    }
  }
}
