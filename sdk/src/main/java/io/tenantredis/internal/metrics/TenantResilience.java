package io.tenantredis.internal.metrics;

/**
 * The gauges of a circuit breaker and what stands beside it. Holds what they show: gauges alone do
 * not.
 */
interface TenantResilience {

  void publish();

  void remove();
}
