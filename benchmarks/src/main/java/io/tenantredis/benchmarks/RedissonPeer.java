package io.tenantredis.benchmarks;

import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.BatchOptions;
import org.redisson.api.RBatch;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.ClusterServersConfig;
import org.redisson.config.Config;
import org.redisson.config.NameMapper;

/** Redisson with its defaults and a NameMapper that adds the prefix. */
final class RedissonPeer implements Peer {

  static final String NAME = "redisson";

  private static final BatchOptions TRANSACTION =
      BatchOptions.defaults().executionMode(BatchOptions.ExecutionMode.REDIS_WRITE_ATOMIC);

  private final RedissonClient redisson;
  private final Data data = new Data("");

  private RedissonPeer(Config config) {
    this.redisson = Redisson.create(config);
  }

  static RedissonPeer of(BenchmarkServer server) {
    Config config = config(BenchmarkServer.PREFIX);
    config.useSingleServer().setAddress(server.uri()).setTimeout(BenchmarkServer.TIMEOUT_MILLIS);
    return new RedissonPeer(config);
  }

  static RedissonPeer of(BenchmarkCluster cluster, Slots slots) {
    Config config = config(slots.prefix());
    ClusterServersConfig nodes = config.useClusterServers();
    nodes.setTimeout(BenchmarkServer.TIMEOUT_MILLIS);
    cluster.nodes().forEach(node -> nodes.addNodeAddress(node.uri()));
    return new RedissonPeer(config);
  }

  private static Config config(String prefix) {
    Config config = new Config();
    config.setCodec(StringCodec.INSTANCE);
    config.setUsername(BenchmarkServer.user(BenchmarkServer.TENANT));
    config.setPassword(BenchmarkServer.PASSWORD);
    config.setNameMapper(new Prefixing(prefix));
    return config;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Sync sync(Task task) {
    return switch (task) {
      case GET -> i -> redisson.<String>getBucket(data.key(i)).get();
      case SET ->
          i -> {
            redisson.<String>getBucket(data.key(i)).set(Data.VALUE);
            return null;
          };
      case MGET_100 -> i -> redisson.getBuckets().get(data.mget(i));
      case HSET_20 ->
          i -> {
            redisson.<String, String>getMap(data.hash(i)).putAll(Data.HASH);
            return null;
          };
      case PIPELINE_100 -> this::pipeline;
      case MULTI_10 -> this::transaction;
    };
  }

  private Object pipeline(int i) {
    RBatch batch = redisson.createBatch();
    for (int at = 0; at < Data.PIPELINE; at++) {
      batch.<String>getBucket(data.key(i + at)).getAsync();
    }
    return batch.execute();
  }

  private Object transaction(int i) {
    RBatch batch = redisson.createBatch(TRANSACTION);
    for (int at = 0; at < Data.TRANSACTION; at++) {
      batch.<String>getBucket(data.key(i + at)).setAsync(Data.VALUE);
    }
    return batch.execute();
  }

  @Override
  public @Nullable Async async(Task task) {
    return switch (task) {
      case GET -> i -> redisson.<String>getBucket(data.key(i)).getAsync();
      case SET -> i -> redisson.<String>getBucket(data.key(i)).setAsync(Data.VALUE);
      case MGET_100 -> i -> redisson.getBuckets().getAsync(data.mget(i));
      case HSET_20 -> i -> redisson.<String, String>getMap(data.hash(i)).putAllAsync(Data.HASH);
      case PIPELINE_100, MULTI_10 -> null;
    };
  }

  @Override
  public void close() {
    redisson.shutdown();
  }

  private record Prefixing(String prefix) implements NameMapper {

    @Override
    public String map(String name) {
      return prefix + name;
    }

    @Override
    public String unmap(String name) {
      return name.substring(prefix.length());
    }
  }
}
