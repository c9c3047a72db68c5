package io.tenantredis.internal.path;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.tenantredis.internal.error.Failures;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the commands that one tenant has in flight or waiting for its connection. Never waits: one
 * too many fails at once.
 */
final class BulkheadStage implements Stage {

  private final Bulkhead bulkhead;

  BulkheadStage(Bulkhead bulkhead) {
    this.bulkhead = bulkhead;
  }

  @Override
  public void send(Call call) {
    if (!bulkhead.tryAcquirePermission()) {
      call.refuse(
          Failures.bulkheadFull(
              call.tenant(), call.command(), bulkhead.getBulkheadConfig().getMaxConcurrentCalls()));
      return;
    }
    call.proceed();
  }

  @Override
  public void settled(Call call, @Nullable Throwable failure) {
    bulkhead.onComplete();
    call.settle(failure);
  }
}
