package io.tenantredis.test.server;

/**
 * The server answered a command of a {@link RespConnection} with an error. The message is the
 * server's own.
 */
public final class RespErrorException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient RespError error;

  RespErrorException(RespError error) {
    super(error.message());
    this.error = error;
  }

  /** The error reply. */
  public RespError error() {
    return error;
  }

  /** The first word of the error, such as {@code NOPERM}. */
  public String code() {
    return error.code();
  }
}
