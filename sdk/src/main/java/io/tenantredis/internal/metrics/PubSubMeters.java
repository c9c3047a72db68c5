package io.tenantredis.internal.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** The meters of one tenant's subscriptions. Thread-safe. */
public final class PubSubMeters {

  private final Counter messages;
  private final Counter dropped;
  private final Counter interruptions;
  private final AtomicInteger open;

  PubSubMeters(MeterRegistry registry, String tenant, AtomicInteger open) {
    this.messages = counter(registry, TenantRedisMeter.MESSAGES, tenant);
    this.dropped = counter(registry, TenantRedisMeter.MESSAGES_DROPPED, tenant);
    this.interruptions = counter(registry, TenantRedisMeter.SUBSCRIBER_LOSSES, tenant);
    this.open = open;
  }

  private static Counter counter(MeterRegistry registry, TenantRedisMeter meter, String tenant) {
    return Counter.builder(meter.meterName())
        .description(meter.description())
        .tag(MeterTag.SYSTEM, MeterTag.SYSTEM_REDIS)
        .tag(MeterTag.TENANT, tenant)
        .register(registry);
  }

  /** A subscription was opened. */
  public void opened() {
    open.incrementAndGet();
  }

  /** A subscription ended. */
  public void closed() {
    open.decrementAndGet();
  }

  /** A message arrived for a subscription. */
  public void received() {
    messages.increment();
  }

  /** A subscription had no room for messages. */
  public void dropped(long number) {
    dropped.increment((double) number);
  }

  /** The connection of a tenant with subscriptions was lost. */
  public void interrupted() {
    interruptions.increment();
  }
}
