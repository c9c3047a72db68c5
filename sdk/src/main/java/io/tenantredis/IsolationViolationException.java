package io.tenantredis;

import io.lettuce.core.RedisException;
import org.jspecify.annotations.Nullable;

/** A reply held a name outside the tenant's prefix; it was not handed to the application. */
public final class IsolationViolationException extends RedisException
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
  public IsolationViolationException(
      FailureDetails details, String text, @Nullable Throwable cause) {
    super(details.message(text), cause);
    this.details = details;
  }

  @Override
  public FailureDetails details() {
    return details;
  }
}
