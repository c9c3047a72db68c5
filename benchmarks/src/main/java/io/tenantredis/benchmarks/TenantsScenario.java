package io.tenantredis.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Many tenants in one process: how fast they connect, what they hold while they are connected, and
 * calls that go to all of them. Each turn begins with connecting them all and ends with closing
 * them, because two sets of 10,000 connections are more than a process may usually have open.
 *
 * @param naive whether a client of its own for each tenant takes part
 */
record TenantsScenario(int tenants, boolean naive) implements Scenario {

  /** What one by one connects as fast as the server lets it. */
  private static final int CONNECTING = 64;

  private static final int THREADS = 8;
  private static final int ASYNC_THREADS = 4;
  private static final int IN_FLIGHT = 64;

  /** From here on what a tenant holds is more than what the measurement misses. */
  private static final int ENOUGH_TO_WEIGH = 100;

  /** Slices a load takes: connections are looked after every few seconds, which must show. */
  private static final int STEADY = 5;

  private static final String NAIVE = "lettuce-client-per-tenant";

  @Override
  public List<Measure> measures() {
    String all = String.format(Locale.ROOT, tenants == 1 ? "%,d tenant" : "%,d tenants", tenants);
    List<Measure> measures = new ArrayList<>();
    measures.add(
        measure(
            "roundrobin",
            THREADS + " threads, blocking GET, " + all + " in turn",
            Unit.OPERATIONS));
    measures.add(
        measure(
            "async",
            ASYNC_THREADS + " threads, each " + IN_FLIGHT + " GET in flight, " + all + " in turn",
            Unit.OPERATIONS));
    if (isWeighed()) {
      measures.add(
          measure(
              "zipf",
              THREADS + " threads, blocking GET, " + all + " by Zipf's law",
              Unit.OPERATIONS));
      measures.add(measure("connect", "connecting " + all + ", 64 at a time", Unit.TENANTS));
      measures.add(measure("memory", "heap of " + all + " connected", Unit.BYTES));
      measures.add(measure("threads", "threads with " + all + " connected", Unit.THREADS));
    }
    return measures;
  }

  private Measure measure(String what, String description, Unit unit) {
    return new Measure(Group.TENANTS, "tenants-" + tenants + "-" + what, description, unit);
  }

  private boolean isWeighed() {
    return tenants >= ENOUGH_TO_WEIGH;
  }

  @Override
  public int slices() {
    return (isWeighed() ? 3 : 2) * STEADY;
  }

  @Override
  public int mostRounds() {
    return tenants > ENOUGH_TO_WEIGH ? 7 : 9;
  }

  @Override
  public Contest open() {
    BenchmarkServer server = BenchmarkServer.startWithTenants(tenants);
    List<Contestant> contestants = new ArrayList<>();
    contestants.add(contestant(TenantRedisPeer.NAME, () -> new TenantRedisFleet(server, tenants)));
    contestants.add(contestant(LettucePeer.NAME, () -> new LettuceFleet(server, tenants)));
    if (naive) {
      contestants.add(contestant(NAIVE, () -> new ClientPerTenantFleet(server)));
    }
    return new Contest(contestants, server::close);
  }

  private Contestant contestant(String name, Supplier<Fleet> opener) {
    Visits inTurn = Visits.roundRobin(tenants);
    Visits zipf = Visits.zipf(tenants);
    return new Contestant(name, nanos -> turn(opener, inTurn, zipf, nanos));
  }

  private double[] turn(Supplier<Fleet> opener, Visits inTurn, Visits zipf, long nanos) {
    long heap = isWeighed() ? Footprint.heap() : 0;
    int threads = Footprint.threads();
    try {
      return turn(opener, heap, threads, inTurn, zipf, nanos);
    } finally {
      Footprint.awaitThreads(threads);
    }
  }

  private double[] turn(
      Supplier<Fleet> opener, long heap, int threads, Visits inTurn, Visits zipf, long nanos) {
    try (Fleet fleet = opener.get()) {
      double connects = connectAll(fleet, tenants);
      double memory = isWeighed() ? (double) (Footprint.heap() - heap) / tenants : 0;
      double more = Footprint.threads() - threads;
      double roundRobin = calls(fleet, inTurn, nanos);
      double async = asyncCalls(fleet, inTurn, nanos);
      return isWeighed()
          ? new double[] {roundRobin, async, calls(fleet, zipf, nanos), connects, memory, more}
          : new double[] {roundRobin, async};
    }
  }

  /** Tenants connected in a second. */
  static double connectAll(Fleet fleet, int tenants) {
    long start = System.nanoTime();
    @Nullable CompletableFuture<?>[] window = new CompletableFuture<?>[CONNECTING];
    for (int i = 0; i < tenants + CONNECTING; i++) {
      CompletableFuture<?> oldest = window[i % CONNECTING];
      if (oldest != null) {
        oldest.orTimeout(1, TimeUnit.MINUTES).join();
      }
      window[i % CONNECTING] = i < tenants ? fleet.connect(i).toCompletableFuture() : null;
    }
    return tenants * 1e9 / (System.nanoTime() - start);
  }

  private double calls(Fleet fleet, Visits visits, long nanos) {
    return new SyncLoad(THREADS).run(i -> fleet.get(visits.tenant(i)), STEADY * nanos);
  }

  private double asyncCalls(Fleet fleet, Visits visits, long nanos) {
    return new AsyncLoad(ASYNC_THREADS, IN_FLIGHT)
        .run(i -> fleet.getAsync(visits.tenant(i)), STEADY * nanos);
  }
}
