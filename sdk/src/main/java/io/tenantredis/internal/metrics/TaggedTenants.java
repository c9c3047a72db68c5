package io.tenantredis.internal.metrics;

import io.tenantredis.TenantId;
import io.tenantredis.TenantTags;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/** Gives tenants their own meters, and takes them away, as the policy says. Thread-safe. */
final class TaggedTenants {

  private static final long RANKING_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final TenantTags policy;
  private final MeterGroup others;
  private final ConcurrentMap<TenantId, TenantMeters> tenants = new ConcurrentHashMap<>();
  private int tagged;
  private long rankedAt;
  private boolean closed;

  TaggedTenants(TenantTags policy, MeterGroup others, long now) {
    this.policy = policy;
    this.others = others;
    this.rankedAt = now;
  }

  /** The meters of a tenant that comes into use. */
  synchronized TenantMeters enter(TenantId tenant) {
    TenantMeters known = tenants.get(tenant);
    if (known != null) {
      return known;
    }
    TenantMeters entered = new TenantMeters(others);
    if (closed) {
      return entered;
    }
    tenants.put(tenant, entered);
    if (isTaggedAtOnce(tenant)) {
      tag(tenant, entered);
    }
    return entered;
  }

  /**
   * A tenant of that very name would share the meters of all others, and take them along when it
   * goes.
   */
  private static boolean mayBeTagged(TenantId tenant) {
    return !tenant.value().equals(TenantTags.OTHER);
  }

  private boolean isTaggedAtOnce(TenantId tenant) {
    if (!mayBeTagged(tenant)) {
      return false;
    }
    if (policy instanceof TenantTags.Only only) {
      return only.tenants().contains(tenant);
    }
    if (policy instanceof TenantTags.Busiest busiest) {
      return tagged < busiest.tenants();
    }
    return policy instanceof TenantTags.All;
  }

  private void tag(TenantId tenant, TenantMeters meters) {
    tagged++;
    meters.tag(others.ofTenant(tenant.value()));
  }

  private void untag(TenantMeters meters) {
    if (meters.isTagged()) {
      tagged--;
      meters.untag(others);
    }
  }

  /** The meters of a tenant; those of all others if it is not in use. */
  MeterGroup of(TenantId tenant) {
    TenantMeters meters = tenants.get(tenant);
    return meters == null ? others : meters.group();
  }

  synchronized void resilience(TenantId tenant, TenantResilience state) {
    TenantMeters meters = tenants.get(tenant);
    if (meters != null) {
      meters.resilience(state);
    }
  }

  /** A tenant is out of use. */
  synchronized void leave(TenantId tenant) {
    TenantMeters left = tenants.remove(tenant);
    if (left != null) {
      untag(left);
    }
  }

  /** Called at short intervals. */
  synchronized void sweep(long now) {
    if (policy instanceof TenantTags.Busiest busiest && now - rankedAt >= RANKING_NANOS) {
      rankedAt = now;
      rank(busiest.tenants());
    }
  }

  private void rank(int places) {
    List<Map.Entry<TenantId, TenantMeters>> holders = new ArrayList<>();
    List<Map.Entry<TenantId, TenantMeters>> challengers = new ArrayList<>();
    for (Map.Entry<TenantId, TenantMeters> tenant : tenants.entrySet()) {
      tenant.getValue().measureActivity();
      if (mayBeTagged(tenant.getKey())) {
        (tenant.getValue().isTagged() ? holders : challengers).add(tenant);
      }
    }
    Comparator<Map.Entry<TenantId, TenantMeters>> byActivity =
        Comparator.comparingLong(tenant -> tenant.getValue().activity());
    holders.sort(byActivity);
    challengers.sort(byActivity.reversed());
    int exchanges = Math.min(holders.size(), Math.max(1, places / 10));
    int exchanged = 0;
    for (Map.Entry<TenantId, TenantMeters> challenger : challengers) {
      if (tagged >= places) {
        if (exchanged == exchanges) {
          return;
        }
        TenantMeters holder = holders.get(exchanged++).getValue();
        if (challenger.getValue().activity() <= 2 * holder.activity()) {
          return;
        }
        untag(holder);
      }
      tag(challenger.getKey(), challenger.getValue());
    }
  }

  synchronized void close() {
    closed = true;
    tenants.values().forEach(this::untag);
    tenants.clear();
  }
}
