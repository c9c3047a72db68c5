package io.tenantredis.internal.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** How many dedicated connections there are in all, in which state, and how many wait for one. */
final class PoolGauges {

  final AtomicInteger idle = new AtomicInteger();
  final AtomicInteger used = new AtomicInteger();
  final AtomicInteger pending = new AtomicInteger();

  PoolGauges(MeterRegistry registry) {
    connections(registry, MeterTag.STATE_IDLE, idle);
    connections(registry, MeterTag.STATE_USED, used);
    Gauge.builder(
            TenantRedisMeter.CONNECTION_PENDING.meterName(), pending, AtomicInteger::doubleValue)
        .description(TenantRedisMeter.CONNECTION_PENDING.description())
        .tag(MeterTag.SYSTEM, MeterTag.SYSTEM_REDIS)
        .register(registry);
  }

  private static void connections(MeterRegistry registry, String state, AtomicInteger number) {
    Gauge.builder(
            TenantRedisMeter.DEDICATED_CONNECTIONS.meterName(), number, AtomicInteger::doubleValue)
        .description(TenantRedisMeter.DEDICATED_CONNECTIONS.description())
        .tag(MeterTag.SYSTEM, MeterTag.SYSTEM_REDIS)
        .tag(MeterTag.STATE, state)
        .register(registry);
  }
}
