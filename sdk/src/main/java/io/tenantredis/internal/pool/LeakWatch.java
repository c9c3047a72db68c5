package io.tenantredis.internal.pool;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reports leases that last too long, each once.
 *
 * <p>One timer for all of them, which is set while there is a lease and waits for the oldest: one
 * for each would have to be set and cancelled with each, and either wakes a thread up, which costs
 * more than the lease. Thread-safe; nothing blocks.
 */
final class LeakWatch {

  private final Collection<Lease> leases;
  private final long thresholdNanos;
  private final ScheduledExecutorService timer;
  private final Consumer<BorrowedHereException> report;
  private final AtomicBoolean watching = new AtomicBoolean();
  private volatile boolean closed;
  private volatile @Nullable Future<?> next;

  /**
   * @param leases those that there are at any time
   * @param report gets who leased a connection and did not give it back
   */
  LeakWatch(
      Collection<Lease> leases,
      Duration threshold,
      ScheduledExecutorService timer,
      Consumer<BorrowedHereException> report) {
    this.leases = leases;
    this.thresholdNanos = threshold.toNanos();
    this.timer = timer;
    this.report = report;
  }

  /** A lease has begun. */
  void watch() {
    if (!watching.get() && watching.compareAndSet(false, true)) {
      lookAfter(thresholdNanos);
    }
  }

  private void lookAfter(long nanos) {
    try {
      Future<?> set = timer.schedule(this::look, nanos, TimeUnit.NANOSECONDS);
      next = set;
      if (closed) {
        set.cancel(false);
      }
    } catch (RejectedExecutionException shutDown) {
      // The client is closed, and with it all leases.
    }
  }

  private void look() {
    long now = System.nanoTime();
    long oldest = -1;
    for (Lease lease : leases) {
      long age = now - lease.since();
      if (age >= thresholdNanos) {
        BorrowedHereException borrower = lease.takeBorrower();
        if (borrower != null) {
          report.accept(borrower);
        }
      } else if (lease.isWatched()) {
        oldest = Math.max(oldest, age);
      }
    }
    if (oldest >= 0) {
      lookAfter(thresholdNanos - oldest);
      return;
    }
    watching.set(false);
    // One that began meanwhile took it that somebody was watching.
    if (leases.stream().anyMatch(Lease::isWatched)) {
      watch();
    }
  }

  /** No lease is reported any more. */
  void close() {
    closed = true;
    Future<?> last = next;
    if (last != null) {
      last.cancel(false);
    }
  }
}
