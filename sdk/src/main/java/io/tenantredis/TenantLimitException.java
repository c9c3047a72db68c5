package io.tenantredis;

import io.lettuce.core.RedisException;
import org.jspecify.annotations.Nullable;

/** A limit of the tenant or its open circuit breaker turned the command away. It was not sent. */
public final class TenantLimitException extends RedisException implements TenantRedisFailure {

  private static final long serialVersionUID = 1L;

  private final FailureDetails details;

  /**
   * A failure.
   *
   * @param details what is known about it
   * @param text what happened and what to do, without secrets
   * @param cause what caused it, or null
   */
  public TenantLimitException(FailureDetails details, String text, @Nullable Throwable cause) {
    super(details.message(text), cause);
    this.details = details;
  }

  @Override
  public FailureDetails details() {
    return details;
  }
}
