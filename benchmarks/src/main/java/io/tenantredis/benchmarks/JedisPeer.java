package io.tenantredis.benchmarks;

import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.util.PrefixedKeyArgumentPreProcessor;

/** Jedis with a pool of a connection for each thread, and with its own prefixing of keys. */
final class JedisPeer implements Peer {

  static final String NAME = "jedis-pool";

  private final RedisClient jedis;
  private final Data data = new Data("");

  JedisPeer(BenchmarkServer server) {
    GenericObjectPoolConfig<Connection> pool = new GenericObjectPoolConfig<>();
    pool.setMaxTotal(BenchmarkServer.POOL_SIZE);
    pool.setMaxIdle(BenchmarkServer.POOL_SIZE);
    this.jedis =
        RedisClient.builder()
            .hostAndPort(server.host(), server.port())
            .clientConfig(
                DefaultJedisClientConfig.builder()
                    .timeoutMillis(BenchmarkServer.TIMEOUT_MILLIS)
                    .user(BenchmarkServer.user(BenchmarkServer.TENANT))
                    .password(BenchmarkServer.PASSWORD)
                    .build())
            .poolConfig(pool)
            .keyPreProcessor(new PrefixedKeyArgumentPreProcessor(BenchmarkServer.PREFIX))
            .build();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Sync sync(Task task) {
    return switch (task) {
      case GET -> i -> jedis.get(data.key(i));
      case SET -> i -> jedis.set(data.key(i), Data.VALUE);
      case MGET_100 -> i -> jedis.mget(data.mget(i));
      case HSET_20 -> i -> jedis.hset(data.hash(i), Data.HASH);
      case PIPELINE_100 -> this::pipeline;
      case MULTI_10 -> this::transaction;
    };
  }

  private Object pipeline(int i) {
    try (Pipeline pipeline = jedis.pipelined()) {
      for (int at = 0; at < Data.PIPELINE; at++) {
        pipeline.get(data.key(i + at));
      }
      return pipeline.syncAndReturnAll();
    }
  }

  private Object transaction(int i) {
    try (AbstractTransaction transaction = jedis.multi()) {
      for (int at = 0; at < Data.TRANSACTION; at++) {
        transaction.set(data.key(i + at), Data.VALUE);
      }
      return transaction.exec();
    }
  }

  @Override
  public void close() {
    jedis.close();
  }
}
