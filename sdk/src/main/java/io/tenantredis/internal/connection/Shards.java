package io.tenantredis.internal.connection;

import io.tenantredis.TenantId;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Which nodes have the data that a read is for. Thread-safe; nothing here blocks. */
public interface Shards {

  /**
   * What is known now.
   *
   * @param slot of a cluster; elsewhere it says nothing
   * @return null before anything is known
   */
  @Nullable Shard of(int slot);

  /**
   * Asks whoever knows, or joins those who wait for the answer.
   *
   * @param tenant who wants to know
   * @return completes when something is known, or fails with an exception of the tenant's
   */
  CompletableFuture<Void> learn(TenantId tenant);

  /**
   * The same, but what was known before a moment in the past will not do, where that can change.
   *
   * @param nanos the moment, a {@link System#nanoTime()}
   * @return completes when something is known, or fails with an exception of the tenant's
   */
  CompletableFuture<Void> learnSince(TenantId tenant, long nanos);

  /**
   * Whether whoever knows did not answer, and has not since: who can do without need not wait. It
   * is asked again in the background.
   */
  boolean isUnanswered();

  /** Somebody waited long enough for the answer. */
  void unanswered();

  /** How long it is until whoever knows may be asked again in the background. */
  long nanosUntilAsked();

  /**
   * What is known may be wrong by now: it is asked again in the background.
   *
   * @param knowing the node that knows best; null if none does
   */
  void doubt(@Nullable NodeAddress knowing);

  /** A read would rather go to a replica, and none is known: one may have come since. */
  void replicaMissed();

  /** Whether a node is a replica of any, as far as is known. */
  boolean hasReplica(NodeAddress node);

  /** Makes connections to a replica, which take no writes. */
  ConnectionSource replica(NodeAddress node);
}
