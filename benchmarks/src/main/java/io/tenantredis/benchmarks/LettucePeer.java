package io.tenantredis.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import org.jspecify.annotations.Nullable;

/**
 * Plain Lettuce with its defaults: one shared connection, and one more for what needs its own; the
 * application writes the prefix.
 */
final class LettucePeer implements Peer {

  static final String NAME = "lettuce";

  private final RedisClient client;
  private final StatefulRedisConnection<String, String> connection;
  private final StatefulRedisConnection<String, String> ownConnection;
  private final Data data = new Data(BenchmarkServer.PREFIX);

  LettucePeer(BenchmarkServer server) {
    this.client = server.lettuceClient(BenchmarkServer.TENANT);
    this.connection = client.connect();
    this.ownConnection = client.connect();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Sync sync(Task task) {
    Sync shared = LettuceOperations.sync(connection.sync(), data, task);
    return shared == null ? i -> LettuceOperations.alone(ownConnection, data, task, i) : shared;
  }

  @Override
  public @Nullable Async async(Task task) {
    return LettuceOperations.async(connection.async(), data, task);
  }

  @Override
  public @Nullable Reactive reactive(Task task) {
    return LettuceOperations.reactive(connection.reactive(), data, task);
  }

  @Override
  public void close() {
    client.shutdown();
  }
}
