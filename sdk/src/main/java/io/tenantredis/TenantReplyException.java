package io.tenantredis;

import io.lettuce.core.RedisException;
import org.jspecify.annotations.Nullable;

/**
 * The server answered, but the reply could not be turned into the result: the codec failed, or the
 * output does not take such a reply. The cause says which. The command was executed.
 */
public final class TenantReplyException extends RedisException implements TenantRedisFailure {

  private static final long serialVersionUID = 1L;

  private final FailureDetails details;

  /**
   * A failure.
   *
   * @param details what is known about it
   * @param text what happened and what to do, without secrets
   * @param cause what caused it, or null
   */
  public TenantReplyException(FailureDetails details, String text, @Nullable Throwable cause) {
    super(details.message(text), cause);
    this.details = details;
  }

  @Override
  public FailureDetails details() {
    return details;
  }
}
