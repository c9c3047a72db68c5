package io.tenantredis.internal.path;

import io.lettuce.core.ReadFrom;
import io.netty.util.concurrent.EventExecutorGroup;
import io.tenantredis.ErrorCode;
import io.tenantredis.Outcome;
import io.tenantredis.RetryMode;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.internal.connection.NodeAddress;
import io.tenantredis.internal.connection.Shard;
import io.tenantredis.internal.connection.VerifiedConnection;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.error.ServerError;
import io.tenantredis.internal.metrics.CommandMeters;
import io.tenantredis.internal.pool.ReadFroms;
import io.tenantredis.internal.pool.ReadOrder;
import io.tenantredis.internal.pool.ReadTarget;
import io.tenantredis.internal.pool.ReplicaConnection;
import io.tenantredis.internal.pool.ReplicaConnections;
import io.tenantredis.internal.pool.Waiter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sends reads to the nodes that {@link ReadFrom} names; everything else passes to the primary.
 *
 * <p>A node that cannot answer is followed by the next one that was named. One that does not know
 * the tenant's user, knows another, or cannot prove who it is itself, is not: that read fails, for
 * going on would hide it.
 */
final class ReplicaStage implements Stage {

  private final ReplicaConnections replicas;
  private final CommandMeters meters;
  private final EventExecutorGroup timer;

  ReplicaStage(ReplicaConnections replicas, CommandMeters meters, EventExecutorGroup timer) {
    this.replicas = replicas;
    this.meters = meters;
    this.timer = timer;
  }

  @Override
  public void send(Call call) {
    ReadOrder order = call.readOrder();
    if (order != null) {
      sendToNext(call, order);
      return;
    }
    ReadFrom wanted = call.options().readFrom();
    ReadFrom readFrom = wanted == null ? replicas.byDefault() : wanted;
    if (ReadFroms.isPrimaryOnly(readFrom)
        || call.options().node() != null
        || !call.attempt().isForReplicas()) {
      call.proceed();
      return;
    }
    Shard shard = replicas.shards().of(call.attempt().slot());
    if (shard != null && call.doubt() == null) {
      begin(call, readFrom, shard);
    } else if (shard == null && replicas.shards().isUnanswered() && isAnsweredByPrimary(readFrom)) {
      begin(call, readFrom, Shard.UNKNOWN);
    } else {
      new ForShards(call, readFrom).begin(shard != null || isAnsweredByPrimary(readFrom));
    }
  }

  /** Whether not knowing the replicas leaves somebody who may answer. */
  private boolean isAnsweredByPrimary(ReadFrom readFrom) {
    try {
      return replicas.choose(readFrom, Shard.UNKNOWN).hasNext();
    } catch (RuntimeException | Error applications) {
      return false;
    }
  }

  private void begin(Call call, ReadFrom readFrom, Shard shard) {
    if (shard.replicas().isEmpty()) {
      replicas.shards().replicaMissed();
    }
    ReadOrder order;
    try {
      order = replicas.choose(readFrom, shard);
    } catch (RuntimeException applications) {
      call.refuse(
          Failures.noReadNode(
              call.tenant(), call.command(), shard.replicas().size(), applications));
      return;
    } catch (Error applications) {
      call.refuse(applications);
      return;
    }
    if (!order.hasNext()) {
      replicas.shards().doubt(null);
      call.refuse(
          Failures.noReadNode(call.tenant(), call.command(), shard.replicas().size(), null));
      return;
    }
    call.readOrder(order);
    sendToNext(call, order);
  }

  private void sendToNext(Call call, ReadOrder order) {
    ReadTarget target = order.next();
    if (target.replica() == null) {
      call.proceed();
      return;
    }
    ReplicaConnection replica = replicas.to(target.replica());
    order.replica(replica);
    VerifiedConnection connection = replica.shared().current();
    if (connection != null) {
      call.dispatch(connection);
    } else {
      new ForReplica(call, replica).begin(order.hasNext());
    }
  }

  @Override
  public void settled(Call call, @Nullable Throwable failure) {
    ReadOrder order = call.readOrder();
    if (order == null) {
      call.settle(failure);
      return;
    }
    ReplicaConnection replica = call.replica();
    if (failure == null) {
      if (replica != null) {
        replica.answered();
      }
      call.settle(null);
      return;
    }
    if (replica != null && Failures.needsNewConnection(failure)) {
      replica.shared().replace();
    }
    if (!isOfTheNode(failure)) {
      call.settle(failure);
      return;
    }
    NodeAddress knowing = replica == null ? null : movedTo(call, replica);
    if (!isTurnedAway(failure)) {
      replicas.shards().doubt(knowing);
    }
    long now = System.nanoTime();
    if (replica != null) {
      replica.failed(now);
    }
    if (order.hasNext() && mayGoOn(call, failure)) {
      meters.readElsewhere(call.attempt().rule(), failure);
      call.elsewhere();
      call.proceed();
    } else {
      if (knowing != null) {
        // The next attempt would meet the same replicas.
        call.doubt(new Call.Doubt(now, now + replicas.shards().nanosUntilAsked()));
      }
      call.settle(failure);
    }
  }

  /**
   * Who has the data of a slot that moved; null if that is not why the replica does not answer. A
   * script or a module can make it up.
   */
  private static @Nullable NodeAddress movedTo(Call call, ReplicaConnection replica) {
    String error = call.attempt().replyError();
    if (error == null
        || ServerError.of(error) != ServerError.MOVED
        || call.attempt().isScript()
        || call.attempt().rule().isOfModule()) {
      return null;
    }
    String[] words = error.split(" ", 4);
    return words.length == 3 && words[1].equals(String.valueOf(call.attempt().slot()))
        ? NodeAddress.parse(words[2], replica.address())
        : null;
  }

  /** Whether the node, or the way to it, failed, and nothing was said of the tenant. */
  private static boolean isOfTheNode(Throwable failure) {
    if (!(failure instanceof TenantRedisFailure typed)) {
      return false;
    }
    return switch (typed.code()) {
      case TR002, TR003, TR004, TR005, TR007, TR011, TR012, TR013 -> true;
      default -> false;
    };
  }

  /** Whether the circuit breaker spared the primary the question. */
  private static boolean isTurnedAway(Throwable failure) {
    return failure instanceof TenantRedisFailure typed && typed.code() == ErrorCode.TR007;
  }

  /** Reads have no effect: asking another node as well is noticed only by who forbade it. */
  private static boolean mayGoOn(Call call, Throwable failure) {
    boolean maybeAnswered =
        failure instanceof TenantRedisFailure typed && typed.outcome() == Outcome.UNKNOWN;
    return call.isRedirectable()
        && !(maybeAnswered && call.options().retryMode() == RetryMode.NEVER);
  }

  /** A read that waits for a connection to a replica. */
  private final class ForReplica extends Waiting implements Waiter {

    private final Call call;
    private final ReplicaConnection replica;

    ForReplica(Call call, ReplicaConnection replica) {
      super(call.attempt(), timer);
      this.call = call;
      this.replica = replica;
    }

    /**
     * @param alternative whether another node may answer: then it gets half of the time
     */
    void begin(boolean alternative) {
      long remaining = call.remainingNanos(System.nanoTime());
      if (alternative && remaining != Long.MAX_VALUE) {
        watch(
            remaining / 2,
            Failures.replicaSlow(call.tenant(), call.command(), replica.address().toString()));
      } else {
        watch(remaining);
      }
      replica.shared().acquire(this);
    }

    @Override
    public void connected(VerifiedConnection connection) {
      if (end()) {
        Call.dispatch(connection, attempt(), false);
      }
    }

    @Override
    public void failed(Throwable cause) {
      if (end()) {
        attempt()
            .completeExceptionally(Failures.notConnected(call.tenant(), attempt().name(), cause));
      }
    }

    @Override
    void forgotten() {
      replica.shared().forget(this);
    }
  }

  /** A read that waits until it is known which nodes have the data. */
  private final class ForShards extends Waiting {

    private final Call call;
    private final ReadFrom readFrom;
    private volatile @Nullable CompletableFuture<Void> answer;
    private volatile @Nullable Future<?> patience;

    ForShards(Call call, ReadFrom readFrom) {
      super(call.attempt(), timer);
      this.call = call;
      this.readFrom = readFrom;
    }

    /**
     * @param alternative whether a node may answer without it: then it gets half of the time
     */
    void begin(boolean alternative) {
      long remaining = call.remainingNanos(System.nanoTime());
      watch(remaining);
      Call.Doubt doubt = call.doubt();
      CompletableFuture<Void> asked =
          doubt == null
              ? replicas.shards().learn(call.tenant())
              : replicas.shards().learnSince(call.tenant(), doubt.since());
      answer = asked;
      if (alternative && remaining != Long.MAX_VALUE && !asked.isDone()) {
        patience = timer.schedule(this::unanswered, remaining / 2, TimeUnit.NANOSECONDS);
      }
      asked.whenComplete((done, failure) -> learnt(failure));
      if (isOver()) {
        asked.cancel(false);
      }
    }

    private void learnt(@Nullable Throwable failure) {
      if (!end()) {
        return;
      }
      Future<?> timeout = patience;
      if (timeout != null) {
        timeout.cancel(false);
      }
      Shard shard = replicas.shards().of(call.attempt().slot());
      if (failure == null || shard != null || isAnsweredByPrimary(readFrom)) {
        goOn(shard);
        return;
      }
      attempt()
          .completeExceptionally(
              Failures.topologyUnknown(
                  call.tenant(),
                  attempt().name(),
                  failure instanceof CompletionException && failure.getCause() != null
                      ? failure.getCause()
                      : failure));
    }

    private void unanswered() {
      if (end()) {
        forgotten();
        replicas.shards().unanswered();
        goOn(replicas.shards().of(call.attempt().slot()));
      }
    }

    private void goOn(@Nullable Shard shard) {
      call.doubt(null);
      ReplicaStage.this.begin(call, readFrom, shard == null ? Shard.UNKNOWN : shard);
    }

    @Override
    void forgotten() {
      CompletableFuture<Void> asked = answer;
      if (asked != null) {
        asked.cancel(false);
      }
    }
  }
}
