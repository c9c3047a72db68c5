package io.tenantredis.admin;

/**
 * A server could not be reached, or refused what the administrator asked. The message names the
 * server and what it said, never a password.
 */
public class AdminException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  AdminException(String message) {
    super(message);
  }

  AdminException(String message, Throwable cause) {
    super(message, cause);
  }
}
