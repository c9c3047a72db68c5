package io.tenantredis.test.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RedisClusterTest {

  private RedisCluster cluster;

  @BeforeAll
  void start() {
    long before = System.nanoTime();
    cluster =
        RedisCluster.builder()
            .masters(3)
            .replicasPerMaster(1)
            .nodeTimeout(Duration.ofSeconds(5))
            .server(
                RedisServer.builder()
                    .adminUser("root", "s3cret")
                    .user("acme", "on", ">pw", "~*", "+@all"))
            .start();
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(60));
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  @Test
  @Order(1)
  void allSlotsAreAssignedAndEveryNodeIsOfTheSameOpinion() {
    assertThat(cluster.nodes()).hasSize(6);
    assertThat(cluster.masters()).hasSize(3);
    for (RedisServer master : cluster.masters()) {
      assertThat(cluster.replicasOf(master)).hasSize(1);
    }
    for (RedisServer node : cluster.nodes()) {
      assertThat(node.admin().text("CLUSTER", "INFO"))
          .contains("cluster_state:ok", "cluster_slots_ok:16384", "cluster_known_nodes:6");
    }
    assertThat(cluster.masterOf(0)).isSameAs(cluster.nodes().get(0));
    assertThat(cluster.masterOf(16383)).isSameAs(cluster.nodes().get(2));
  }

  @Test
  @Order(2)
  void slotOfIsTheServersOwn() {
    RespConnection admin = cluster.nodes().get(0).admin();
    for (String key :
        List.of("", "a", "tenant:{acme}:cart", "{}x", "a{b", "a{b}{c}", "}{x}", "grün")) {
      assertThat((long) RedisCluster.slotOf(key))
          .as(key)
          .isEqualTo(admin.integer("CLUSTER", "KEYSLOT", key));
    }
    assertThat(cluster.masterOf("a").admin().text("SET", "a", "1")).isEqualTo("OK");
  }

  @Test
  @Order(3)
  void usersAreOnEveryNode() {
    for (RedisServer node : cluster.nodes()) {
      node.connect("acme", "pw").close();
    }
  }

  @Test
  @Order(4)
  void duringAMigrationClientsSeeAskAndTryagainAndAfterwardsMoved() {
    int slot = RedisCluster.slotOf("{m}");
    RedisServer from = cluster.masterOf(slot);
    RedisServer to = cluster.masters().stream().filter(m -> m != from).findFirst().orElseThrow();
    for (int i = 0; i < 250; i++) {
      from.admin().command("SET", "{m}" + i, "v");
    }
    byte[] notUtf8 = {'{', 'm', '}', (byte) 0xff};
    from.admin().commandBytes("SET".getBytes(UTF_8), notUtf8, notUtf8);
    SlotMigration migration = cluster.beginMigration(slot, to);
    assertThat(migration.from()).isSameAs(from);
    assertThat(migration.to()).isSameAs(to);
    assertThat(code(from, "GET", "{m}none")).isEqualTo("ASK");
    assertThat(code(to, "GET", "{m}none")).isEqualTo("MOVED");
    assertThat(migration.moveKeys(100)).isEqualTo(100);
    String[] all =
        IntStream.range(-1, 250).mapToObj(i -> i < 0 ? "MGET" : "{m}" + i).toArray(String[]::new);
    assertThat(code(from, all)).isEqualTo("TRYAGAIN");
    migration.finish();
    assertThat(code(from, "GET", "{m}1")).isEqualTo("MOVED");
    assertThat(to.admin().list(all)).hasSize(250).containsOnly("v");
    assertThat(to.admin().commandBytes("GET".getBytes(UTF_8), notUtf8)).isEqualTo(notUtf8);
    assertThat(cluster.masterOf(slot)).isSameAs(to);
    assertThatThrownBy(migration::finish).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> migration.moveKeys(0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> cluster.migrate(slot, to))
        .isInstanceOf(IllegalArgumentException.class);
    cluster.migrate(slot, from);
    assertThat(cluster.masterOf(slot)).isSameAs(from);
  }

  private static String code(RedisServer server, String... command) {
    return server.admin().tryCommand(command) instanceof RespError error ? error.code() : "none";
  }

  @Test
  @Order(5)
  void failoverMakesAReplicaTheMaster() {
    RedisServer old = cluster.masterOf("a");
    RedisServer replica = cluster.replicasOf(old).get(0);
    cluster.failover(replica);
    assertThat(cluster.masterOf("a")).isSameAs(replica);
    assertThat(cluster.replicasOf(replica)).containsExactly(old);
    assertThat(replica.admin().command("GET", "a")).isEqualTo("1");
    assertThatThrownBy(() -> cluster.failover(replica)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  @Order(6)
  void aKilledMasterIsReplacedAndComesBackAsAReplica() {
    RedisServer old = cluster.masterOf("a");
    RedisServer promoted = cluster.failoverByKill(old);
    assertThat(promoted).isNotSameAs(old).isSameAs(cluster.masterOf("a"));
    assertThat(cluster.masters()).hasSize(3).doesNotContain(old);
    assertThatThrownBy(() -> cluster.failoverByKill(promoted))
        .isInstanceOf(IllegalStateException.class);
    old.restart();
    cluster.awaitAgreement();
    assertThat(cluster.replicasOf(promoted)).containsExactly(old);
  }

  @Test
  @Order(7)
  void nodesAreAddedAndRemoved() {
    RedisServer added = cluster.addNode();
    assertThat(cluster.nodes()).hasSize(7).contains(added);
    cluster.migrate(5, added);
    assertThat(cluster.masterOf(5)).isSameAs(added);
    assertThatThrownBy(() -> cluster.removeNode(added)).isInstanceOf(IllegalStateException.class);
    RedisServer replica = cluster.addReplica(added);
    assertThat(cluster.replicasOf(added)).containsExactly(replica);
    cluster.removeNode(replica);
    cluster.migrate(5, cluster.masterOf(6));
    cluster.removeNode(added);
    assertThat(cluster.nodes()).hasSize(6);
    assertThat(added.isRunning()).isFalse();
    for (RedisServer node : cluster.nodes()) {
      assertThat(node.admin().text("CLUSTER", "INFO")).contains("cluster_known_nodes:6");
    }
    assertThatThrownBy(() -> cluster.replicasOf(added))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @Order(8)
  void withTlsTheClusterNamesTlsPortsToTlsClients() {
    try (RedisCluster tls =
        RedisCluster.builder().masters(2).server(RedisServer.builder().tls()).start()) {
      RedisServer node = tls.nodes().get(0);
      RedisServer other = tls.nodes().get(1);
      try (RespConnection secure = node.connectTls(node.certificates().clientContext())) {
        assertThat(secure.tryCommand("GET", keyOf(tls, other)))
            .isInstanceOfSatisfying(
                RespError.class, e -> assertThat(e.message()).endsWith(":" + other.tlsPort()));
      }
      tls.migrate(0, other);
    }
  }

  private static String keyOf(RedisCluster cluster, RedisServer node) {
    return IntStream.range(0, 1000)
        .mapToObj(Integer::toString)
        .filter(key -> cluster.masterOf(key) == node)
        .findFirst()
        .orElseThrow();
  }

  @Test
  @Order(9)
  void closeEndsAllProcesses() {
    List<Long> pids = cluster.nodes().stream().map(RedisServer::pid).toList();
    cluster.close();
    cluster.close();
    assertThat(pids).noneMatch(pid -> ProcessHandle.of(pid).isPresent());
  }
}
