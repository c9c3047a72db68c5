package io.tenantredis.internal.client;

import io.lettuce.core.protocol.RedisCommand;
import io.tenantredis.KeyPrefix;
import io.tenantredis.TenantId;
import io.tenantredis.internal.path.CallOptions;

/**
 * What a tenant's handles hold: the way to the tenant's session, whichever it is now. A session
 * ends when the tenant is evicted; the slot then finds, or makes, the next one. Thread-safe.
 */
public final class TenantSlot {

  private final TenantSessions sessions;
  private final TenantId tenant;
  private final KeyPrefix prefix;
  private final boolean hasReplicas;
  private volatile TenantSession session;

  TenantSlot(TenantSessions sessions, TenantSession session) {
    this.sessions = sessions;
    this.tenant = session.tenant();
    this.prefix = session.prefix();
    this.hasReplicas = session.hasReplicas();
    this.session = session;
  }

  TenantId tenant() {
    return tenant;
  }

  KeyPrefix prefix() {
    return prefix;
  }

  /** Whether the tenant's reads can go to replicas. */
  boolean hasReplicas() {
    return hasReplicas;
  }

  /**
   * The session that takes this tenant's commands now, marked as used.
   *
   * @throws io.tenantredis.TenantClosedException if the client was closed
   */
  TenantSession session() {
    TenantSession current = session;
    while (!current.use()) {
      current = sessions.session(tenant);
      session = current;
    }
    return current;
  }

  /**
   * Checks whether there can be another session.
   *
   * @throws io.tenantredis.TenantClosedException if the client was closed
   */
  void requireOpen() {
    sessions.requireOpen(tenant);
  }

  /** A thread is about to send a command and to wait for its result. */
  void expectCommand() {
    session.expectCommand();
  }

  /** Sends a command; it completes or fails the command itself and never throws. */
  void dispatch(RedisCommand<?, ?, ?> command, long timeoutNanos, CallOptions options) {
    TenantSession current;
    try {
      current = session();
    } catch (RuntimeException closed) {
      command.completeExceptionally(closed);
      return;
    }
    current.dispatch(command, timeoutNanos, options);
  }
}
