package io.tenantredis.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/** Runs the same loop on several threads for a time and counts. */
final class Workers {

  private Workers() {}

  /** A loop that ends soon after it is told to, but not before its first operation. */
  @FunctionalInterface
  interface Loop {

    /**
     * Issues operations.
     *
     * @param worker the number of this thread, from 0
     * @param ended whether to stop
     * @return how many operations ended
     */
    long run(int worker, BooleanSupplier ended) throws Exception;
  }

  /** Operations in a second, all threads together. */
  static double perSecond(int threads, ThreadFactory factory, long nanos, Loop loop) {
    CyclicBarrier start = new CyclicBarrier(threads + 1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    long[] counts = new long[threads];
    long[] ends = new long[threads];
    List<Thread> workers = new ArrayList<>();
    Clock clock = new Clock();
    for (int i = 0; i < threads; i++) {
      int worker = i;
      Thread thread =
          factory.newThread(
              () -> {
                try {
                  start.await();
                  counts[worker] = loop.run(worker, clock);
                } catch (Exception | Error failed) {
                  failure.compareAndSet(null, failed);
                } finally {
                  ends[worker] = System.nanoTime();
                }
              });
      workers.add(thread);
      thread.start();
    }
    long began = clock.startIn(start, nanos);
    long total = 0;
    long end = began;
    for (int i = 0; i < threads; i++) {
      join(workers.get(i));
      total += counts[i];
      end = Math.max(end, ends[i]);
    }
    if (failure.get() != null) {
      throw new IllegalStateException("an operation failed", failure.get());
    }
    return total * 1e9 / (end - began);
  }

  /** Waits for a result and forgets it. */
  static void await(Future<?> future) throws Exception {
    future.get();
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", interrupted);
    }
  }

  private static final class Clock implements BooleanSupplier {

    private volatile long end;

    long startIn(CyclicBarrier start, long nanos) {
      long began = System.nanoTime();
      end = began + nanos;
      try {
        start.await();
      } catch (InterruptedException | BrokenBarrierException broken) {
        throw new IllegalStateException("a worker did not start", broken);
      }
      return began;
    }

    @Override
    public boolean getAsBoolean() {
      return System.nanoTime() - end >= 0;
    }
  }
}
