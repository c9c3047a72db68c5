package io.tenantredis.benchmarks;

import io.lettuce.core.RedisException;
import io.tenantredis.ResilienceOptions;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantLimitException;
import io.tenantredis.TenantRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * How long one tenant's calls take while another tenant of the same client and server misbehaves,
 * compared with the same calls while it is quiet. Usage: {@code NoisyNeighbour [--quick]}.
 *
 * <p>The calls are due at fixed times and their time counts from then, so that a call that waits
 * behind a slow one is not overlooked. Prints {@code ratio, scenario, subject, baseline, value},
 * tab-separated: the 99th percentile beside the noise divided by that of the quiet slices of the
 * same round, the median of the rounds.
 */
public final class NoisyNeighbour {

  private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** Who is refused tries again a little later, as an application with any sense does. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final int IN_FLIGHT = 256;

  private final int rounds;
  private final long sliceNanos;

  private NoisyNeighbour(int rounds, Duration slice) {
    this.rounds = rounds;
    this.sliceNanos = slice.toNanos();
  }

  /**
   * Runs all cases.
   *
   * @param arguments see the class
   */
  public static void main(String[] arguments) {
    boolean quick = List.of(arguments).contains("--quick");
    NoisyNeighbour benchmark =
        quick
            ? new NoisyNeighbour(3, Duration.ofMillis(500))
            : new NoisyNeighbour(9, Duration.ofSeconds(4));
    try (BenchmarkServer server = BenchmarkServer.start()) {
      ResilienceOptions.Builder limits = ResilienceOptions.builder();
      benchmark.run("flood", server, limits, NoisyNeighbour::flood);
      benchmark.run(
          "flood-rate-limited",
          server,
          ResilienceOptions.builder().rateLimit(20, Duration.ofMillis(2)),
          NoisyNeighbour::flood);
      benchmark.run(
          "flood-in-bursts",
          server,
          ResilienceOptions.builder().rateLimit(1_000, Duration.ofMillis(100)),
          NoisyNeighbour::flood);
      benchmark.run(
          "flood-bulkhead",
          server,
          ResilienceOptions.builder().maxConcurrentCalls(8),
          NoisyNeighbour::flood);
      benchmark.run("blocking", server, ResilienceOptions.builder(), NoisyNeighbour::block);
    }
  }

  private void run(
      String name, BenchmarkServer server, ResilienceOptions.Builder limits, Trouble trouble) {
    try (TenantRedis redis = TenantRedisPeer.client(server).resilience(limits.build()).build()) {
      TenantClient<String, String> calm = redis.tenant(BenchmarkServer.TENANT);
      TenantClient<String, String> noisy = redis.tenant(BenchmarkServer.NEIGHBOUR);
      percentile99(calm);
      double[] ratios = new double[rounds];
      List<String> noises = new ArrayList<>();
      for (int round = 0; round < rounds; round++) {
        long before = percentile99(calm);
        long beside;
        try (Noise noise = trouble.start(noisy)) {
          beside = percentile99(calm);
          noises.add(noise.toString());
        }
        long after = percentile99(calm);
        ratios[round] = 2.0 * beside / (before + after);
      }
      Sample ratio = Sample.of(ratios);
      System.out.printf(
          Locale.ROOT,
          "ratio\tneighbour-p99-%s\t%s\tquiet\t%.3f%n",
          name,
          TenantRedisPeer.NAME,
          ratio.median());
      System.out.printf(
          Locale.ROOT,
          "%-24s %.2f (%.2f..%.2f), the neighbour: %s%n",
          name,
          ratio.median(),
          ratio.low(),
          ratio.high(),
          noises.get(rounds / 2));
    }
  }

  /** The 99th percentile of the times of calls that are due every millisecond, in nanoseconds. */
  private long percentile99(TenantClient<String, String> tenant) {
    Data data = new Data("");
    long[] times = new long[(int) (sliceNanos / EVERY_NANOS)];
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
    return times[times.length * 99 / 100];
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

  /** Keeps as many commands in flight as fit. */
  private static Noise flood(TenantClient<String, String> tenant) {
    Noise noise = new Noise();
    noise.run(
        () -> {
          List<CompletionStage<?>> window = new ArrayList<>();
          for (int i = 0; i < IN_FLIGHT; i++) {
            window.add(tenant.async().set("flood:" + i, Data.VALUE));
          }
          for (CompletionStage<?> reply : window) {
            noise.count(reply);
          }
          noise.pauseIfRefused();
        });
    return noise;
  }

  /** Has every dedicated connection wait on the server, and goes on asking for more. */
  private static Noise block(TenantClient<String, String> tenant) {
    Noise noise = new Noise();
    for (int i = 0; i < 8; i++) {
      noise.run(() -> noise.count(tenant.async().blpop(0.2, "nothing-comes")));
    }
    return noise;
  }

  @FunctionalInterface
  private interface Trouble {
    Noise start(TenantClient<String, String> tenant);
  }

  /** Threads that do something over and over until this is closed. */
  private static final class Noise implements AutoCloseable {

    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong served = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private long refusedBefore;
    private volatile boolean ended;

    void run(Runnable act) {
      Thread thread =
          new Thread(
              () -> {
                while (!ended) {
                  act.run();
                }
              });
      threads.add(thread);
      thread.start();
    }

    /** Waits for a reply; a limit that bites is part of the scenario. */
    void count(CompletionStage<?> reply) {
      try {
        Workers.await(reply.toCompletableFuture());
        served.incrementAndGet();
      } catch (ExecutionException limited) {
        if (!(limited.getCause() instanceof RedisException)) {
          throw new IllegalStateException(limited);
        }
        refused.incrementAndGet();
      } catch (Exception failure) {
        throw new IllegalStateException(failure);
      }
    }

    void pauseIfRefused() {
      long now = refused.get();
      if (now != refusedBefore) {
        refusedBefore = now;
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }

    @Override
    public void close() {
      ended = true;
      for (Thread thread : threads) {
        try {
          thread.join();
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }

    @Override
    public String toString() {
      return served + " calls answered, " + refused + " refused";
    }
  }
}
