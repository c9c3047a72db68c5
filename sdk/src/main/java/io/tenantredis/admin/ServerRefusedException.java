package io.tenantredis.admin;

/** The server answered with an error. */
final class ServerRefusedException extends AdminException {

  private static final long serialVersionUID = 1L;

  ServerRefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
