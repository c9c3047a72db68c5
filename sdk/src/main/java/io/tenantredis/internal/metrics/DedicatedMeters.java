package io.tenantredis.internal.metrics;

import java.util.concurrent.TimeUnit;

/** The meters of one tenant's dedicated connections. Thread-safe. */
public final class DedicatedMeters {

  private final TenantMeters tenant;
  private final PoolGauges gauges;

  DedicatedMeters(TenantMeters tenant, PoolGauges gauges) {
    this.tenant = tenant;
    this.gauges = gauges;
  }

  /** Somebody asks for a connection. */
  public void asked() {
    gauges.pending.incrementAndGet();
  }

  /** Somebody got what he asked for, a failure, or asks no more. */
  public void answered(long nanos) {
    gauges.pending.decrementAndGet();
    tenant.group().timer(TenantRedisMeter.CONNECTION_WAIT).record(nanos, TimeUnit.NANOSECONDS);
  }

  /** There was no connection within the time or the bounds. */
  public void exhausted() {
    tenant.group().counter(TenantRedisMeter.CONNECTION_TIMEOUTS).increment();
  }

  /** A connection was opened and is idle for now. */
  public void opened() {
    gauges.idle.incrementAndGet();
  }

  /** An idle connection was closed. */
  public void closed() {
    gauges.idle.decrementAndGet();
  }

  /** An idle connection was leased. */
  public void leased() {
    gauges.idle.decrementAndGet();
    gauges.used.incrementAndGet();
  }

  /** A leased connection is idle again; it may be closed next. */
  public void returned(long nanos) {
    gauges.used.decrementAndGet();
    gauges.idle.incrementAndGet();
    tenant.group().timer(TenantRedisMeter.CONNECTION_USE).record(nanos, TimeUnit.NANOSECONDS);
  }

  /** A lease was held for too long. */
  public void leaked() {
    tenant.group().counter(TenantRedisMeter.CONNECTION_LEAKS).increment();
  }
}
