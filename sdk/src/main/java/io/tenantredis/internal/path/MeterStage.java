package io.tenantredis.internal.path;

import io.tenantredis.internal.metrics.CommandMeters;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Counts and times each command of the application once, whatever number of attempts it took. */
final class MeterStage implements Stage {

  private final CommandMeters meters;

  MeterStage(CommandMeters meters) {
    this.meters = meters;
  }

  @Override
  public void send(Call call) {
    call.proceed();
  }

  @Override
  public void settled(Call call, @Nullable Throwable failure) {
    meters.completed(
        call.attempt().rule(),
        failure,
        System.nanoTime() - call.startNanos(),
        TimeUnit.NANOSECONDS);
    call.settle(failure);
  }
}
