package io.tenantredis;

import io.lettuce.core.RedisBusyException;
import org.jspecify.annotations.Nullable;

/**
 * The server is busy with a script (BUSY), or what was to be made exists (BUSYGROUP, BUSYKEY):
 * Lettuce has one exception for them.
 */
public final class TenantBusyException extends RedisBusyException implements TenantRedisFailure {

  private static final long serialVersionUID = 1L;

  private final FailureDetails details;

  /**
   * A failure.
   *
   * @param details what is known about it
   * @param text what happened and what to do, without secrets
   * @param cause what caused it, or null
   */
  public TenantBusyException(FailureDetails details, String text, @Nullable Throwable cause) {
    super(details.message(text), cause);
    this.details = details;
  }

  @Override
  public FailureDetails details() {
    return details;
  }
}
