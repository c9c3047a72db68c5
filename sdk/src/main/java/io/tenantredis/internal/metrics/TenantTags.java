package io.tenantredis.internal.metrics;

import io.tenantredis.TenantId;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Bounds the values of the tenant tag: the first tenants seen have their own, all others share one.
 * Thread-safe.
 */
public final class TenantTags {

  /** The tag of every tenant beyond the bound. */
  public static final String OTHER = "other";

  private final int limit;
  private final Set<TenantId> tagged = ConcurrentHashMap.newKeySet();

  public TenantTags(int limit) {
    this.limit = limit;
  }

  String of(TenantId tenant) {
    if (tagged.contains(tenant)) {
      return tenant.value();
    }
    synchronized (tagged) {
      if (tagged.size() < limit) {
        tagged.add(tenant);
        return tenant.value();
      }
    }
    return OTHER;
  }
}
