package io.tenantredis.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What this process holds. */
final class Footprint {

  private static final int MOST_COLLECTIONS = 10;
  private static final long NOISE = 32 * 1024;

  /** Threads that end by themselves a second after their last work, and weigh nothing. */
  private static final int LINGERING = 2;

  private static final long LONGEST_END_NANOS = TimeUnit.SECONDS.toNanos(3);

  private Footprint() {}

  /**
   * The bytes of its heap that are in use after collections have stopped to find anything: what was
   * closed just before lets go of some of its memory only bit by bit.
   */
  static long heap() {
    long used = Long.MAX_VALUE;
    for (int i = 0; i < MOST_COLLECTIONS; i++) {
      System.gc();
      long now = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
      if (used - now < NOISE) {
        return Math.min(used, now);
      }
      used = now;
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
    return used;
  }

  static int threads() {
    return ManagementFactory.getThreadMXBean().getThreadCount();
  }

  /** Waits, within reason, until what was closed has ended its threads and can be collected. */
  static void awaitThreads(int threads) {
    long giveUpAt = System.nanoTime() + LONGEST_END_NANOS;
    while (threads() > threads + LINGERING && System.nanoTime() - giveUpAt < 0) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }
}
