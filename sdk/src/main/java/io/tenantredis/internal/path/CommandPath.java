package io.tenantredis.internal.path;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.retry.Retry;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;
import io.micrometer.observation.Observation;
import io.netty.util.concurrent.EventExecutorGroup;
import io.tenantredis.TenantId;
import io.tenantredis.internal.connection.VerifiedConnection;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.keyspace.GuardedCommand;
import io.tenantredis.internal.keyspace.LegacyReads;
import io.tenantredis.internal.metrics.CommandMeters;
import io.tenantredis.internal.metrics.CommandObservations;
import io.tenantredis.internal.pool.ClusterConnections;
import io.tenantredis.internal.pool.NodeConnections;
import io.tenantredis.internal.pool.ReplicaConnections;
import io.tenantredis.internal.pool.TenantConnections;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The way of one tenant's guarded commands to its connection and back. Thread-safe; nothing here
 * blocks.
 */
public final class CommandPath {

  private final TenantId tenant;
  private final IntSupplier underWay;
  private final IntSupplier places;
  private final @Nullable RateLimiter limiter;
  private final List<Stage> stages = new ArrayList<>();
  private volatile boolean closing;

  private CommandPath(
      TenantId tenant, IntSupplier underWay, IntSupplier places, @Nullable RateLimiter limiter) {
    this.tenant = tenant;
    this.underWay = underWay;
    this.places = places;
    this.limiter = limiter;
  }

  /**
   * All stages in their order, from the application to the connection.
   *
   * @param observations null for none
   * @param limiter null for no limit
   * @param legacy null if reads never go on to legacy names
   * @param replicas null if all reads go to the primary
   * @param maxRedirects how often a command may be redirected by a cluster
   */
  public static CommandPath assemble(
      TenantId tenant,
      CommandMeters meters,
      @Nullable CommandObservations observations,
      @Nullable RateLimiter limiter,
      @Nullable LegacyReads legacy,
      Retry retry,
      CircuitBreaker breaker,
      Bulkhead bulkhead,
      TenantConnections connections,
      @Nullable ReplicaConnections replicas,
      int maxRedirects,
      EventExecutorGroup timer) {
    CommandPath path =
        new CommandPath(
            tenant,
            () -> underWay(bulkhead),
            () -> bulkhead.getBulkheadConfig().getMaxConcurrentCalls(),
            limiter);
    path.observe(observations);
    path.stages.add(new MeterStage(meters));
    if (limiter != null) {
      path.stages.add(new RateLimitStage(limiter));
    }
    if (legacy != null) {
      path.stages.add(new LegacyStage(legacy, meters, path));
    }
    path.stages.add(new RetryStage(retry, timer, meters, () -> path.closing));
    path.stages.add(new BulkheadStage(bulkhead));
    if (replicas != null) {
      path.stages.add(new ReplicaStage(replicas, meters, timer));
    }
    path.stages.add(new CircuitBreakerStage(breaker));
    LeaseRoute leases = new LeaseRoute(timer);
    if (connections instanceof ClusterConnections cluster) {
      ClusterStage nodes = new ClusterStage(cluster, maxRedirects, timer);
      path.stages.add(nodes);
      path.stages.add(new RouteStage(nodes::route, leases, timer));
    } else if (connections instanceof NodeConnections only) {
      path.stages.add(new RouteStage(call -> only, leases, timer));
    } else {
      throw new IllegalArgumentException("There is no route over " + connections);
    }
    return path;
  }

  /**
   * The stages between the holder of a leased connection and that connection. Nothing is sent
   * again, because the connection's state would be lost with it, and nothing is turned away: that
   * is decided by {@link #admit} before a command becomes part of a transaction.
   *
   * @param observations null for none
   * @param doubt what to do when the connection may lead to the wrong node
   */
  public static CommandPath assembleLeased(
      TenantId tenant,
      CommandMeters meters,
      @Nullable CommandObservations observations,
      VerifiedConnection connection,
      Runnable doubt) {
    LeasedStage last = new LeasedStage(connection, doubt);
    CommandPath path = new CommandPath(tenant, last::inFlight, () -> Integer.MAX_VALUE, null);
    path.observe(observations);
    path.stages.add(new MeterStage(meters));
    path.stages.add(last);
    return path;
  }

  private void observe(@Nullable CommandObservations observations) {
    if (observations != null) {
      stages.add(new ObservationStage(observations));
    }
  }

  /**
   * Sends a command. Its result, or its failure, goes to the application's command it was made
   * from.
   *
   * @param timeoutNanos the longest it may take, with connecting, waiting and retries; 0 for no
   *     limit
   */
  public void send(GuardedCommand<?, ?, ?> command, long timeoutNanos, CallOptions options) {
    send(command, timeoutNanos, options, null);
  }

  /** Sends a command that another one asks, whose observation is the one around it. */
  void sendFor(
      Call asking, GuardedCommand<?, ?, ?> command, long timeoutNanos, CallOptions options) {
    send(command, timeoutNanos, options, asking.observation());
  }

  /**
   * Sends commands of a leased connection's holder, each once, and all of them in one write.
   *
   * @param wires guarded commands, or Lettuce's transaction wrappers around them
   * @param timeoutNanos the longest that each may take; 0 for no limit
   */
  public void sendTogether(
      List<RedisCommand<?, ?, ?>> wires, ToLongFunction<GuardedCommand<?, ?, ?>> timeoutNanos) {
    if (!(stages.get(stages.size() - 1) instanceof LeasedStage connection)) {
      throw new IllegalStateException(
          "Only what holds a connection sends several commands at once");
    }
    List<RedisCommand<?, ?, ?>> together = new ArrayList<>(wires.size());
    for (RedisCommand<?, ?, ?> wire : wires) {
      GuardedCommand<?, ?, ?> command = CommandWrapper.unwrap(wire, GuardedCommand.class);
      if (command == null) {
        throw new IllegalArgumentException("Only commands that passed the guard can be sent");
      }
      Call call =
          new Call(
              this,
              command,
              wire,
              System.nanoTime(),
              timeoutNanos.applyAsLong(command),
              CallOptions.ONCE);
      call.together(together);
      call.proceed();
    }
    connection.dispatch(together);
  }

  private void send(
      GuardedCommand<?, ?, ?> command,
      long timeoutNanos,
      CallOptions options,
      @Nullable Observation parent) {
    if (closing) {
      command.deliverFailure(Failures.closed(tenant, command.name(), false));
      return;
    }
    Call call = new Call(this, command, command, System.nanoTime(), timeoutNanos, options);
    call.observation(parent);
    call.proceed();
  }

  /** Accepts no further commands and makes no further attempts; those in flight go on. */
  public void close() {
    closing = true;
  }

  /**
   * Asks whether the holder of a leased connection may give it another command. The tenant's rate
   * limit is that of all its commands; of those in flight each holder may have as many as the
   * tenant.
   *
   * @param underWay how many commands of that holder are in flight
   * @throws io.tenantredis.TenantLimitException if it may not
   */
  public void admit(String command, int underWay) {
    int most = places();
    if (underWay >= most) {
      throw Failures.bulkheadFull(tenant, command, most);
    }
    if (limiter != null && !limiter.acquirePermission()) {
      throw RateLimitStage.refusal(limiter, tenant, command);
    }
  }

  /** Whether no command is in flight or waiting for a connection. */
  public boolean isIdle() {
    return underWay() == 0;
  }

  /** How many commands are in flight or waiting for a connection. */
  public int underWay() {
    return underWay.getAsInt();
  }

  /** How many commands may be under way at once. */
  public int places() {
    return places.getAsInt();
  }

  private static int underWay(Bulkhead bulkhead) {
    return bulkhead.getMetrics().getMaxAllowedConcurrentCalls()
        - bulkhead.getMetrics().getAvailableConcurrentCalls();
  }

  TenantId tenant() {
    return tenant;
  }

  Stage stage(int position) {
    return stages.get(position);
  }
}
