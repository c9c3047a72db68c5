package io.tenantredis.spring.boot;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.TenantRedisFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Up while the server answers a tenant that is in use. One tenant's trouble, a revoked user for
 * example, is not the server's: a few are asked and one answer is enough. Without a tenant in use
 * nothing is asked, and the health is up. Its details, which Boot shows only to those that {@code
 * management.endpoint.health.show-details} says, name a few tenants whose circuit breaker is open.
 */
final class TenantRedisHealthIndicator extends AbstractHealthIndicator {

  private static final int ASKED_AT_MOST = 3;
  private static final int NAMED_AT_MOST = 10;

  /** No tenant's id has a space. */
  private static final String ENDPOINT = "endpoint ";

  private final TenantRedis redis;

  TenantRedisHealthIndicator(TenantRedis redis) {
    super("Tenant Redis health check failed");
    this.redis = redis;
  }

  @Override
  protected void doHealthCheck(Health.Builder health) {
    Set<TenantId> inUse = redis.tenantsInUse();
    health.withDetail("tenantsInUse", inUse.size());
    Map<String, String> endpoints = new TreeMap<>();
    List<String> unavailable = new ArrayList<>();
    for (CircuitBreaker breaker : redis.resilience().circuitBreakers().getAllCircuitBreakers()) {
      if (breaker.getName().startsWith(ENDPOINT)) {
        endpoints.put(breaker.getName().substring(ENDPOINT.length()), breaker.getState().name());
      } else if (breaker.getState() == CircuitBreaker.State.OPEN
          && unavailable.size() < NAMED_AT_MOST) {
        unavailable.add(breaker.getName());
      }
    }
    health.withDetail("endpointCircuitBreakers", endpoints);
    health.withDetail("tenantsWithOpenCircuitBreaker", unavailable);
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
