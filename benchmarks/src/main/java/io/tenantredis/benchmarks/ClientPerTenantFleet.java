package io.tenantredis.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** The naive way: a Lettuce client of its own for each tenant, with resources of its own. */
final class ClientPerTenantFleet implements Fleet {

  private final BenchmarkServer server;
  private final ConcurrentMap<String, StatefulRedisConnection<String, String>> connections =
      new ConcurrentHashMap<>();
  private final ConcurrentMap<String, RedisClient> clients = new ConcurrentHashMap<>();

  ClientPerTenantFleet(BenchmarkServer server) {
    this.server = server;
  }

  @Override
  public CompletionStage<?> connect(int tenant) {
    String name = BenchmarkServer.tenant(tenant);
    RedisClient client = server.lettuceClient(name);
    clients.put(name, client);
    connections.put(name, client.connect());
    return connection(tenant).async().set(key(tenant), Data.VALUE);
  }

  @Override
  public @Nullable Object get(int tenant) {
    return connection(tenant).sync().get(key(tenant));
  }

  @Override
  public CompletionStage<?> getAsync(int tenant) {
    return connection(tenant).async().get(key(tenant));
  }

  private static String key(int tenant) {
    return BenchmarkServer.prefix(BenchmarkServer.tenant(tenant)) + "k";
  }

  private StatefulRedisConnection<String, String> connection(int tenant) {
    String name = BenchmarkServer.tenant(tenant);
    StatefulRedisConnection<String, String> connection = connections.get(name);
    if (connection == null) {
      throw new IllegalStateException(name + " is not connected");
    }
    return connection;
  }

  @Override
  public void close() {
    CompletableFuture.allOf(
            clients.values().stream()
                .map(RedisClient::shutdownAsync)
                .toArray(CompletableFuture<?>[]::new))
        .join();
  }
}
