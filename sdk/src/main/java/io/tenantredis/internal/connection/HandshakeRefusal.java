package io.tenantredis.internal.connection;

import io.lettuce.core.RedisCommandExecutionException;
import io.tenantredis.internal.error.ServerError;
import org.jspecify.annotations.Nullable;

/**
 * What the server said when it refused HELLO or AUTH, kept beside Lettuce's own failure.
 *
 * <p>Lettuce asks a new channel for its handshake handler only after {@code connect} returned. A
 * thread that is held up in between finds the channel refused, closed and empty already, and
 * reports that the handler is missing instead of what the server said: a wrong password would look
 * like a server that cannot be reached.
 *
 * <p>A server that does not know a command repeats its arguments, which are the tenant's user and
 * password here: those are cut off.
 *
 * <p>Thread-safe.
 */
final class HandshakeRefusal {

  private static final int MAX_DEPTH = 10;

  private volatile @Nullable String said;

  /** The server answered a command of the handshake with this error. */
  void said(String error) {
    said = ServerError.withoutArguments(error);
  }

  /** The server accepted what it had refused in another form. */
  void taken() {
    said = null;
  }

  /** The failure to connect, or what the server said where that failure does not tell. */
  Throwable explain(Throwable failure) {
    String error = said;
    Throwable cause = failure;
    for (int depth = 0; depth < MAX_DEPTH && cause != null; depth++) {
      if (cause instanceof RedisCommandExecutionException) {
        String told = String.valueOf(cause.getMessage());
        String safe = ServerError.withoutArguments(told);
        return safe.equals(told) ? failure : new RedisCommandExecutionException(safe);
      }
      cause = cause.getCause();
    }
    if (error == null) {
      return failure;
    }
    RedisCommandExecutionException explained = new RedisCommandExecutionException(error);
    explained.addSuppressed(failure);
    return explained;
  }
}
