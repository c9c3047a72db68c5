package io.tenantredis;

import org.jspecify.annotations.Nullable;

/**
 * The server says that a new connection belongs to another user than the tenant's, or does not say
 * whose it is. The connection was closed before any command used it.
 */
public final class TenantIdentityException extends TenantConnectionException {

  private static final long serialVersionUID = 1L;

  /**
   * A failure.
   *
   * @param details what is known about it
   * @param text what happened and what to do, without secrets
   * @param cause what caused it, or null
   */
  public TenantIdentityException(FailureDetails details, String text, @Nullable Throwable cause) {
    super(details, text, cause);
  }
}
