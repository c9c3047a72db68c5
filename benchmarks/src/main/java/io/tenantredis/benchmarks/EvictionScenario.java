package io.tenantredis.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What stays in memory of tenants that were connected once, beside what connected ones hold. */
record EvictionScenario(int tenants) implements Scenario {

  /** An evicted tenant stays for ten seconds, for late commands, and is swept once a second. */
  private static final long STAY_NANOS = TimeUnit.SECONDS.toNanos(12);

  @Override
  public List<Measure> measures() {
    return List.of(
        new Measure(
            Group.TENANTS,
            "memory-evicted",
            String.format(Locale.ROOT, "heap of %,d tenants evicted", tenants),
            Unit.BYTES));
  }

  /** A turn takes ten seconds. */
  @Override
  public int mostRounds() {
    return 3;
  }

  @Override
  public boolean isQuick() {
    return false;
  }

  @Override
  public Contest open() {
    BenchmarkServer server = BenchmarkServer.startWithTenants(tenants);
    return new Contest(
        List.of(
            new Contestant(
                TenantRedisPeer.NAME + "-evicted", ignored -> new double[] {held(server, true)}),
            new Contestant(TenantRedisPeer.NAME, ignored -> new double[] {held(server, false)})),
        server::close);
  }

  private double held(BenchmarkServer server, boolean evicted) {
    int threads = Footprint.threads();
    try {
      return heldOf(server, evicted);
    } finally {
      Footprint.awaitThreads(threads);
    }
  }

  private double heldOf(BenchmarkServer server, boolean evicted) {
    long before = Footprint.heap();
    try (TenantRedisFleet fleet = new TenantRedisFleet(server, tenants)) {
      TenantsScenario.connectAll(fleet, tenants);
      if (evicted) {
        fleet.evictAll();
        long until = System.nanoTime() + STAY_NANOS;
        for (long now = System.nanoTime(); now < until; now = System.nanoTime()) {
          LockSupport.parkNanos(until - now);
        }
      }
      return (double) (Footprint.heap() - before) / tenants;
    }
  }
}
