package io.tenantredis.spring.boot;

import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.TenantRedisFailure;
import java.util.List;
import java.util.Set;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Up while the server answers a tenant that is in use. One tenant's trouble, a revoked user for
 * example, is not the server's: a few are asked and one answer is enough. Without a tenant in use
 * nothing is asked, and the health is up.
 */
final class TenantRedisHealthIndicator extends AbstractHealthIndicator {

  private static final int ASKED_AT_MOST = 3;

  private final TenantRedis redis;

  TenantRedisHealthIndicator(TenantRedis redis) {
    super("Tenant Redis health check failed");
    this.redis = redis;
  }

  @Override
  protected void doHealthCheck(Health.Builder health) {
    Set<TenantId> inUse = redis.tenantsInUse();
    health.withDetail("tenantsInUse", inUse.size());
    List<TenantId> asked = inUse.stream().limit(ASKED_AT_MOST).toList();
    RuntimeException failure = null;
    for (TenantId tenant : asked) {
      try {
        redis.tenant(tenant).sync().ping();
        health.up();
        return;
      } catch (RuntimeException failed) {
        failure = failed;
      }
    }
    if (failure == null) {
      health.up();
    } else if (failure instanceof TenantRedisFailure typed) {
      health.down().withDetail("error", typed.code() + " " + typed.code().label());
    } else {
      health.down(failure);
    }
  }
}
