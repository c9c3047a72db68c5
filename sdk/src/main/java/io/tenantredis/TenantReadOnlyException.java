package io.tenantredis;

import io.lettuce.core.RedisReadOnlyException;
import org.jspecify.annotations.Nullable;

/** The server is a read-only replica (READONLY). */
public final class TenantReadOnlyException extends RedisReadOnlyException
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
  public TenantReadOnlyException(FailureDetails details, String text, @Nullable Throwable cause) {
    super(details.message(text), cause);
    this.details = details;
  }

  @Override
  public FailureDetails details() {
    return details;
  }
}
