package io.tenantredis.benchmarks;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One blocking call from one thread, with the SDK, without and with metrics and observations, and
 * with plain Lettuce. Run it with {@code -prof gc} for what each allocates.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class SyncCallBenchmark {

  /** Whose call. */
  @Param({
    TenantRedisPeer.NAME,
    TenantRedisPeer.METERED,
    TenantRedisPeer.OBSERVED,
    LettucePeer.NAME
  })
  public String peer = "";

  /** The name of what is called. */
  @Param({"GET", "MGET_100", "HSET_20"})
  public String task = "";

  private @Nullable BenchmarkServer server;
  private @Nullable Peer client;
  private Peer.Sync operation = i -> null;
  private int i;

  /** Starts the server and connects. */
  @Setup(Level.Trial)
  public void connect() {
    server = BenchmarkServer.start();
    client =
        switch (peer) {
          case LettucePeer.NAME -> new LettucePeer(server);
          case TenantRedisPeer.METERED -> TenantRedisPeer.metered(server);
          case TenantRedisPeer.OBSERVED -> TenantRedisPeer.observed(server);
          default -> TenantRedisPeer.plain(server);
        };
    Peer.Sync found = client.sync(Task.valueOf(task));
    if (found == null) {
      throw new IllegalStateException(peer + " does not do " + task);
    }
    operation = found;
  }

  /** The call. */
  @Benchmark
  public @Nullable Object call() {
    return operation.run(i++);
  }

  /** Disconnects and ends the server. */
  @TearDown(Level.Trial)
  public void close() {
    if (client != null) {
      client.close();
    }
    if (server != null) {
      server.close();
    }
  }
}
