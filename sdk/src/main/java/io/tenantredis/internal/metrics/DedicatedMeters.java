package io.tenantredis.internal.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** The meters of one tenant's dedicated connections. Thread-safe. */
public final class DedicatedMeters {

  private final Timer wait;
  private final Timer use;
  private final Counter timeouts;
  private final Counter leaks;
  private final PoolGauges gauges;

  DedicatedMeters(MeterRegistry registry, String tenant, PoolGauges gauges) {
    this.wait = timer(registry, TenantRedisMeter.CONNECTION_WAIT, tenant);
    this.use = timer(registry, TenantRedisMeter.CONNECTION_USE, tenant);
    this.timeouts = counter(registry, TenantRedisMeter.CONNECTION_TIMEOUTS, tenant);
    this.leaks = counter(registry, TenantRedisMeter.CONNECTION_LEAKS, tenant);
    this.gauges = gauges;
  }

  private static Timer timer(MeterRegistry registry, TenantRedisMeter meter, String tenant) {
    return Timer.builder(meter.meterName())
        .description(meter.description())
        .tag(MeterTag.SYSTEM, MeterTag.SYSTEM_REDIS)
        .tag(MeterTag.TENANT, tenant)
        .register(registry);
  }

  private static Counter counter(MeterRegistry registry, TenantRedisMeter meter, String tenant) {
    return Counter.builder(meter.meterName())
        .description(meter.description())
        .tag(MeterTag.SYSTEM, MeterTag.SYSTEM_REDIS)
        .tag(MeterTag.TENANT, tenant)
        .register(registry);
  }

  /** Somebody asks for a connection. */
  public void asked() {
    gauges.pending.incrementAndGet();
  }

  /** Somebody got what he asked for, a failure, or asks no more. */
  public void answered(long nanos) {
    gauges.pending.decrementAndGet();
    wait.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** There was no connection within the time or the bounds. */
  public void exhausted() {
    timeouts.increment();
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
    use.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** A lease was held for too long. */
  public void leaked() {
    leaks.increment();
  }
}
