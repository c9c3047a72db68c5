package io.tenantredis.internal.path;

import io.netty.util.concurrent.EventExecutorGroup;
import io.tenantredis.internal.connection.DeadlineExceeded;
import io.tenantredis.internal.connection.VerifiedConnection;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.pool.NodeConnections;
import io.tenantredis.internal.pool.SharedConnection;
import io.tenantredis.internal.pool.Waiter;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Puts a command on the tenant's shared connection, or lets it wait for one. A command that waits
 * on the server goes to a connection of its own.
 */
final class RouteStage implements Stage {

  private final Function<Call, NodeConnections> route;
  private final LeaseRoute leases;
  private final EventExecutorGroup timer;

  /**
   * @param route to which server a call goes
   */
  RouteStage(Function<Call, NodeConnections> route, LeaseRoute leases, EventExecutorGroup timer) {
    this.route = route;
    this.leases = leases;
    this.timer = timer;
  }

  @Override
  public void send(Call call) {
    NodeConnections node = route.apply(call);
    if (call.attempt().isBlocking()) {
      leases.send(call, node.dedicated());
      return;
    }
    VerifiedConnection connection = node.shared().current();
    if (connection != null) {
      call.dispatch(connection);
    } else {
      new ForConnection(call, node.shared()).begin(call.remainingNanos(System.nanoTime()));
    }
  }

  @Override
  public void settled(Call call, @Nullable Throwable failure) {
    leases.settled(call, failure);
    if (failure != null && Failures.needsNewConnection(failure)) {
      // The primary of before is a replica now: a new connection resolves the endpoint again.
      route.apply(call).shared().replace();
    }
    call.settle(failure);
  }

  /** A command without a connection. */
  private final class ForConnection extends Waiting implements Waiter {

    private final SharedConnection shared;
    private final boolean asking;

    ForConnection(Call call, SharedConnection shared) {
      super(call.attempt(), timer);
      this.shared = shared;
      this.asking = call.isAsking();
    }

    void begin(long remainingNanos) {
      Throwable held = shared.heldBack();
      watch(
          remainingNanos,
          held == null
              ? DeadlineExceeded.INSTANCE
              : Failures.notConnected(shared.tenant(), attempt().name(), held));
      shared.acquire(this);
    }

    @Override
    public void connected(VerifiedConnection connection) {
      if (end()) {
        Call.dispatch(connection, attempt(), asking);
      }
    }

    @Override
    public void failed(Throwable cause) {
      if (end()) {
        attempt()
            .completeExceptionally(Failures.notConnected(shared.tenant(), attempt().name(), cause));
      }
    }

    @Override
    void forgotten() {
      shared.forget(this);
    }
  }
}
