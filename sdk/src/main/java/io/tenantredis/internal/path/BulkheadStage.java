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
    if (!tryAcquire()) {
      call.refuse(
          Failures.bulkheadFull(
              call.tenant(), call.command(), bulkhead.getBulkheadConfig().getMaxConcurrentCalls()));
      return;
    }
    call.proceed();
  }

  private boolean tryAcquire() {
    if (bulkhead.tryAcquirePermission()) {
      return true;
    }
    // Resilience4j asks its semaphore in a way that an interrupted thread is refused by, however
    // many permits there are. A command is none the worse for the interruption of its caller.
    if (!Thread.interrupted()) {
      return false;
    }
    try {
      return bulkhead.tryAcquirePermission();
    } finally {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void settled(Call call, @Nullable Throwable failure) {
    bulkhead.onComplete();
    call.settle(failure);
  }
}
