package io.tenantredis.internal.path;

import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.ScheduledFuture;
import io.tenantredis.internal.connection.DeadlineExceeded;
import io.tenantredis.internal.connection.VerifiedConnection;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.keyspace.GuardedCommand;
import io.tenantredis.internal.pool.SharedConnection;
import io.tenantredis.internal.pool.Waiter;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Puts a command on the tenant's shared connection, or lets it wait for one. A command that waits
 * on the server goes to a connection of its own.
 */
final class RouteStage implements Stage {

  private final SharedConnection shared;
  private final LeaseRoute leases;
  private final EventExecutorGroup timer;

  RouteStage(SharedConnection shared, LeaseRoute leases, EventExecutorGroup timer) {
    this.shared = shared;
    this.leases = leases;
    this.timer = timer;
  }

  @Override
  public void send(Call call) {
    if (call.attempt().isBlocking()) {
      leases.send(call);
      return;
    }
    VerifiedConnection connection = shared.current();
    if (connection != null) {
      connection.dispatch(call.attempt());
    } else {
      new Waiting(call).begin(call.remainingNanos(System.nanoTime()));
    }
  }

  @Override
  public void settled(Call call, @Nullable Throwable failure) {
    leases.settled(call, failure);
    if (failure != null && Failures.needsNewConnection(failure)) {
      // The primary of before is a replica now: a new connection resolves the endpoint again.
      shared.replace();
    }
    call.settle(failure);
  }

  /**
   * One command that waits for the connection, at the longest until its deadline, and no longer
   * than the application does.
   */
  private final class Waiting implements Waiter {

    private final GuardedCommand<?, ?, ?> attempt;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile @Nullable ScheduledFuture<?> deadline;

    Waiting(Call call) {
      this.attempt = call.attempt();
    }

    void begin(long remainingNanos) {
      if (remainingNanos != Long.MAX_VALUE) {
        deadline =
            timer.schedule(
                () -> giveUp(DeadlineExceeded.INSTANCE),
                Math.max(0, remainingNanos),
                TimeUnit.NANOSECONDS);
      }
      Unwanted.then(
          attempt,
          timer,
          () -> !over.get(),
          () -> giveUp(new CancellationException("cancelled before it was sent")));
      shared.acquire(this);
    }

    @Override
    public void connected(VerifiedConnection connection) {
      if (end()) {
        connection.dispatch(attempt);
      }
    }

    @Override
    public void failed(Throwable cause) {
      if (end()) {
        attempt.completeExceptionally(
            Failures.notConnected(shared.tenant(), attempt.name(), cause));
      }
    }

    private void giveUp(Throwable cause) {
      if (end()) {
        shared.forget(this);
        attempt.completeExceptionally(cause);
      }
    }

    private boolean end() {
      if (!over.compareAndSet(false, true)) {
        return false;
      }
      ScheduledFuture<?> timeout = deadline;
      if (timeout != null) {
        timeout.cancel(false);
      }
      return true;
    }
  }
}
