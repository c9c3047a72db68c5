package io.tenantredis.internal.path;

import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.ScheduledFuture;
import io.tenantredis.internal.connection.DeadlineExceeded;
import io.tenantredis.internal.keyspace.GuardedCommand;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One command that waits for something before it can be sent, at the longest until its deadline,
 * and no longer than the application does. It ends once.
 */
abstract class Waiting {

  private final GuardedCommand<?, ?, ?> attempt;
  private final EventExecutorGroup timer;
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile @Nullable ScheduledFuture<?> deadline;

  Waiting(GuardedCommand<?, ?, ?> attempt, EventExecutorGroup timer) {
    this.attempt = attempt;
    this.timer = timer;
  }

  /** Begins to look at the clock and at the application. Called once, before it can end. */
  final void watch(long remainingNanos) {
    watch(remainingNanos, DeadlineExceeded.INSTANCE);
  }

  /**
   * The same.
   *
   * @param late what the attempt fails with when the time is over
   */
  final void watch(long remainingNanos, Throwable late) {
    if (remainingNanos != Long.MAX_VALUE) {
      deadline =
          timer.schedule(() -> giveUp(late), Math.max(0, remainingNanos), TimeUnit.NANOSECONDS);
    }
    Unwanted.then(
        attempt,
        timer,
        () -> !over.get(),
        () -> giveUp(new CancellationException("cancelled before it was sent")));
  }

  /** It waits no more, for want of time or interest; the attempt fails after this. */
  abstract void forgotten();

  private void giveUp(Throwable cause) {
    if (end()) {
      forgotten();
      attempt.completeExceptionally(cause);
    }
  }

  final GuardedCommand<?, ?, ?> attempt() {
    return attempt;
  }

  final boolean isOver() {
    return over.get();
  }

  /** Whether this call ended it. */
  final boolean end() {
    if (!over.compareAndSet(false, true)) {
      return false;
    }
    ScheduledFuture<?> timeout = deadline;
    if (timeout != null) {
      timeout.cancel(false);
    }
    return true;
  }
}
