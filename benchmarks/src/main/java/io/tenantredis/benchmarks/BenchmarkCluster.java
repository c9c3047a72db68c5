package io.tenantredis.benchmarks;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Three masters that all contestants use as the same ACL user, with the data of {@link Data} under
 * the prefix of each of {@link Slots}.
 */
final class BenchmarkCluster implements AutoCloseable {

  private final RedisCluster cluster;

  private BenchmarkCluster(RedisCluster cluster) {
    this.cluster = cluster;
  }

  static BenchmarkCluster start() {
    RedisServer.Builder server = RedisServer.builder();
    server.user(BenchmarkServer.user(BenchmarkServer.TENANT), rules());
    BenchmarkCluster started =
        new BenchmarkCluster(
            RedisCluster.builder().nodeTimeout(Duration.ofSeconds(30)).server(server).start());
    started.fill();
    return started;
  }

  private static String[] rules() {
    List<String> rules = new ArrayList<>();
    for (Slots slots : Slots.values()) {
      rules.addAll(List.of(BenchmarkServer.rules(slots.prefix())));
    }
    return rules.toArray(String[]::new);
  }

  /** The nodes to begin with: all masters. */
  List<RedisServer> nodes() {
    return cluster.nodes();
  }

  /** As the SDK takes it. */
  String uri() {
    return nodes().stream()
        .map(node -> node.host() + ":" + node.port())
        .collect(Collectors.joining(",", "redis-cluster://", ""));
  }

  /** Plain Lettuce with its defaults, connecting as the tenant. */
  RedisClusterClient lettuceClient() {
    return RedisClusterClient.create(
        nodes().stream()
            .map(
                node ->
                    RedisURI.builder()
                        .withHost(node.host())
                        .withPort(node.port())
                        .withAuthentication(
                            BenchmarkServer.user(BenchmarkServer.TENANT), BenchmarkServer.PASSWORD)
                        .build())
            .toList());
  }

  private void fill() {
    RedisClusterClient client = lettuceClient();
    try {
      RedisClusterAsyncCommands<String, String> commands = client.connect().async();
      for (Slots slots : Slots.values()) {
        Data data = new Data(slots.prefix());
        List<CompletableFuture<?>> written = new ArrayList<>();
        for (int i = 0; i < Data.KEYS; i++) {
          written.add(commands.set(data.key(i), Data.VALUE).toCompletableFuture());
        }
        written.forEach(one -> one.orTimeout(1, TimeUnit.MINUTES).join());
      }
    } finally {
      client.shutdown();
    }
  }

  @Override
  public void close() {
    cluster.close();
  }
}
