package io.tenantredis.benchmarks;

import io.tenantredis.TenantClient;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantRedis;

/** This SDK with its defaults: a user for the tenant, guard, metrics, retry, breaker, bulkhead. */
final class TenantRedisPeer implements Peer {

  static final String NAME = "tenant-redis";

  private final TenantRedis redis;
  private final TenantClient<String, String> tenant;
  private final Data data = new Data("");

  TenantRedisPeer(BenchmarkServer server) {
    this.redis = client(server).build();
    this.tenant = redis.tenant(BenchmarkServer.TENANT);
  }

  static TenantRedis.Builder client(BenchmarkServer server) {
    return TenantRedis.builder(server.uri())
        .keyPrefix("tenant:{tenant}:")
        .identity("tenant_{tenant}")
        .credentials(
            TenantCredentialsProvider.of(
                id ->
                    TenantCredentials.of(
                        BenchmarkServer.user(id.value()), BenchmarkServer.PASSWORD)));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Sync sync(Task task) {
    return LettuceOperations.sync(tenant.sync(), data, task);
  }

  @Override
  public Async async(Task task) {
    return LettuceOperations.async(tenant.async(), data, task);
  }

  @Override
  public Reactive reactive(Task task) {
    return LettuceOperations.reactive(tenant.reactive(), data, task);
  }

  @Override
  public void close() {
    redis.close();
  }
}
