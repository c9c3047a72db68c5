package io.tenantredis.internal.pool;

import io.tenantredis.internal.connection.VerifiedConnection;
import org.jspecify.annotations.Nullable;

/** A dedicated connection, with who is to be told when it is lost. */
final class PooledConnection {

  private final VerifiedConnection connection;
  private volatile @Nullable Runnable whenLost;

  PooledConnection(VerifiedConnection connection) {
    this.connection = connection;
    // Once for all its borrowers: each would leave its stage behind at a connection that lives
    // long.
    connection.closed().thenRun(this::lost);
  }

  VerifiedConnection connection() {
    return connection;
  }

  void whenLost(@Nullable Runnable action) {
    whenLost = action;
  }

  private void lost() {
    Runnable action = whenLost;
    if (action != null) {
      action.run();
    }
  }

  /** One that was retired closes itself when its last reply has come. */
  void destroy() {
    if (connection.isUsable()) {
      connection.close();
    }
  }
}
