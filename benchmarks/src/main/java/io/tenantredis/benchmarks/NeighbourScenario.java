package io.tenantredis.benchmarks;

import io.tenantredis.ResilienceOptions;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantLimitException;
import io.tenantredis.TenantRedis;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * How long one tenant's calls take while another tenant of the same client and server misbehaves,
 * compared with the same calls while it is quiet.
 *
 * <p>The calls are due at fixed times and their time counts from then, so that a call that waits
 * behind a slow one is not overlooked.
 *
 * @param kind what the neighbour does, for the name of the measure
 * @param description the same for people
 * @param limits what the client is set up with
 * @param noise lets the neighbour begin
 */
record NeighbourScenario(
    String kind,
    String description,
    ResilienceOptions limits,
    Function<TenantClient<String, String>, Noise> noise)
    implements Scenario {

  private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** A percentile needs more calls than a rate. */
  private static final int SLICES = 6;

  @Override
  public List<Measure> measures() {
    return List.of(
        new Measure(
            Group.NEIGHBOURS,
            "neighbour-p99-" + kind,
            "99th percentile beside " + description,
            Unit.MICROSECONDS));
  }

  @Override
  public int slices() {
    return SLICES;
  }

  @Override
  public int mostRounds() {
    return 9;
  }

  @Override
  public Contest open() {
    BenchmarkServer server = BenchmarkServer.start();
    TenantRedis redis = TenantRedisPeer.client(server).resilience(limits).build();
    TenantClient<String, String> calm = redis.tenant(BenchmarkServer.TENANT);
    TenantClient<String, String> noisy = redis.tenant(BenchmarkServer.NEIGHBOUR);
    return new Contest(
        List.of(
            new Contestant(
                TenantRedisPeer.NAME,
                nanos -> {
                  try (Noise beside = noise.apply(noisy)) {
                    return percentile99(calm, nanos);
                  }
                }),
            new Contestant("quiet", nanos -> percentile99(calm, nanos))),
        () -> {
          redis.close();
          server.close();
        });
  }

  /** The 99th percentile of the times of calls that are due every millisecond. */
  private static double[] percentile99(TenantClient<String, String> tenant, long nanos) {
    Data data = new Data("");
    long[] times = new long[(int) Math.max(100, SLICES * nanos / EVERY_NANOS)];
    long start = System.nanoTime();
    for (int i = 0; i < times.length; i++) {
      long due = start + i * EVERY_NANOS;
      for (long now = System.nanoTime(); now < due; now = System.nanoTime()) {
        LockSupport.parkNanos(due - now);
      }
      get(tenant, data.key(i));
      times[i] = System.nanoTime() - due;
    }
    Arrays.sort(times);
    return new double[] {times[times.length * 99 / 100] / 1e3};
  }

  /** After a pause of the machine the calm one catches up, and may meet its own limit. */
  private static void get(TenantClient<String, String> tenant, String key) {
    while (true) {
      try {
        tenant.sync().get(key);
        return;
      } catch (TenantLimitException later) {
        Thread.onSpinWait();
      }
    }
  }
}
