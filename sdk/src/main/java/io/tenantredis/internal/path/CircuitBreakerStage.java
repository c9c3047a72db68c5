package io.tenantredis.internal.path;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.tenantredis.internal.error.Failures;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns commands of one tenant away while too many of its attempts fail; what an application does
 * wrong does not count. Only what goes to a primary comes here: a sick replica must not stop
 * writes, nor a sick primary the reads of replicas.
 */
final class CircuitBreakerStage implements Stage {

  private static final Logger LOG = LoggerFactory.getLogger("io.tenantredis.connection");

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
    try {
      tell(RetryRule.healthAfter(failure), call, failure);
    } catch (RuntimeException broken) {
      // A predicate of the application's configuration. What else the command holds must come back.
      LOG.warn(
          "CIRCUIT_BREAKER_FAILED A predicate of the circuit breaker's configuration threw {}",
          broken.getClass().getSimpleName());
      breaker.releasePermission();
    }
    call.settle(failure);
  }

  private void tell(RetryRule.Health health, Call call, @Nullable Throwable failure) {
    switch (health) {
      case GOOD -> breaker.onSuccess(System.nanoTime() - call.permitNanos(), TimeUnit.NANOSECONDS);
      case SICK ->
          breaker.onError(
              System.nanoTime() - call.permitNanos(), TimeUnit.NANOSECONDS, cause(failure));
      case UNKNOWN -> breaker.releasePermission();
    }
  }

  private static Throwable cause(@Nullable Throwable failure) {
    return failure == null ? new IllegalStateException("a failure without a cause") : failure;
  }
}
