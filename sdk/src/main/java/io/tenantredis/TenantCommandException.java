package io.tenantredis;

import io.lettuce.core.RedisCommandExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The server answered a command with an error. {@link #outcome()} is {@link Outcome#REJECTED}, or
 * {@link Outcome#UNKNOWN} for a script or a transaction, of which an earlier part may stand.
 */
public class TenantCommandException extends RedisCommandExecutionException
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
  public TenantCommandException(FailureDetails details, String text, @Nullable Throwable cause) {
    super(details.message(text), cause);
    this.details = details;
  }

  @Override
  public FailureDetails details() {
    return details;
  }
}
