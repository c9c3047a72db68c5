package io.tenantredis.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;

/** Plain Lettuce with its defaults: one shared connection; the application writes the prefix. */
final class LettucePeer implements Peer {

  static final String NAME = "lettuce";

  private final RedisClient client;
  private final StatefulRedisConnection<String, String> connection;
  private final Data data = new Data(BenchmarkServer.PREFIX);

  LettucePeer(BenchmarkServer server) {
    this.client = RedisClient.create(server.lettuceUri(BenchmarkServer.TENANT));
    this.connection = client.connect();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Sync sync(Task task) {
    return LettuceOperations.sync(connection.sync(), data, task);
  }

  @Override
  public Async async(Task task) {
    return LettuceOperations.async(connection.async(), data, task);
  }

  @Override
  public Reactive reactive(Task task) {
    return LettuceOperations.reactive(connection.reactive(), data, task);
  }

  @Override
  public void close() {
    client.shutdown();
  }
}
