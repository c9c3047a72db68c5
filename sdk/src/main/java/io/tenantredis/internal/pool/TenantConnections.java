package io.tenantredis.internal.pool;

import io.tenantredis.PoolOptions;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * The connections of one tenant that carry commands, to one server or to the nodes of a cluster.
 * Thread-safe; nothing blocks.
 */
public interface TenantConnections {

  /**
   * Asks for a connection for the application, which is watched for leaks.
   *
   * @return a stage with the lease, or failed with a typed exception; may be cancelled
   */
  CompletableFuture<Lease> lease();

  /** The limits of leased connections. */
  PoolOptions poolOptions();

  /** Whether a connection is open. */
  boolean isConnected();

  /** How many connections are leased. */
  int leased();

  /** Does what is to be done at intervals. Called more often than those. */
  void sweep(long now);

  /** Opens connections with the credentials and certificates of now, and drains the old ones. */
  void exchange();

  /** Closes connections as soon as nothing is in flight on them; a late command opens another. */
  void drain();

  /** Closes the connections and accepts no further call. Commands in flight fail. */
  void close();

  /** Whether the tenant has connections of other kinds, which are none of this object's. */
  void connectedElsewhere(BooleanSupplier connected);

  /** What else to do when a live connection turned out not to be the tenant's; must not block. */
  void onDistrust(Runnable action);

  /** A thread is about to send a command: the event loop that will write it may wake up. */
  void expectCommand();

  /** Something happened that another node of the cluster may know more of; nothing elsewhere. */
  default void doubt() {}
}
