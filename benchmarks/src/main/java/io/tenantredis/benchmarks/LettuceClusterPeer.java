package io.tenantredis.benchmarks;

import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import org.jspecify.annotations.Nullable;

/**
 * Plain Lettuce's client of clusters with its defaults, one shared connection; the application
 * writes the prefix.
 */
final class LettuceClusterPeer implements Peer {

  private final RedisClusterClient client;
  private final StatefulRedisClusterConnection<String, String> connection;
  private final Data data;

  LettuceClusterPeer(BenchmarkCluster cluster, Slots slots) {
    this.client = cluster.lettuceClient();
    this.connection = client.connect();
    this.data = new Data(slots.prefix());
  }

  @Override
  public String name() {
    return LettucePeer.NAME;
  }

  @Override
  public @Nullable Sync sync(Task task) {
    return LettuceOperations.sync(connection.sync(), data, task);
  }

  @Override
  public @Nullable Async async(Task task) {
    return LettuceOperations.async(connection.async(), data, task);
  }

  @Override
  public void close() {
    client.shutdown();
  }
}
