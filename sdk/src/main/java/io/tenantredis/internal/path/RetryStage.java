package io.tenantredis.internal.path;

import io.github.resilience4j.retry.Retry;
import io.tenantredis.internal.metrics.CommandMeters;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tries again what {@link RetryRule} permits, as often and at the intervals that Resilience4j says,
 * within the deadline; later, if what a cluster says must be known first. Between attempts a call
 * holds no permit, and ends at once when the application cancels it.
 */
final class RetryStage implements Stage {

  private final Retry retry;
  private final ScheduledExecutorService timer;
  private final CommandMeters meters;
  private final BooleanSupplier closing;

  RetryStage(
      Retry retry, ScheduledExecutorService timer, CommandMeters meters, BooleanSupplier closing) {
    this.retry = retry;
    this.timer = timer;
    this.meters = meters;
    this.closing = closing;
  }

  @Override
  public void send(Call call) {
    call.proceed();
  }

  @Override
  public void settled(Call call, @Nullable Throwable failure) {
    Attempts attempts = call.retries();
    if (failure == null) {
      if (attempts != null) {
        attempts.context().onComplete();
      }
      call.settle(null);
      return;
    }
    if (closing.getAsBoolean() || !call.isRepeatable(failure)) {
      end(call, failure);
      return;
    }
    if (attempts == null) {
      attempts = new Attempts(retry.asyncContext());
      call.retries(attempts);
    }
    long delayMillis = attempts.context().onError(failure);
    long delayNanos = TimeUnit.MILLISECONDS.toNanos(delayMillis);
    long now = System.nanoTime();
    long remaining = call.remainingNanos(now);
    if (delayMillis < 0 || delayNanos >= remaining) {
      end(call, failure);
      return;
    }
    attempts.failed(failure);
    long longer = delayNanos + call.pauseNanos(now);
    new Pause(call, failure).begin(longer < remaining ? longer : delayNanos);
  }

  private static void end(Call call, Throwable failure) {
    Attempts attempts = call.retries();
    // Whether a read was executed makes no difference.
    call.settle(
        attempts == null || call.attempt().isReadOnly() ? failure : attempts.verdict(failure));
  }

  /** The time between two attempts: it ends once, by itself or because nobody waits any longer. */
  private final class Pause {

    private final Call call;
    private final Throwable failure;
    private final AtomicBoolean over = new AtomicBoolean();

    Pause(Call call, Throwable failure) {
      this.call = call;
      this.failure = failure;
    }

    void begin(long nanos) {
      Future<?> end;
      try {
        end = timer.schedule(this::sendAgain, nanos, TimeUnit.NANOSECONDS);
      } catch (RejectedExecutionException closed) {
        end(call, failure);
        return;
      }
      meters.retried(call.attempt().rule(), failure);
      call.attempt()
          .onComplete(
              (result, ended) -> {
                if (over.compareAndSet(false, true)) {
                  end.cancel(false);
                  end(call, failure);
                }
              });
    }

    private void sendAgain() {
      if (!over.compareAndSet(false, true)) {
        return;
      }
      if (closing.getAsBoolean()) {
        end(call, failure);
        return;
      }
      try {
        call.again();
      } catch (RuntimeException thrown) {
        // The timer would keep it to itself.
        failure.addSuppressed(thrown);
        end(call, failure);
        return;
      }
      call.proceed();
    }
  }
}
