package io.tenantredis.internal.connection;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.tenantredis.ErrorCode;
import io.tenantredis.TenantConnectionException;
import io.tenantredis.TenantId;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What attempts to connect say of the endpoint that all tenants share.
 *
 * <p>One tenant must not keep the others from connecting: further failures of the tenant that
 * failed last count only after another one failed, too. An endpoint that answered is well, whatever
 * it said of the tenant, and where the attempt did not get so far it says nothing.
 *
 * <p>Thread-safe.
 */
final class EndpointHealth {

  private final CircuitBreaker breaker;
  private final AtomicReference<@Nullable TenantId> lastFailed = new AtomicReference<>();

  EndpointHealth(CircuitBreaker breaker) {
    this.breaker = breaker;
  }

  /** Whether an attempt may be made; its end must be told. */
  boolean mayConnect() {
    return breaker.tryAcquirePermission();
  }

  /** The attempt that was allowed has ended, without a failure or with this one. */
  void attempted(TenantId tenant, long nanos, @Nullable Throwable failure) {
    if (failure == null) {
      breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
      return;
    }
    ErrorCode code = failure instanceof TenantConnectionException typed ? typed.code() : null;
    if (code == ErrorCode.TR005 && !tenant.equals(lastFailed.getAndSet(tenant))) {
      breaker.onError(nanos, TimeUnit.NANOSECONDS, failure);
    } else if (code != null && code != ErrorCode.TR005 && isAnswer(code)) {
      breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
    } else {
      breaker.releasePermission();
    }
  }

  private static boolean isAnswer(ErrorCode code) {
    return switch (code) {
      case SEC001, SEC002, SEC003, SEC004, SEC005, SEC006, SEC007 -> true;
      default -> false;
    };
  }
}
