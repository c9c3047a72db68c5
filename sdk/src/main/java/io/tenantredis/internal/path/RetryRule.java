package io.tenantredis.internal.path;

import io.tenantredis.ErrorCode;
import io.tenantredis.Outcome;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.internal.keyspace.GuardedCommand;

/**
 * Which failures may be retried: those after which the command surely did not run, and a lost
 * connection for a command that may run twice. NOPERM, a wrong identity, a limit and a timeout are
 * never retried.
 */
final class RetryRule {

  private RetryRule() {}

  static boolean permits(GuardedCommand<?, ?, ?> command, Throwable failure) {
    if (!(failure instanceof TenantRedisFailure typed)) {
      return false;
    }
    ErrorCode code = typed.code();
    return switch (typed.outcome()) {
      case NOT_SENT ->
          code == ErrorCode.TR004 || code == ErrorCode.TR005 || code == ErrorCode.TR011;
      case REJECTED -> code == ErrorCode.TR002;
      case UNKNOWN -> code == ErrorCode.TR004 && command.isIdempotent();
    };
  }

  /**
   * Whether an attempt says that the server, or the way to it, is sick; null when it says nothing
   * about that.
   */
  static Health healthAfter(@org.jspecify.annotations.Nullable Throwable failure) {
    if (failure == null) {
      return Health.GOOD;
    }
    if (!(failure instanceof TenantRedisFailure typed)) {
      return Health.UNKNOWN;
    }
    return switch (typed.code()) {
      case TR002, TR003, TR004, TR005 -> Health.SICK;
      case TR001, SEC003 -> typed.outcome() == Outcome.NOT_SENT ? Health.UNKNOWN : Health.GOOD;
      default -> Health.UNKNOWN;
    };
  }

  enum Health {
    GOOD,
    SICK,
    UNKNOWN
  }
}
