package io.tenantredis.internal.client;

import io.lettuce.core.protocol.RedisCommand;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.KeyPrefix;
import io.tenantredis.RefusalReason;
import io.tenantredis.TenantId;
import io.tenantredis.internal.connection.Connector;
import io.tenantredis.internal.connection.NodeAddress;
import io.tenantredis.internal.connection.TenantRoute;
import io.tenantredis.internal.connection.VerifiedConnection;
import io.tenantredis.internal.keyspace.Guard;
import io.tenantredis.internal.keyspace.GuardListener;
import io.tenantredis.internal.keyspace.GuardedCommand;
import io.tenantredis.internal.keyspace.SplitCommand;
import io.tenantredis.internal.metrics.CommandMeters;
import io.tenantredis.internal.metrics.CommandObservations;
import io.tenantredis.internal.path.CallOptions;
import io.tenantredis.internal.path.CommandPath;
import io.tenantredis.internal.pool.ClusterConnections;
import io.tenantredis.internal.pool.ReplicaConnections;
import io.tenantredis.internal.pool.TenantConnections;
import io.tenantredis.internal.pubsub.TenantSubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What belongs to one tenant while it is in use: its guard, its path, its connection. Thread-safe.
 */
public final class TenantSession {

  private static final String SUBSCRIBE_ELSEWHERE =
      "A subscription needs a connection that carries nothing else, and this one carries commands: use TenantClient.pubSub().";

  private final TenantId tenant;
  private final KeyPrefix prefix;
  private final Guard guard;
  private final GuardListener guardListener;
  private final CommandPath path;
  private final TenantConnections connections;
  private final @Nullable ReplicaConnections replicas;
  private final CommandMeters meters;
  private final @Nullable CommandObservations observations;
  private final TenantSubscriber subscriber;
  private final @Nullable TenantRoute route;
  final SessionUse use = new SessionUse();
  private volatile long lastUsedNanos = System.nanoTime();

  public TenantSession(
      TenantId tenant,
      KeyPrefix prefix,
      Guard guard,
      GuardListener guardListener,
      CommandPath path,
      TenantConnections connections,
      @Nullable ReplicaConnections replicas,
      CommandMeters meters,
      @Nullable CommandObservations observations,
      TenantSubscriber subscriber,
      @Nullable TenantRoute route) {
    this.tenant = tenant;
    this.prefix = prefix;
    this.guard = guard;
    this.guardListener = guardListener;
    this.path = path;
    this.connections = connections;
    this.replicas = replicas;
    this.meters = meters;
    this.observations = observations;
    this.subscriber = subscriber;
    this.route = route;
    if (route != null) {
      route.listener(new Moves());
    }
    connections.onDistrust(subscriber::distrust);
    connections.connectedElsewhere(subscriber::isActive);
    if (connections instanceof ClusterConnections cluster) {
      cluster.onHomeMoved(subscriber::move);
    }
  }

  /** What follows for the connections when the tenant moves. */
  private final class Moves implements TenantRoute.Listener {

    @Override
    public void moved() {
      exchangeConnections();
    }

    @Override
    public void held() {
      drain();
    }

    @Override
    public void gone() {
      drain();
      subscriber.distrust();
    }
  }

  public TenantId tenant() {
    return tenant;
  }

  public KeyPrefix prefix() {
    return prefix;
  }

  /**
   * Sends a command of the application over the shared connection, or over a leased one if it waits
   * on the server. It completes or fails the command itself; never throws.
   */
  void dispatch(RedisCommand<?, ?, ?> command, long timeoutNanos, CallOptions options) {
    GuardedCommand<?, ?, ?> guarded;
    SplitCommand split = null;
    try {
      guarded = guard.guard(command);
      if (guarded.isStateful() || guarded.rule().isPubSub()) {
        throw refusedOnSharedConnection(guarded);
      }
      if (options.node() == null && connections instanceof ClusterConnections cluster) {
        split = split(guarded, cluster);
      }
    } catch (RuntimeException refused) {
      command.completeExceptionally(refused);
      return;
    }
    if (split != null) {
      new SplitSending(tenant, path, split, command, timeoutNanos, options).begin();
    } else {
      path.send(guarded, withBlockTime(guarded, timeoutNanos), options);
    }
  }

  /**
   * What one node of a cluster cannot do for the tenant: either its parts can be done by several,
   * or it is refused.
   *
   * @return the parts, or null if one node can do it
   */
  private @Nullable SplitCommand split(
      GuardedCommand<?, ?, ?> command, ClusterConnections cluster) {
    if (command.slot() == GuardedCommand.SEVERAL_SLOTS) {
      SplitCommand split = SplitCommand.of(command);
      if (split == null) {
        throw refused(
            command.name(),
            RefusalReason.CROSS_SLOT,
            "Its keys are in different slots of the cluster, and one node must have them all: keep each tenant's keys in one slot with"
                + " a key prefix such as 'tenant:{{tenant}}:', or give these keys a hash tag in common.");
      }
      return split;
    }
    if (!cluster.isPinned()
        && command.slot() == GuardedCommand.NO_SLOT
        && (command.rule().isKeyspaceWide() || command.rule().isOfModule())) {
      throw refused(
          command.name(),
          RefusalReason.CROSS_SLOT,
          command.rule().isKeyspaceWide()
              ? "The tenant's keys are on all nodes of the cluster, and a cursor belongs to one of them: use TenantClient.keys(), or a key"
                  + " prefix such as 'tenant:{{tenant}}:'."
              : "The tenant's keys are on all nodes of the cluster, and one of them would answer for its own: use a key prefix such as"
                  + " 'tenant:{{tenant}}:'.");
    }
    return null;
  }

  /**
   * The nodes of a cluster that a walk through the tenant's keys has to visit, in order; none where
   * there is no cluster.
   *
   * @param now whether the cluster must be asked for it; else what it said a moment ago will do
   */
  CompletionStage<List<NodeAddress>> nodesOfKeys(boolean now) {
    return connections instanceof ClusterConnections cluster
        ? cluster.nodesOfKeys(now)
        : CompletableFuture.completedFuture(List.of());
  }

  /**
   * Checks whether a subscription can hear all that it is for.
   *
   * @throws CommandRefusedException if it cannot, because that is on many nodes of a cluster
   */
  void requireOneNode(String command) {
    if (connections instanceof ClusterConnections cluster && !cluster.isPinned()) {
      throw refused(
          command,
          RefusalReason.CROSS_SLOT,
          "Each node of the cluster tells only of its own keys and sharded channels, and this tenant's are on all of them: use a key prefix"
              + " such as 'tenant:{{tenant}}:'.");
    }
  }

  /**
   * The time that a command may take in all: what it may wait on the server comes on top of the
   * command timeout.
   *
   * @return nanoseconds, 0 for no limit
   */
  static long withBlockTime(GuardedCommand<?, ?, ?> command, long timeoutNanos) {
    if (timeoutNanos == 0 || !command.isBlocking()) {
      return timeoutNanos;
    }
    long total = timeoutNanos + command.blockNanos();
    return total < timeoutNanos ? 0 : total;
  }

  private CommandRefusedException refusedOnSharedConnection(GuardedCommand<?, ?, ?> command) {
    return refused(
        command.name(),
        RefusalReason.CONNECTION_STATE,
        command.rule().isPubSub()
            ? SUBSCRIBE_ELSEWHERE
            : command.isBlocking()
                ? "It waits for what was written on the same connection, and this one is shared: write and wait within"
                    + " TenantClient.dedicated(...)."
                : "It changes the state of a connection, and this one is shared by all threads of the tenant: use"
                    + " TenantClient.dedicated(...).");
  }

  private CommandRefusedException refused(String command, RefusalReason reason, String message) {
    guardListener.refused(command, reason);
    return new CommandRefusedException(tenant, command, reason, message);
  }

  /** Guards a command for a leased connection. */
  <K, V, T> GuardedCommand<K, V, T> guardLeased(RedisCommand<K, V, T> command) {
    GuardedCommand<K, V, T> guarded = guard.guard(command);
    if (guarded.rule().isPubSub()) {
      throw refused(guarded.name(), RefusalReason.CONNECTION_STATE, SUBSCRIBE_ELSEWHERE);
    }
    return guarded;
  }

  /**
   * Asks whether the holder of a lease may give it another command.
   *
   * @param underWay how many of its commands are in flight
   * @throws io.tenantredis.TenantLimitException if it may not
   */
  void admitLeased(String command, int underWay) {
    path.admit(command, underWay);
  }

  /** A transaction that lacks one of its commands must not be executed. */
  CommandRefusedException refusedTransaction(RuntimeException refusal) {
    CommandRefusedException refused =
        refused(
            "EXEC",
            RefusalReason.CONNECTION_STATE,
            "A command of this transaction was not sent, so that it would be executed in part: DISCARD it.");
    refused.initCause(refusal);
    return refused;
  }

  /** Within a transaction there cannot be another one. */
  CommandRefusedException refusedNested() {
    return refused(
        "MULTI",
        RefusalReason.CONNECTION_STATE,
        "A transaction is open on this connection: EXEC or DISCARD it first, or lease another connection for the other one.");
  }

  /** It is not known whether a transaction is open. */
  CommandRefusedException refusedUnsure(String command) {
    return refused(
        command,
        RefusalReason.CONNECTION_STATE,
        "EXEC or DISCARD failed on this connection, so that the server may still queue what it is sent: close it and lease another one.");
  }

  CommandPath leasedPath(VerifiedConnection connection) {
    return CommandPath.assembleLeased(tenant, meters, observations, connection, connections::doubt);
  }

  @Nullable CommandObservations observations() {
    return observations;
  }

  TenantSubscriber subscriber() {
    return subscriber;
  }

  TenantConnections connections() {
    return connections;
  }

  @Nullable ByteBuffer strip(ByteBuffer name) {
    return guard.strip(name);
  }

  void violation(String command, int names) {
    guardListener.violation(command, names);
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

  /**
   * A thread is about to send a command and to wait for its result. If nothing else is under way,
   * the event loop sleeps, and the caller would pay for its waking up on top of the command's way
   * to it: now it wakes up meanwhile.
   */
  void expectCommand() {
    if (path.isIdle()) {
      connections.expectCommand();
    }
  }

  /** Whether its reads can go to replicas. */
  boolean hasReplicas() {
    return replicas != null;
  }

  /** Whether it holds an open connection. */
  boolean isConnected() {
    return connections.isConnected() || (replicas != null && replicas.isConnected());
  }

  /** Does what is to be done at intervals. */
  void sweep(long now) {
    connections.sweep(now);
    if (replicas != null) {
      replicas.sweep(now);
    }
    subscriber.sweep(now);
    if (route != null) {
      route.sweep(now);
    }
  }

  /** Opens connections with the credentials and certificates of now, and drains the old ones. */
  public void exchangeConnections() {
    connections.exchange();
    if (replicas != null) {
      replicas.exchange();
    }
    subscriber.exchange();
  }

  /** Whether the tenant lives there. */
  public boolean leadsTo(Connector connector) {
    return route == null || route.leadsTo(connector);
  }

  /**
   * Asks where the tenant lives now, and moves it there.
   *
   * @return completes when nothing of it is anywhere else, see {@link TenantRoute#change()}
   */
  CompletableFuture<Void> endpointChanged() {
    return route == null ? CompletableFuture.completedFuture(null) : route.change();
  }

  /** Closes connections as soon as nothing is in flight on them; a late command opens another. */
  void drain() {
    connections.drain();
    if (replicas != null) {
      replicas.drain();
    }
  }

  /** Accepts no further commands. */
  public void stop() {
    path.close();
    subscriber.close();
  }

  /** Ends the tenant's subscriptions and takes no further ones. */
  void endSubscriptions() {
    subscriber.close();
  }

  /** Whether no command is in flight and nothing is subscribed to. */
  public boolean isIdle() {
    return path.isIdle() && connections.leased() == 0 && !subscriber.isActive();
  }

  /** Closes the connection; commands in flight fail. */
  public void close() {
    path.close();
    subscriber.close();
    connections.close();
    if (replicas != null) {
      replicas.close();
    }
    if (route != null) {
      route.close();
    }
  }
}
