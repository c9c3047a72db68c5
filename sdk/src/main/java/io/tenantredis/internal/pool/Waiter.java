package io.tenantredis.internal.pool;

import io.tenantredis.internal.connection.VerifiedConnection;

/**
 * Somebody who waits for a connection. Exactly one of the methods is called, once, on any thread;
 * neither may block.
 */
public interface Waiter {

  void connected(VerifiedConnection connection);

  void failed(Throwable cause);
}
