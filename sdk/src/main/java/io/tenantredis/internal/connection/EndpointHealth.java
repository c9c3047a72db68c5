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

  /** Asks for an attempt, whose end must be told; null if the endpoint is spared. */
  @Nullable Permission ask(TenantId tenant) {
    return breaker.tryAcquirePermission() ? new Permission(tenant) : null;
  }

  private void attempted(TenantId tenant, long nanos, @Nullable Throwable failure) {
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

  private enum State {
    HELD,
    GIVEN_BACK,
    USED,
    ENDED
  }

  /**
   * What one attempt may do to the endpoint. It says nothing of the endpoint before its turn came:
   * one that has to wait holds no permission meanwhile, and asks again.
   */
  final class Permission {

    private final TenantId tenant;
    private final AtomicReference<State> state = new AtomicReference<>(State.HELD);
    private volatile long started = System.nanoTime();

    private Permission(TenantId tenant) {
      this.tenant = tenant;
    }

    /** The attempt has to wait for its turn. */
    void giveBack() {
      if (state.compareAndSet(State.HELD, State.GIVEN_BACK)) {
        breaker.releasePermission();
      }
    }

    /** Whether the attempt, whose turn has come, may be made. Called once. */
    boolean use() {
      started = System.nanoTime();
      if (state.compareAndSet(State.HELD, State.USED)) {
        return true;
      }
      if (!breaker.tryAcquirePermission()) {
        return false;
      }
      if (state.compareAndSet(State.GIVEN_BACK, State.USED)) {
        return true;
      }
      breaker.releasePermission();
      return false;
    }

    /** The attempt has ended, without a failure or with this one. */
    void ended(@Nullable Throwable failure) {
      State before = state.getAndSet(State.ENDED);
      if (before == State.USED) {
        attempted(tenant, System.nanoTime() - started, failure);
      } else if (before == State.HELD) {
        breaker.releasePermission();
      }
    }
  }
}
