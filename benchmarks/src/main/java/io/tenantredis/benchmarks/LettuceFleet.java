package io.tenantredis.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Plain Lettuce by hand: one client, and a map with a connection for each tenant. */
final class LettuceFleet implements Fleet {

  private final BenchmarkServer server;
  private final RedisClient client = RedisClient.create();
  private final ConcurrentMap<String, StatefulRedisConnection<String, String>> connections =
      new ConcurrentHashMap<>();
  private final String[] names;
  private final String[] keys;

  LettuceFleet(BenchmarkServer server, int tenants) {
    this.server = server;
    this.names =
        IntStream.range(0, tenants).mapToObj(BenchmarkServer::tenant).toArray(String[]::new);
    this.keys =
        IntStream.range(0, tenants)
            .mapToObj(i -> BenchmarkServer.prefix(names[i]) + "k")
            .toArray(String[]::new);
  }

  @Override
  public CompletionStage<?> connect(int tenant) {
    return client
        .connectAsync(StringCodec.UTF8, server.lettuceUri(names[tenant]))
        .thenCompose(
            connection -> {
              connections.put(names[tenant], connection);
              return connection.async().set(keys[tenant], Data.VALUE);
            });
  }

  @Override
  public @Nullable Object get(int tenant) {
    return connection(tenant).sync().get(keys[tenant]);
  }

  @Override
  public CompletionStage<?> getAsync(int tenant) {
    return connection(tenant).async().get(keys[tenant]);
  }

  private StatefulRedisConnection<String, String> connection(int tenant) {
    StatefulRedisConnection<String, String> connection = connections.get(names[tenant]);
    if (connection == null) {
      throw new IllegalStateException(names[tenant] + " is not connected");
    }
    return connection;
  }

  @Override
  public void close() {
    client.shutdown();
  }
}
