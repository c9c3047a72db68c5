package io.tenantredis;

import io.lettuce.core.RedisException;
import org.jspecify.annotations.Nullable;

/**
 * The client was closed. The command was not sent, or its outcome is unknown if it had been sent
 * before.
 */
public final class TenantClosedException extends RedisException implements TenantRedisFailure {

  private static final long serialVersionUID = 1L;

  private final FailureDetails details;

  /**
   * A failure.
   *
   * @param details what is known about it
   * @param text what happened and what to do, without secrets
   * @param cause what caused it, or null
   */
  public TenantClosedException(FailureDetails details, String text, @Nullable Throwable cause) {
    super(details.message(text), cause);
    this.details = details;
  }

  @Override
  public FailureDetails details() {
    return details;
  }
}
