package io.tenantredis.internal.path;

import io.github.resilience4j.retry.Retry;
import io.tenantredis.internal.metrics.CommandMeters;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tries again what {@link RetryRule} permits, as often and at the intervals that Resilience4j says,
 * within the deadline.
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
    Retry.AsyncContext<Object> context = call.retries();
    if (failure == null) {
      if (context != null) {
        context.onComplete();
      }
      call.settle(null);
      return;
    }
    if (closing.getAsBoolean() || !call.isRepeatable(failure)) {
      call.settle(failure);
      return;
    }
    if (context == null) {
      context = retry.asyncContext();
      call.retries(context);
    }
    long delayMillis = context.onError(failure);
    if (delayMillis < 0
        || TimeUnit.MILLISECONDS.toNanos(delayMillis) >= call.remainingNanos(System.nanoTime())) {
      call.settle(failure);
      return;
    }
    meters.retried(call.attempt().rule(), failure);
    timer.schedule(() -> sendAgain(call, failure), delayMillis, TimeUnit.MILLISECONDS);
  }

  private void sendAgain(Call call, Throwable failure) {
    if (call.attempt().delegate().isDone()) {
      call.settle(failure);
      return;
    }
    call.again();
    call.proceed();
  }
}
