package io.tenantredis.internal.path;

import io.tenantredis.ErrorCode;
import io.tenantredis.Outcome;
import io.tenantredis.TenantRedisFailure;
import org.jspecify.annotations.Nullable;

/**
 * What follows from a failure: whether another attempt may be made, and what it says about the
 * server. NOPERM, a wrong identity, a limit and a timeout are never retried.
 */
final class RetryRule {

  private RetryRule() {}

  /**
   * Whether another attempt may be made.
   *
   * @param mayRunTwice whether running the command twice is the same as running it once
   */
  static boolean permits(@Nullable Throwable failure, boolean mayRunTwice) {
    return failure instanceof TenantRedisFailure typed
        && permits(typed.code(), typed.outcome(), mayRunTwice);
  }

  static boolean permits(ErrorCode code, Outcome outcome, boolean mayRunTwice) {
    if (outcome == Outcome.UNKNOWN && !mayRunTwice) {
      return false;
    }
    return switch (code) {
      case TR002, TR004, TR013 -> true;
      case TR005, TR011, TR016 -> outcome == Outcome.NOT_SENT;
      default -> false;
    };
  }

  /** Whether an attempt says that the server, or the way to it, is sick. */
  static Health healthAfter(@Nullable Throwable failure) {
    if (failure == null) {
      return Health.GOOD;
    }
    return failure instanceof TenantRedisFailure typed
        ? healthAfter(typed.code(), typed.outcome())
        : Health.UNKNOWN;
  }

  static Health healthAfter(ErrorCode code, Outcome outcome) {
    return switch (code) {
      case TR002, TR003, TR004, TR005 -> Health.SICK;
      case SEC003, TR001, TR013, TR014, TR015 ->
          outcome == Outcome.NOT_SENT ? Health.UNKNOWN : Health.GOOD;
      default -> Health.UNKNOWN;
    };
  }

  enum Health {
    GOOD,
    SICK,
    /** Says nothing: the command did not get as far as the server. */
    UNKNOWN
  }
}
