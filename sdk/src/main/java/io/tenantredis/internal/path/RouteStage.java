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
      shared.acquire(new Waiting(call));
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

  /** One command that waits for the connection, at the longest until its deadline. */
  private final class Waiting implements Waiter {

    private final GuardedCommand<?, ?, ?> attempt;
    private final @Nullable ScheduledFuture<?> deadline;

    Waiting(Call call) {
      this.attempt = call.attempt();
      long remaining = call.remainingNanos(System.nanoTime());
      this.deadline =
          remaining == Long.MAX_VALUE
              ? null
              : timer.schedule(
                  () -> {
                    attempt.completeExceptionally(DeadlineExceeded.INSTANCE);
                  },
                  Math.max(0, remaining),
                  TimeUnit.NANOSECONDS);
    }

    @Override
    public void connected(VerifiedConnection connection) {
      cancelDeadline();
      if (attempt.isDone()) {
        attempt.completeExceptionally(new CancellationException("cancelled before it was sent"));
      } else {
        connection.dispatch(attempt);
      }
    }

    @Override
    public void failed(Throwable cause) {
      cancelDeadline();
      attempt.completeExceptionally(Failures.notConnected(shared.tenant(), attempt.name(), cause));
    }

    private void cancelDeadline() {
      if (deadline != null) {
        deadline.cancel(false);
      }
    }
  }
}
