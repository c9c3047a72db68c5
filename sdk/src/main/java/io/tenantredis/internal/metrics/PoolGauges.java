package io.tenantredis.internal.metrics;

import java.util.concurrent.atomic.AtomicInteger;

/** How many connections there are in all, in which state, and how many wait for one. */
final class PoolGauges {

  final AtomicInteger open = new AtomicInteger();
  final AtomicInteger idle = new AtomicInteger();
  final AtomicInteger used = new AtomicInteger();
  final AtomicInteger pending = new AtomicInteger();

  PoolGauges(MeterGroup client) {
    client.gauge(TenantRedisMeter.CONNECTION_COUNT, idle::get, MeterTag.IDLE);
    client.gauge(
        TenantRedisMeter.CONNECTION_COUNT,
        () -> Math.max(0, open.get() - idle.get()),
        MeterTag.USED);
    client.gauge(TenantRedisMeter.DEDICATED_CONNECTIONS, idle::get, MeterTag.IDLE);
    client.gauge(TenantRedisMeter.DEDICATED_CONNECTIONS, used::get, MeterTag.USED);
    client.gauge(TenantRedisMeter.CONNECTION_PENDING, pending::get);
  }
}
