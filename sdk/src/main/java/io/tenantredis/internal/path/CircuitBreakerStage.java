package io.tenantredis.internal.path;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.tenantredis.internal.error.Failures;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Turns commands of one tenant away while too many of its attempts fail; what an application does
 * wrong does not count. Only what goes to a primary comes here: a sick replica must not stop
 * writes, nor a sick primary the reads of replicas.
 */
final class CircuitBreakerStage implements Stage {

  private final CircuitBreaker breaker;

  CircuitBreakerStage(CircuitBreaker breaker) {
    this.breaker = breaker;
  }

  @Override
  public void send(Call call) {
    if (!breaker.tryAcquirePermission()) {
      call.refuse(Failures.circuitOpen(call.tenant(), call.command()));
      return;
    }
    call.permitNanos(System.nanoTime());
    call.proceed();
  }

  @Override
  public void settled(Call call, @Nullable Throwable failure) {
    switch (RetryRule.healthAfter(failure)) {
      case GOOD -> breaker.onSuccess(System.nanoTime() - call.permitNanos(), TimeUnit.NANOSECONDS);
      case SICK ->
          breaker.onError(
              System.nanoTime() - call.permitNanos(), TimeUnit.NANOSECONDS, cause(failure));
      case UNKNOWN -> breaker.releasePermission();
    }
    call.settle(failure);
  }

  private static Throwable cause(@Nullable Throwable failure) {
    return failure == null ? new IllegalStateException("a failure without a cause") : failure;
  }
}
