package io.tenantredis.test.server;

/**
 * A server process could not be started, signalled or stopped. The message holds the end of the
 * server's log.
 */
public final class RedisServerException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  RedisServerException(String message) {
    super(message);
  }

  RedisServerException(String message, Throwable cause) {
    super(message, cause);
  }
}
