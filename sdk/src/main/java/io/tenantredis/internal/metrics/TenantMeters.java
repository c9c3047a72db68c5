package io.tenantredis.internal.metrics;

import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Where the meters of one tenant in use are now: under its own tag, or with all others. Changed by
 * {@link TaggedTenants} alone. Thread-safe.
 */
final class TenantMeters {

  private final LongAdder commands = new LongAdder();
  private volatile MeterGroup group;

  /** Guarded by {@link TaggedTenants}, as all below. */
  private boolean tagged;

  private long activity;
  private @Nullable TenantResilience resilience;

  TenantMeters(MeterGroup group) {
    this.group = group;
  }

  MeterGroup group() {
    return group;
  }

  /** A command of the tenant came to its end. */
  void used() {
    commands.increment();
  }

  boolean isTagged() {
    return tagged;
  }

  void tag(MeterGroup own) {
    group = own;
    tagged = true;
    if (resilience != null) {
      resilience.publish();
    }
  }

  void untag(MeterGroup others) {
    if (!tagged) {
      return;
    }
    MeterGroup own = group;
    group = others;
    tagged = false;
    own.close();
    if (resilience != null) {
      resilience.remove();
    }
  }

  void resilience(TenantResilience state) {
    resilience = state;
    if (tagged) {
      state.publish();
    }
  }

  /** How busy the tenant is: what it sent lately counts, what it sent before half of that. */
  long activity() {
    return activity;
  }

  void measureActivity() {
    activity = activity / 2 + commands.sumThenReset();
  }
}
