package io.tenantredis.admin;

/** The server is too old, or a variant, for what was asked. Nothing was changed. */
public final class UnsupportedByServerException extends AdminException {

  private static final long serialVersionUID = 1L;

  UnsupportedByServerException(String message) {
    super(message);
  }
}
