package io.tenantredis;

import io.lettuce.core.RedisException;
import org.jspecify.annotations.Nullable;

/**
 * The connection was lost after the command had been sent and before its reply: the outcome is
 * unknown.
 */
public final class TenantConnectionLostException extends RedisException
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
  public TenantConnectionLostException(
      FailureDetails details, String text, @Nullable Throwable cause) {
    super(details.message(text), cause);
    this.details = details;
  }

  @Override
  public FailureDetails details() {
    return details;
  }
}
