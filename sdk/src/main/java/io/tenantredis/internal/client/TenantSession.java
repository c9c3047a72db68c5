package io.tenantredis.internal.client;

import io.lettuce.core.protocol.RedisCommand;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.KeyPrefix;
import io.tenantredis.RefusalReason;
import io.tenantredis.TenantId;
import io.tenantredis.internal.keyspace.Guard;
import io.tenantredis.internal.keyspace.GuardListener;
import io.tenantredis.internal.keyspace.GuardedCommand;
import io.tenantredis.internal.path.CommandPath;
import io.tenantredis.internal.pool.SharedConnection;

/**
 * What belongs to one tenant while it is in use: its guard, its path, its connection. Thread-safe.
 */
public final class TenantSession {

  private final TenantId tenant;
  private final KeyPrefix prefix;
  private final Guard guard;
  private final GuardListener guardListener;
  private final CommandPath path;
  private final SharedConnection shared;
  final SessionUse use = new SessionUse();
  private volatile long lastUsedNanos = System.nanoTime();

  public TenantSession(
      TenantId tenant,
      KeyPrefix prefix,
      Guard guard,
      GuardListener guardListener,
      CommandPath path,
      SharedConnection shared) {
    this.tenant = tenant;
    this.prefix = prefix;
    this.guard = guard;
    this.guardListener = guardListener;
    this.path = path;
    this.shared = shared;
  }

  public TenantId tenant() {
    return tenant;
  }

  public KeyPrefix prefix() {
    return prefix;
  }

  /**
   * Sends a command of the application over the shared connection. It completes or fails the
   * command itself; never throws.
   */
  void dispatch(RedisCommand<?, ?, ?> command, long timeoutNanos) {
    GuardedCommand<?, ?, ?> guarded;
    try {
      guarded = guard.guard(command);
      if (guarded.isStateful() || guarded.isBlocking() || guarded.rule().isPubSub()) {
        throw refusedOnSharedConnection(guarded);
      }
    } catch (RuntimeException refused) {
      command.completeExceptionally(refused);
      return;
    }
    path.send(guarded, timeoutNanos);
  }

  private CommandRefusedException refusedOnSharedConnection(GuardedCommand<?, ?, ?> command) {
    guardListener.refused(command.name(), RefusalReason.CONNECTION_STATE);
    return new CommandRefusedException(
        tenant,
        command.name(),
        RefusalReason.CONNECTION_STATE,
        command.isBlocking()
            ? "It waits on the server and would hold up every other command of the tenant on the shared connection."
            : "It changes the state of a connection that all threads of the tenant share.");
  }

  /** Notes that the session is being used; false when it is retired and another one must be. */
  boolean use() {
    return use.use();
  }

  /** When it was last seen in use. */
  long lastUsedNanos() {
    return lastUsedNanos;
  }

  void lastUsedNanos(long nanos) {
    lastUsedNanos = nanos;
  }

  /** Whether it holds an open connection. */
  boolean isConnected() {
    return shared.isConnected();
  }

  /** Does what is to be done at intervals. */
  void sweep(long now) {
    shared.sweep(now);
  }

  /** Opens connections with the credentials and certificates of now, and drains the old ones. */
  public void exchangeConnections() {
    shared.exchange();
  }

  /** Closes connections as soon as nothing is in flight on them; a late command opens another. */
  void drain() {
    shared.replace();
  }

  /** Accepts no further commands. */
  public void stop() {
    path.close();
  }

  /** Whether no command is in flight. */
  public boolean isIdle() {
    return path.isIdle();
  }

  /** Closes the connection; commands in flight fail. */
  public void close() {
    path.close();
    shared.close();
  }
}
