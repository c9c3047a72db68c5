package io.tenantredis.test.server;

import java.util.Objects;

/**
 * An error reply of the server, as a value: {@code -NOPERM this user has no permissions ...}.
 *
 * @param message the whole line without the leading {@code -}
 */
public record RespError(String message) {

  /** Creates the error from its line. */
  public RespError {
    Objects.requireNonNull(message, "message");
  }

  /**
   * The first word of the message, such as {@code NOPERM} or {@code ERR}; empty when the message is
   * empty.
   */
  public String code() {
    int space = message.indexOf(' ');
    return space < 0 ? message : message.substring(0, space);
  }
}
