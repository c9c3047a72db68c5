package io.tenantredis.internal.connection;

import io.lettuce.core.RedisCommandExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What the server said when it refused HELLO or AUTH, kept beside Lettuce's own failure.
 *
 * <p>Lettuce asks a new channel for its handshake handler only after {@code connect} returned. A
 * thread that is held up in between finds the channel refused, closed and empty already, and
 * reports that the handler is missing instead of what the server said: a wrong password would look
 * like a server that cannot be reached.
 *
 * <p>Thread-safe.
 */
final class HandshakeRefusal {

  private static final int MAX_DEPTH = 10;

  private volatile @Nullable String said;

  /** The server answered a command of the handshake with this error. */
  void said(String error) {
    said = error;
  }

  /** The failure to connect, or what the server said where that failure does not tell. */
  Throwable explain(Throwable failure) {
    String error = said;
    if (error == null) {
      return failure;
    }
    Throwable cause = failure;
    for (int depth = 0; depth < MAX_DEPTH; depth++) {
      if (cause instanceof RedisCommandExecutionException) {
        return failure;
      }
      if (cause.getCause() == null) {
        break;
      }
      cause = cause.getCause();
    }
    RedisCommandExecutionException explained = new RedisCommandExecutionException(error);
    explained.addSuppressed(failure);
    return explained;
  }
}
