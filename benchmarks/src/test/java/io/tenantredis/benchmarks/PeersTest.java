package io.tenantredis.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is compared does the same work: the server says so. */
class PeersTest {

  private static final Map<Task, Map<String, Integer>> CALLS =
      Map.of(
          Task.GET, Map.of("get", 1),
          Task.SET, Map.of("set", 1),
          Task.MGET_100, Map.of("mget", 1),
          Task.HSET_20, Map.of("hm?set", 1),
          Task.PIPELINE_100, Map.of("get", Data.PIPELINE),
          Task.MULTI_10, Map.of("multi", 1, "set", Data.TRANSACTION, "exec", 1));

  @Test
  void everyPeerHasTheServerDoTheSame() {
    try (BenchmarkServer server = BenchmarkServer.start()) {
      PeerGroup group =
          PeerGroup.on(
              server,
              List.of(
                  TenantRedisPeer::plain,
                  TenantSpringPeer::new,
                  LettucePeer::new,
                  LettucePoolPeer::new,
                  JedisPeer::of,
                  RedissonPeer::of,
                  SpringPeer::new,
                  GlidePeer::find));
      for (Peer peer : group.peers()) {
        for (Task task : Task.values()) {
          Peer.Sync operation = peer.sync(task);
          assertThat(operation).as(peer.name()).isNotNull();
          operation.run(0);
          server.administer("CONFIG", "RESETSTAT");
          operation.run(1);
          String stats = server.statistics();
          CALLS
              .get(task)
              .forEach(
                  (command, calls) ->
                      assertThat(stats)
                          .as(peer.name() + " " + task)
                          .containsPattern(
                              "cmdstat_" + command + ":calls=" + calls + ",.*failed_calls=0"));
          if (task == Task.GET || task == Task.MGET_100 || task == Task.PIPELINE_100) {
            assertThat(stats).as(peer.name() + " " + task).contains("keyspace_misses:0");
          }
        }
      }
      group.peers().forEach(Peer::close);
    }
  }

  /** Jedis has no MGET across slots; each of the others finds what it asks for, wherever it is. */
  @Test
  void everyPeerOfAClusterFindsTheSameKeys() {
    try (BenchmarkCluster cluster = BenchmarkCluster.start()) {
      for (Slots slots : Slots.values()) {
        PeerGroup group = Peers.on(cluster, slots, name -> true);
        assertThat(group.peers()).hasSizeGreaterThanOrEqualTo(4);
        for (Peer peer : group.peers()) {
          for (Task task : List.of(Task.GET, Task.MGET_100)) {
            Peer.Sync operation = peer.sync(task);
            if (operation == null) {
              assertThat(List.of(peer.name(), slots, task))
                  .isEqualTo(List.of(JedisPeer.NAME, Slots.ALL, Task.MGET_100));
              continue;
            }
            operation.run(0);
            cluster.nodes().forEach(node -> node.admin().command("CONFIG", "RESETSTAT"));
            operation.run(1);
            assertThat(sum(cluster, "keyspace_hits"))
                .as(peer.name() + " " + slots + " " + task)
                .isEqualTo(task == Task.GET ? 1 : Data.MGET_KEYS);
            assertThat(sum(cluster, "keyspace_misses")).isZero();
          }
        }
        group.end().run();
      }
    }
  }

  private static long sum(BenchmarkCluster cluster, String statistic) {
    return cluster.nodes().stream()
        .mapToLong(
            node ->
                node.admin()
                    .text("INFO", "stats")
                    .lines()
                    .filter(line -> line.startsWith(statistic + ":"))
                    .mapToLong(line -> Long.parseLong(line.split(":")[1].trim()))
                    .sum())
        .sum();
  }
}
