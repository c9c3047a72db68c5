package io.tenantredis.samples;

import io.tenantredis.EndpointMap;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantEndpoint;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.admin.AclPolicy;
import io.tenantredis.admin.MoveReport;
import io.tenantredis.admin.Switchover;
import io.tenantredis.admin.TenantRedisAdmin;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;

/** The code of docs/endpoints.md. */
final class EndpointSamples {

  private EndpointSamples() {}

  static TenantRedis withEndpoints(TenantCredentialsProvider provider) {
    EndpointMap endpoints = new EndpointMap();
    endpoints.put(TenantId.of("bigcorp"), TenantEndpoint.of("rediss://big.internal:6379"));
    TenantRedis redis =
        TenantRedis.builder("rediss://cache.internal:6379")
            .identity("tenant_{tenant}")
            .credentials(provider)
            .endpoints(endpoints)
            .build();
    return redis;
  }

  static void move(EndpointMap endpoints, TenantRedis redis) throws Exception {
    endpoints.put(TenantId.of("acme"), TenantEndpoint.of("redis://tier2.cache.internal:6379"));
    redis.endpointChanged(TenantId.of("acme")).toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  static MoveReport moveWithData(
      TenantRedisAdmin old,
      TenantRedisAdmin next,
      AclPolicy policy,
      EndpointMap endpoints,
      TenantRedis redis,
      Logger log) {
    MoveReport report =
        old.moveTo(next, policy)
            .run(
                new Switchover() {
                  @Override
                  public void hold(TenantId tenant) {
                    endpoints.hold(tenant);
                    done(redis.endpointChanged(tenant));
                  }

                  @Override
                  public void switchOver(TenantId tenant) {
                    endpoints.put(tenant, TenantEndpoint.of("redis://tier2.cache.internal:6379"));
                    done(redis.endpointChanged(tenant));
                  }

                  @Override
                  public void release(TenantId tenant) {
                    endpoints.release(tenant);
                  }
                },
                progress -> log.info("{}", progress));
    return report;
  }

  private static void done(CompletionStage<Void> moved) {
    moved.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
  }
}
