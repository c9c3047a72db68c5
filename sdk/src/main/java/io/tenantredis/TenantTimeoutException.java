package io.tenantredis;

import io.lettuce.core.RedisCommandTimeoutException;
import org.jspecify.annotations.Nullable;

/** A command got no reply within its timeout. {@link #outcome()} says whether it was sent. */
public final class TenantTimeoutException extends RedisCommandTimeoutException
    implements TenantRedisFailure {

  private static final long serialVersionUID = 1L;

  private final FailureDetails details;

  /**
   * A failure.
   *
   * @param details what is known about it
   * @param text what happened and what to do, without secrets
   * @param cause what caused it, or null
   */
  public TenantTimeoutException(FailureDetails details, String text, @Nullable Throwable cause) {
    super(details.message(text));
    if (cause != null) {
      initCause(cause);
    }
    this.details = details;
  }

  @Override
  public FailureDetails details() {
    return details;
  }
}
