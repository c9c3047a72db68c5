package io.tenantredis.benchmarks;

import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.CurrentTenantResolver;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * Spring Data Redis' template on the SDK's connection factory; each operation is a request of its
 * own, which begins by saying whose it is.
 */
final class TenantSpringPeer implements Peer {

  static final String NAME = "tenant-redis-spring";

  private final TenantRedis redis;
  private final StringRedisTemplate template;
  private final TenantId tenant = TenantId.of(BenchmarkServer.TENANT);
  private final Data data = new Data("");

  TenantSpringPeer(BenchmarkServer server) {
    this.redis = TenantRedisPeer.client(server).build();
    this.template =
        new StringRedisTemplate(
            new TenantRedisConnectionFactory(redis, CurrentTenantResolver.context()));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Sync sync(Task task) {
    Sync operation = SpringOperations.sync(template, data, task);
    return i -> {
      try (TenantContext.Scope request = TenantContext.open(tenant)) {
        return operation.run(i);
      }
    };
  }

  @Override
  public void close() {
    redis.close();
  }
}
