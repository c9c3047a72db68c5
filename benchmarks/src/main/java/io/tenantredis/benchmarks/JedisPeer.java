package io.tenantredis.benchmarks;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.util.PrefixedKeyArgumentPreProcessor;

/** Jedis with a pool of a connection for each thread, and with its own prefixing of keys. */
final class JedisPeer implements Peer {

  static final String NAME = "jedis-pool";

  private final UnifiedJedis jedis;
  private final boolean takesAnyKeys;
  private final Data data = new Data("");

  private JedisPeer(UnifiedJedis jedis, boolean takesAnyKeys) {
    this.jedis = jedis;
    this.takesAnyKeys = takesAnyKeys;
  }

  static JedisPeer of(BenchmarkServer server) {
    return new JedisPeer(
        RedisClient.builder()
            .hostAndPort(server.host(), server.port())
            .clientConfig(config())
            .poolConfig(pool())
            .keyPreProcessor(new PrefixedKeyArgumentPreProcessor(BenchmarkServer.PREFIX))
            .build(),
        true);
  }

  /** With a pool for each node; it cannot read keys of several slots with one call. */
  static JedisPeer of(BenchmarkCluster cluster, Slots slots) {
    Set<HostAndPort> nodes = new HashSet<>();
    cluster.nodes().forEach(node -> nodes.add(new HostAndPort(node.host(), node.port())));
    return new JedisPeer(
        RedisClusterClient.builder()
            .nodes(nodes)
            .clientConfig(config())
            .poolConfig(pool())
            .keyPreProcessor(new PrefixedKeyArgumentPreProcessor(slots.prefix()))
            .build(),
        slots == Slots.ONE);
  }

  private static JedisClientConfig config() {
    return DefaultJedisClientConfig.builder()
        .timeoutMillis(BenchmarkServer.TIMEOUT_MILLIS)
        .user(BenchmarkServer.user(BenchmarkServer.TENANT))
        .password(BenchmarkServer.PASSWORD)
        .build();
  }

  private static GenericObjectPoolConfig<Connection> pool() {
    GenericObjectPoolConfig<Connection> pool = new GenericObjectPoolConfig<>();
    pool.setMaxTotal(BenchmarkServer.POOL_SIZE);
    pool.setMaxIdle(BenchmarkServer.POOL_SIZE);
    return pool;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public @Nullable Sync sync(Task task) {
    return switch (task) {
      case GET -> i -> jedis.get(data.key(i));
      case SET -> i -> jedis.set(data.key(i), Data.VALUE);
      case MGET_100 -> takesAnyKeys ? i -> jedis.mget(data.mget(i)) : null;
      case HSET_20 -> i -> jedis.hset(data.hash(i), Data.HASH);
      case PIPELINE_100 -> this::pipeline;
      case MULTI_10 -> this::transaction;
    };
  }

  private Object pipeline(int i) {
    try (AbstractPipeline pipeline = jedis.pipelined()) {
      List<Response<String>> replies = new ArrayList<>(Data.PIPELINE);
      for (int at = 0; at < Data.PIPELINE; at++) {
        replies.add(pipeline.get(data.key(i + at)));
      }
      pipeline.sync();
      return replies;
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
