package io.tenantredis.context;

/** Something needed the current tenant, and there is none. Nothing was sent to a server. */
public final class NoCurrentTenantException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  /**
   * A failure.
   *
   * @param message what needed the tenant and how to open a scope
   */
  public NoCurrentTenantException(String message) {
    super(message);
  }
}
