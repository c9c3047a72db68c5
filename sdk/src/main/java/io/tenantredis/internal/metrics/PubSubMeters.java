package io.tenantredis.internal.metrics;

import io.tenantredis.TenantId;
import java.util.concurrent.atomic.AtomicInteger;

/** The meters of one tenant's subscriptions. Thread-safe. */
public final class PubSubMeters {

  private final TaggedTenants tenants;
  private final TenantId tenant;
  private final AtomicInteger open;

  PubSubMeters(TaggedTenants tenants, TenantId tenant, AtomicInteger open) {
    this.tenants = tenants;
    this.tenant = tenant;
    this.open = open;
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
    count(TenantRedisMeter.MESSAGES, 1);
  }

  /** A subscription had no room for messages. */
  public void dropped(long number) {
    count(TenantRedisMeter.MESSAGES_DROPPED, number);
  }

  /** The connection of a tenant with subscriptions was lost. */
  public void interrupted() {
    count(TenantRedisMeter.SUBSCRIBER_LOSSES, 1);
  }

  private void count(TenantRedisMeter meter, long number) {
    tenants.of(tenant).counter(meter).increment((double) number);
  }
}
