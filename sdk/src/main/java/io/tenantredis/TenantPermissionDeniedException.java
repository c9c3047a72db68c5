package io.tenantredis;

import org.jspecify.annotations.Nullable;

/**
 * The server's ACL denied a command, a key or a channel (NOPERM). It was tried exactly once; it is
 * never retried and no sign of a sick server.
 */
public final class TenantPermissionDeniedException extends TenantCommandException {

  private static final long serialVersionUID = 1L;

  /**
   * A failure.
   *
   * @param details what is known about it
   * @param text what happened and what to do, without secrets
   * @param cause what caused it, or null
   */
  public TenantPermissionDeniedException(
      FailureDetails details, String text, @Nullable Throwable cause) {
    super(details, text, cause);
  }
}
