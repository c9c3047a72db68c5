package io.tenantredis;

import org.jspecify.annotations.Nullable;

/** The credentials provider, or TenantEndpoints, knows no such tenant. Nothing was sent. */
public final class UnknownTenantException extends TenantConnectionException {

  private static final long serialVersionUID = 1L;

  /**
   * A failure.
   *
   * @param details what is known about it
   * @param text what happened and what to do, without secrets
   * @param cause what caused it, or null
   */
  public UnknownTenantException(FailureDetails details, String text, @Nullable Throwable cause) {
    super(details, text, cause);
  }
}
