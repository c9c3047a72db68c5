package io.tenantredis.benchmarks;

import io.lettuce.core.RedisException;
import io.tenantredis.TenantClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Threads that do something over and over for one tenant until this is closed. */
final class Noise implements AutoCloseable {

  /** Who is refused tries again a little later, as an application with any sense does. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final int IN_FLIGHT = 256;
  private static final int WAITING = 8;

  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong refused = new AtomicLong();
  private long refusedBefore;
  private volatile boolean ended;

  private Noise() {}

  /** Keeps as many commands in flight as fit. */
  static Noise flood(TenantClient<String, String> tenant) {
    Noise noise = new Noise();
    noise.run(
        () -> {
          List<CompletionStage<?>> window = new ArrayList<>();
          for (int i = 0; i < IN_FLIGHT; i++) {
            window.add(tenant.async().set("flood:" + i, Data.VALUE));
          }
          window.forEach(noise::await);
          noise.pauseIfRefused();
        });
    return noise;
  }

  /** Has every dedicated connection wait on the server, and goes on asking for more. */
  static Noise block(TenantClient<String, String> tenant) {
    Noise noise = new Noise();
    for (int i = 0; i < WAITING; i++) {
      noise.run(() -> noise.await(tenant.async().blpop(0.2, "nothing-comes")));
    }
    return noise;
  }

  private void run(Runnable act) {
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
  private void await(CompletionStage<?> reply) {
    try {
      Workers.await(reply.toCompletableFuture());
    } catch (ExecutionException limited) {
      if (!(limited.getCause() instanceof RedisException)) {
        throw new IllegalStateException(limited);
      }
      refused.incrementAndGet();
    } catch (Exception failure) {
      throw new IllegalStateException(failure);
    }
  }

  private void pauseIfRefused() {
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
}
