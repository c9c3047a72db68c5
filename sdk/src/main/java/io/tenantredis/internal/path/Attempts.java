package io.tenantredis.internal.path;

import io.github.resilience4j.retry.Retry;
import io.tenantredis.Outcome;
import io.tenantredis.TenantRedisFailure;
import org.jspecify.annotations.Nullable;

/** What is to be remembered of the attempts of a call that is retried. For one thread at a time. */
final class Attempts {

  private final Retry.AsyncContext<Object> context;
  private @Nullable Throwable uncertain;

  Attempts(Retry.AsyncContext<Object> context) {
    this.context = context;
  }

  /** What Resilience4j counts. */
  Retry.AsyncContext<Object> context() {
    return context;
  }

  /** An attempt failed, and another one is made. */
  void failed(Throwable failure) {
    if (isUncertain(failure)) {
      uncertain = failure;
    }
  }

  /**
   * What the application is told when there is no further attempt. That the last one was not
   * executed does not say so of those before.
   *
   * @param last how the last attempt failed
   */
  Throwable verdict(Throwable last) {
    Throwable earlier = uncertain;
    if (earlier == null
        || earlier == last
        || !(last instanceof TenantRedisFailure)
        || isUncertain(last)) {
      return last;
    }
    earlier.addSuppressed(last);
    return earlier;
  }

  private static boolean isUncertain(Throwable failure) {
    return failure instanceof TenantRedisFailure typed && typed.outcome() == Outcome.UNKNOWN;
  }
}
