package io.tenantredis;

import io.lettuce.core.RedisConnectionException;
import org.jspecify.annotations.Nullable;

/** No verified connection of the tenant could be made. The command was not sent. */
public class TenantConnectionException extends RedisConnectionException
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
  public TenantConnectionException(FailureDetails details, String text, @Nullable Throwable cause) {
    super(details.message(text), cause);
    this.details = details;
  }

  @Override
  public FailureDetails details() {
    return details;
  }
}
