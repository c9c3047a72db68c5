package io.tenantredis.benchmarks;

import java.util.concurrent.CompletionStage;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import org.redisson.config.NameMapper;

/** Redisson with its defaults and a NameMapper that adds the prefix. */
final class RedissonPeer implements Peer {

  static final String NAME = "redisson";

  private final RedissonClient redisson;
  private final Data data = new Data("");

  RedissonPeer(BenchmarkServer server) {
    Config config = new Config();
    config.setCodec(StringCodec.INSTANCE);
    config.setUsername(BenchmarkServer.user(BenchmarkServer.TENANT));
    config.setPassword(BenchmarkServer.PASSWORD);
    config.setNameMapper(new Prefixing());
    config.useSingleServer().setAddress(server.uri());
    this.redisson = Redisson.create(config);
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
    };
  }

  @Override
  public Async async(Task task) {
    return i -> stage(task, i);
  }

  private CompletionStage<?> stage(Task task, int i) {
    return switch (task) {
      case GET -> redisson.<String>getBucket(data.key(i)).getAsync();
      case SET -> redisson.<String>getBucket(data.key(i)).setAsync(Data.VALUE);
      case MGET_100 -> redisson.getBuckets().getAsync(data.mget(i));
      case HSET_20 -> redisson.<String, String>getMap(data.hash(i)).putAllAsync(Data.HASH);
    };
  }

  @Override
  public void close() {
    redisson.shutdown();
  }

  private static final class Prefixing implements NameMapper {

    @Override
    public String map(String name) {
      return BenchmarkServer.PREFIX + name;
    }

    @Override
    public String unmap(String name) {
      return name.substring(BenchmarkServer.PREFIX.length());
    }
  }
}
