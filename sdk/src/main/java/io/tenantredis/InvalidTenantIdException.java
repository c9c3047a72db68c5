package io.tenantredis;

/** A text that cannot be a {@link TenantId}. Nothing was sent to a server. */
public final class InvalidTenantIdException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  InvalidTenantIdException(String message) {
    super(message);
  }
}
