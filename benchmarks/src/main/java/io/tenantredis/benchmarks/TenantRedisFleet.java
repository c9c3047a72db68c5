package io.tenantredis.benchmarks;

import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The SDK, asked for the tenant with each call. */
final class TenantRedisFleet implements Fleet {

  private final TenantRedis redis;
  private final TenantId[] tenants;

  TenantRedisFleet(BenchmarkServer server, int tenants) {
    this.redis = TenantRedisPeer.client(server).build();
    this.tenants =
        IntStream.range(0, tenants)
            .mapToObj(i -> TenantId.of(BenchmarkServer.tenant(i)))
            .toArray(TenantId[]::new);
  }

  @Override
  public CompletionStage<?> connect(int tenant) {
    return redis.tenant(tenants[tenant]).async().set("k", Data.VALUE);
  }

  @Override
  public @Nullable Object get(int tenant) {
    return redis.tenant(tenants[tenant]).sync().get("k");
  }

  @Override
  public CompletionStage<?> getAsync(int tenant) {
    return redis.tenant(tenants[tenant]).async().get("k");
  }

  /** Closes what each tenant holds. */
  void evictAll() {
    for (TenantId tenant : tenants) {
      redis.close(tenant);
    }
  }

  @Override
  public void close() {
    redis.close();
  }
}
