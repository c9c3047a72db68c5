package io.tenantredis.internal.path;

import io.github.resilience4j.ratelimiter.RateLimiter;
import io.tenantredis.TenantId;
import io.tenantredis.internal.error.Failures;
import org.jspecify.annotations.Nullable;

/**
 * Bounds how many commands one tenant issues in a period; further attempts of them do not count.
 * Never waits.
 */
final class RateLimitStage implements Stage {

  private final RateLimiter limiter;

  RateLimitStage(RateLimiter limiter) {
    this.limiter = limiter;
  }

  @Override
  public void send(Call call) {
    if (limiter.acquirePermission()) {
      call.proceed();
    } else {
      call.refuse(refusal(limiter, call.tenant(), call.command()));
    }
  }

  static RuntimeException refusal(RateLimiter limiter, TenantId tenant, String command) {
    return Failures.rateLimited(
        tenant,
        command,
        limiter.getRateLimiterConfig().getLimitForPeriod(),
        limiter.getRateLimiterConfig().getLimitRefreshPeriod());
  }

  @Override
  public void settled(Call call, @Nullable Throwable failure) {
    call.settle(failure);
  }
}
