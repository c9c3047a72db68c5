package io.tenantredis;

import io.lettuce.core.RedisNoScriptException;
import org.jspecify.annotations.Nullable;

/** The server does not know the script of an EVALSHA (NOSCRIPT). */
public final class TenantNoScriptException extends RedisNoScriptException
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
  public TenantNoScriptException(FailureDetails details, String text, @Nullable Throwable cause) {
    super(details.message(text), cause);
    this.details = details;
  }

  @Override
  public FailureDetails details() {
    return details;
  }
}
