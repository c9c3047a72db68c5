package io.tenantredis.benchmarks;

import io.lettuce.core.RedisFuture;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantRedis;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to have a command refused: no server is asked, so that the guard is all of it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class RefusalBenchmark {

  private final TenantRedis redis =
      TenantRedis.builder("redis://127.0.0.1:1").withoutAclUsers().build();
  private final TenantClient<String, String> tenant = redis.tenant(BenchmarkServer.TENANT);

  /** Fails when what is measured is not a refusal. */
  @Setup
  public void check() {
    if (!tenant.async().flushall().toCompletableFuture().isCompletedExceptionally()) {
      throw new IllegalStateException("FLUSHALL was not refused at once");
    }
  }

  /** A command that no tenant may run. */
  @Benchmark
  public RedisFuture<String> forbidden() {
    return tenant.async().flushall();
  }

  /** Ends the client's threads. */
  @TearDown
  public void close() {
    redis.close();
  }
}
