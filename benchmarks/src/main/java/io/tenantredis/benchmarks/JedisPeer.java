package io.tenantredis.benchmarks;

import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.util.PrefixedKeyArgumentPreProcessor;

/** Jedis with a pool of a connection for each thread, and with its own prefixing of keys. */
final class JedisPeer implements Peer {

  static final String NAME = "jedis-pool";

  private final RedisClient jedis;
  private final Data data = new Data("");

  JedisPeer(BenchmarkServer server) {
    GenericObjectPoolConfig<Connection> pool = new GenericObjectPoolConfig<>();
    pool.setMaxTotal(BenchmarkServer.MOST_THREADS);
    pool.setMaxIdle(BenchmarkServer.MOST_THREADS);
    this.jedis =
        RedisClient.builder()
            .hostAndPort(server.host(), server.port())
            .clientConfig(
                DefaultJedisClientConfig.builder()
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
    };
  }

  @Override
  public void close() {
    jedis.close();
  }
}
