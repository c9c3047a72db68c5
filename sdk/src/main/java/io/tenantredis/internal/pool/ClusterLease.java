package io.tenantredis.internal.pool;

import io.netty.util.concurrent.EventExecutorGroup;
import io.tenantredis.ErrorCode;
import io.tenantredis.Outcome;
import io.tenantredis.PoolOptions;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.internal.connection.NodeAddress;
import io.tenantredis.internal.connection.SlotMap;
import io.tenantredis.internal.connection.Topology;
import io.tenantredis.internal.error.Failures;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One who asks for a leased connection to the node that serves a slot. To find that node counts
 * within the time that he waits for a connection, and if it turns out to be gone he is led to its
 * successor, once. Nothing blocks.
 */
final class ClusterLease {

  private final ClusterConnections connections;
  private final Topology topology;
  private final Duration patience;
  private final long giveUpAt;
  private final EventExecutorGroup timer;
  private final CompletableFuture<Lease> result = new CompletableFuture<>();
  private volatile @Nullable Future<?> awaited;

  /**
   * @param questionNanos the longest that finding the node may take where nobody may wait for a
   *     connection
   */
  ClusterLease(
      ClusterConnections connections,
      PoolOptions options,
      long questionNanos,
      EventExecutorGroup timer) {
    this.connections = connections;
    this.topology = connections.topology();
    this.patience =
        options.acquireTimeout().isZero()
            ? Duration.ofNanos(questionNanos)
            : options.acquireTimeout();
    this.giveUpAt = System.nanoTime() + patience.toNanos();
    this.timer = timer;
  }

  /** The lease, or a typed failure; may be cancelled. */
  CompletableFuture<Lease> result() {
    return result;
  }

  void begin() {
    result.whenComplete(
        (lease, failure) -> {
          Future<?> forWhat = awaited;
          if (result.isCancelled() && forWhat != null) {
            forWhat.cancel(false);
          }
        });
    SlotMap known = topology.current();
    find(
        known == null ? topology.learn(connections) : CompletableFuture.completedFuture(known),
        null,
        null);
  }

  private long remainingNanos() {
    return giveUpAt - System.nanoTime();
  }

  private void await(Future<?> one) {
    awaited = one;
    if (result.isCancelled()) {
      one.cancel(false);
    }
  }

  /**
   * @param gone the node that is no more, and why that is believed; null at first
   */
  private void find(
      CompletableFuture<SlotMap> asked, @Nullable NodeAddress gone, @Nullable Throwable why) {
    if (asked.isDone()) {
      found(asked, gone, why);
      return;
    }
    await(asked);
    Future<?> end;
    try {
      end =
          timer.schedule(
              () -> {
                if (asked.cancel(false)) {
                  fail(why == null ? unanswered() : why);
                }
              },
              Math.max(0, remainingNanos()),
              TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      fail(Failures.closed(connections.tenant(), null, false));
      return;
    }
    asked.whenComplete(
        (map, failure) -> {
          end.cancel(false);
          if (!asked.isCancelled()) {
            found(asked, gone, why);
          }
        });
  }

  private RuntimeException unanswered() {
    return Failures.topologyUnknown(
        connections.tenant(),
        "CLUSTER SLOTS",
        new TimeoutException("no answer within " + patience.toMillis() + " ms"));
  }

  private void found(
      CompletableFuture<SlotMap> asked, @Nullable NodeAddress gone, @Nullable Throwable why) {
    Throwable failure = asked.handle((map, failed) -> failed).join();
    NodeAddress owner = failure == null ? asked.join().owner(connections.homeSlot()) : null;
    if (why != null && (owner == null || owner.equals(gone))) {
      fail(why);
    } else if (owner != null) {
      lease(owner, why == null);
    } else {
      connections.doubt();
      fail(
          failure == null
              ? ClusterConnections.notServed(
                  connections.tenant(), "CLUSTER SLOTS", connections.homeSlot())
              : failure);
    }
  }

  private void lease(NodeAddress node, boolean first) {
    CompletableFuture<Lease> asked =
        connections
            .node(node)
            .dedicated()
            .acquireWatched(Duration.ofNanos(Math.max(1, remainingNanos())));
    await(asked);
    asked.whenComplete(
        (lease, failure) -> {
          if (lease != null) {
            if (!result.complete(lease)) {
              lease.giveBack();
            }
          } else if (first && isUnreachable(failure)) {
            findSuccessor(node, failure);
          } else {
            fail(failure);
          }
        });
  }

  private static boolean isUnreachable(Throwable failure) {
    return failure instanceof TenantRedisFailure typed
        && typed.outcome() == Outcome.NOT_SENT
        && (typed.code() == ErrorCode.TR004 || typed.code() == ErrorCode.TR005);
  }

  private void findSuccessor(NodeAddress node, Throwable failure) {
    long since = System.nanoTime();
    long pause = topology.nanosUntilAsked();
    connections.doubt();
    if (pause >= remainingNanos()) {
      fail(failure);
      return;
    }
    try {
      await(
          timer.schedule(
              () -> find(topology.learnSince(connections, since), node, failure),
              pause,
              TimeUnit.NANOSECONDS));
    } catch (RejectedExecutionException closed) {
      fail(failure);
    }
  }

  private void fail(Throwable failure) {
    result.completeExceptionally(
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure);
  }
}
