package io.tenantredis.internal.path;

import io.netty.util.concurrent.EventExecutorGroup;
import io.tenantredis.Outcome;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.keyspace.GuardedCommand;
import io.tenantredis.internal.pool.DedicatedConnections;
import io.tenantredis.internal.pool.Lease;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Leases a connection for a command that waits on the server, and gives it back when the reply has
 * come. Without a reply, be it lost, late or not wanted any more, nobody knows what the connection
 * still waits for, and it is closed.
 */
final class LeaseRoute {

  private final EventExecutorGroup timer;

  LeaseRoute(EventExecutorGroup timer) {
    this.timer = timer;
  }

  void send(Call call, DedicatedConnections dedicated) {
    GuardedCommand<?, ?, ?> attempt = call.attempt();
    // The server would hold a value for a caller who has gone, and the connection with it.
    Unwanted.then(attempt, timer, () -> !attempt.isSettled(), () -> end(attempt));
    dedicated
        .acquire(Duration.ofNanos(Math.max(1, call.remainingNanos(System.nanoTime()))))
        .whenComplete(
            (lease, failure) -> {
              if (lease == null) {
                attempt.completeExceptionally(
                    Failures.notConnected(dedicated.tenant(), attempt.name(), unwrapped(failure)));
              } else {
                dispatch(call, attempt, lease);
              }
            });
  }

  private static void end(GuardedCommand<?, ?, ?> attempt) {
    attempt.completeExceptionally(new CancellationException(attempt.name() + " was cancelled."));
  }

  private static void dispatch(Call call, GuardedCommand<?, ?, ?> attempt, Lease lease) {
    call.lease(lease);
    if (attempt.isSettled()) {
      // Cancelled while it waited, maybe too early to see the lease.
      lease.giveBack();
    } else {
      call.dispatch(lease.connection());
    }
  }

  void settled(Call call, @Nullable Throwable failure) {
    Lease lease = call.lease();
    if (lease == null) {
      return;
    }
    call.lease(null);
    if (failure == null || isReply(failure)) {
      lease.giveBack();
    } else {
      lease.discard();
    }
  }

  private static boolean isReply(Throwable failure) {
    return failure instanceof TenantRedisFailure typed && typed.outcome() == Outcome.REJECTED;
  }

  private static Throwable unwrapped(@Nullable Throwable failure) {
    if (failure == null) {
      return new IllegalStateException("neither a connection nor a failure");
    }
    return failure;
  }
}
