package io.tenantredis.internal.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.tenantredis.MetricsOptions;
import io.tenantredis.TenantId;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The meters of one reader of ACL logs. Not thread-safe. */
public final class AclLogMeters {

  /** A tenant that was denied nothing for so long leaves its place to others. */
  private static final long KEPT_NANOS = TimeUnit.HOURS.toNanos(1);

  private final MeterGroup all;
  private final TaggedTenants tenants;
  private final Map<TenantId, Long> deniedAt = new HashMap<>();
  private long now;

  public AclLogMeters(MeterRegistry registry, MetricsOptions options, long now) {
    this.all =
        new MeterGroup(
            registry, options.name(), MeterTag.OTHER, options.histograms(), MeterGroup.nowhere());
    this.tenants = new TaggedTenants(options.tenants(), all, now);
    this.now = now;
  }

  /**
   * Counts denials.
   *
   * @param tenant null for none that is known for certain
   */
  public void denied(@Nullable TenantId tenant, String reason, long times) {
    MeterGroup group = all;
    if (tenant != null) {
      TenantMeters meters = tenants.enter(tenant);
      meters.used();
      deniedAt.put(tenant, now);
      group = meters.group();
    }
    group
        .counter(TenantRedisMeter.ACL_DENIALS, reason.toLowerCase(Locale.ROOT))
        .increment((double) times);
  }

  public void lost(long denials) {
    all.counter(TenantRedisMeter.ACL_LOST).increment((double) denials);
  }

  public void failed() {
    all.counter(TenantRedisMeter.ACL_FAILURES).increment();
  }

  /** Called after each poll. */
  public void sweep(long time) {
    now = time;
    deniedAt
        .entrySet()
        .removeIf(
            denied -> {
              boolean old = time - denied.getValue() >= KEPT_NANOS;
              if (old) {
                tenants.leave(denied.getKey());
              }
              return old;
            });
    tenants.sweep(time);
  }

  /** Removes the meters. */
  public void close() {
    tenants.close();
    all.close();
  }
}
