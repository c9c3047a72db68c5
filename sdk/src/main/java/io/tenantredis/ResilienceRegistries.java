package io.tenantredis;

import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.RetryRegistry;

/**
 * The Resilience4j registries of one {@link TenantRedis}: for events, metrics and operators who
 * open or close a breaker by hand. Instances have the tenant's id as their name and appear when the
 * tenant is first asked for. The endpoint's circuit breaker is named {@code endpoint host:port},
 * which no tenant can be called.
 *
 * @param circuitBreakers one for each tenant, and the endpoint's
 * @param bulkheads one for each tenant
 * @param rateLimiters one for each tenant, if there is a rate limit
 * @param retries one for all tenants: it holds no state but its events
 */
public record ResilienceRegistries(
    CircuitBreakerRegistry circuitBreakers,
    BulkheadRegistry bulkheads,
    RateLimiterRegistry rateLimiters,
    RetryRegistry retries) {

  /** An evicted tenant leaves nothing behind. */
  void forget(TenantId tenant) {
    circuitBreakers.remove(tenant.value());
    bulkheads.remove(tenant.value());
    rateLimiters.remove(tenant.value());
  }

  static ResilienceRegistries of(ResilienceOptions options) {
    return new ResilienceRegistries(
        CircuitBreakerRegistry.of(options.circuitBreaker()),
        BulkheadRegistry.of(options.bulkhead()),
        RateLimiterRegistry.ofDefaults(),
        RetryRegistry.of(options.retry()));
  }
}
