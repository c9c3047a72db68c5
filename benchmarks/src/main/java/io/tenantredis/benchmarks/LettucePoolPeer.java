package io.tenantredis.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.support.ConnectionPoolSupport;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

/** Lettuce with a commons-pool2 pool, a connection borrowed for each call. */
final class LettucePoolPeer implements Peer {

  static final String NAME = "lettuce-pool";

  private final RedisClient client;
  private final GenericObjectPool<StatefulRedisConnection<String, String>> pool;
  private final Data data = new Data(BenchmarkServer.PREFIX);

  LettucePoolPeer(BenchmarkServer server) {
    this.client = server.lettuceClient(BenchmarkServer.TENANT);
    GenericObjectPoolConfig<StatefulRedisConnection<String, String>> config =
        new GenericObjectPoolConfig<>();
    config.setMaxTotal(BenchmarkServer.POOL_SIZE);
    config.setMaxIdle(BenchmarkServer.POOL_SIZE);
    this.pool = ConnectionPoolSupport.createGenericObjectPool(client::connect, config, false);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Sync sync(Task task) {
    return i -> {
      StatefulRedisConnection<String, String> connection = borrow();
      try {
        return LettuceOperations.alone(connection, data, task, i);
      } finally {
        pool.returnObject(connection);
      }
    };
  }

  private StatefulRedisConnection<String, String> borrow() {
    try {
      return pool.borrowObject();
    } catch (Exception failed) {
      throw new IllegalStateException("no connection from the pool", failed);
    }
  }

  @Override
  public void close() {
    pool.close();
    client.shutdown();
  }
}
