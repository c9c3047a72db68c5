package io.tenantredis.internal.pool;

import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ArrayOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.netty.util.concurrent.EventExecutorGroup;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.KeyPrefix;
import io.tenantredis.PoolOptions;
import io.tenantredis.RefusalReason;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantId;
import io.tenantredis.internal.connection.ConnectionSource;
import io.tenantredis.internal.connection.DeadlineExceeded;
import io.tenantredis.internal.connection.NodeAddress;
import io.tenantredis.internal.connection.Shard;
import io.tenantredis.internal.connection.Shards;
import io.tenantredis.internal.connection.SlotMap;
import io.tenantredis.internal.connection.TenantIdentity;
import io.tenantredis.internal.connection.Topology;
import io.tenantredis.internal.connection.VerifiedConnection;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.error.ServerError;
import io.tenantredis.internal.keyspace.Guard;
import io.tenantredis.internal.keyspace.GuardedCommand;
import io.tenantredis.internal.keyspace.ReplyListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one tenant to the nodes of a cluster: to each node that it uses, made when it
 * is used first, each verified by itself.
 *
 * <p>Where the tenant's prefix has a hash tag all of its keys are in one slot, and the tenant is at
 * home on the node that serves it: keyless commands, leases and subscriptions go there. Else its
 * keys are spread, and commands without a key go to the node that serves the slot of the prefix.
 *
 * <p>Thread-safe; nothing blocks.
 */
public final class ClusterConnections implements TenantConnections, Topology.Asker {

  /** Connections to a node that is in the cluster no more are kept this long. */
  private static final long FORGET_NANOS = TimeUnit.SECONDS.toNanos(60);

  /**
   * Right after a failover nodes do not name the former primary, which is a replica then. A cluster
   * without replicas is asked no more often than this.
   */
  private static final long REPLICAS_MISSED_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Topology topology;
  private final TenantIdentity identity;
  private final Guard guard;
  private final PoolOptions poolOptions;
  private final long questionNanos;
  private final long idleNanos;
  private final EventExecutorGroup timer;
  private final LongSupplier nonces;
  private final Function<ConnectionSource, NodeConnections> factory;
  private final boolean pinned;
  private final int homeSlot;
  private final Map<NodeAddress, Node> nodes = new ConcurrentHashMap<>();
  private volatile BooleanSupplier elsewhere = () -> false;
  private volatile Runnable distrusted = () -> {};
  private volatile Runnable homeMoved = () -> {};
  private volatile @Nullable NodeAddress subscribedAt;
  private volatile boolean closed;

  /**
   * @param guard makes the commands of this object, whatever the tenant may run
   * @param prefix of all the tenant's keys
   * @param questionNanos the longest that the answer of a node may take
   * @param idleNanos after how long without use the connections to a node are closed; 0 for never
   * @param nonces random numbers
   * @param factory the connections to one node, none of them open
   */
  public ClusterConnections(
      Topology topology,
      TenantIdentity identity,
      Guard guard,
      KeyPrefix prefix,
      PoolOptions poolOptions,
      long questionNanos,
      long idleNanos,
      EventExecutorGroup timer,
      LongSupplier nonces,
      Function<ConnectionSource, NodeConnections> factory) {
    this.topology = topology;
    this.identity = identity;
    this.guard = guard;
    this.poolOptions = poolOptions;
    this.questionNanos = questionNanos;
    this.idleNanos = idleNanos;
    this.timer = timer;
    this.nonces = nonces;
    this.factory = factory;
    this.homeSlot = SlotHash.getSlot(prefix.bytes());
    this.pinned = hasHashTag(prefix.toString());
  }

  private static boolean hasHashTag(String prefix) {
    int open = prefix.indexOf('{');
    return open >= 0 && prefix.indexOf('}', open) > open + 1;
  }

  /** What is known of a node. */
  private static final class Node {

    private final NodeConnections connections;
    private volatile long usedAt;

    Node(NodeConnections connections, long now) {
      this.connections = connections;
      this.usedAt = now;
    }
  }

  /** Whether all keys of the tenant are in one slot. */
  public boolean isPinned() {
    return pinned;
  }

  /** The slot whose node commands without a key go to. */
  public int homeSlot() {
    return homeSlot;
  }

  public Topology topology() {
    return topology;
  }

  /** The nodes that have the tenant's keys, for reads. */
  public Shards shards() {
    return new Shards() {
      @Override
      public @Nullable Shard of(int slot) {
        SlotMap map = topology.current();
        return map == null ? null : map.shard(slot < 0 ? homeSlot : slot);
      }

      @Override
      public CompletableFuture<Void> learn(TenantId tenant) {
        return topology.learn(ClusterConnections.this).thenAccept(map -> {});
      }

      @Override
      public CompletableFuture<Void> learnSince(TenantId tenant, long nanos) {
        return topology.learnSince(ClusterConnections.this, nanos).thenAccept(map -> {});
      }

      /** The way to the primary needs the same answer. */
      @Override
      public boolean isUnanswered() {
        return false;
      }

      @Override
      public void unanswered() {
        // The way to the primary has a patience of its own.
      }

      @Override
      public long nanosUntilAsked() {
        return topology.nanosUntilAsked();
      }

      @Override
      public void doubt(@Nullable NodeAddress knowing) {
        topology.refresh(ClusterConnections.this, knowing);
      }

      @Override
      public void replicaMissed() {
        topology.refreshOlderThan(ClusterConnections.this, REPLICAS_MISSED_NANOS);
      }

      @Override
      public boolean hasReplica(NodeAddress node) {
        SlotMap map = topology.current();
        return map != null && map.replicas().contains(node);
      }

      @Override
      public ConnectionSource replica(NodeAddress node) {
        return topology.replica(node);
      }
    };
  }

  /** The tenant's connections to a node. */
  public NodeConnections node(NodeAddress address) {
    long now = System.nanoTime();
    Node node = nodes.get(address);
    if (node == null) {
      node = nodes.computeIfAbsent(address, at -> newNode(at, now));
      if (closed) {
        node.connections.close();
      }
    }
    node.usedAt = now;
    return node.connections;
  }

  private Node newNode(NodeAddress address, long now) {
    NodeConnections connections = factory.apply(topology.connector(address));
    connections.onDistrust(() -> distrusted.run());
    connections.connectedElsewhere(() -> address.equals(subscribedAt) && elsewhere.getAsBoolean());
    return new Node(connections, now);
  }

  @Override
  public TenantId tenant() {
    return identity.tenant();
  }

  @Override
  public Set<NodeAddress> connected() {
    Set<NodeAddress> connected = new HashSet<>();
    nodes.forEach(
        (address, node) -> {
          if (node.connections.shared().isConnected()) {
            connected.add(address);
          }
        });
    return connected;
  }

  /**
   * What a node answers is believed by all tenants. On the connection that the tenant's commands
   * share, a reply lost on the wire would make an answer of what a command of this tenant brought
   * about: there the answer counts once a nonce behind it came back. Where the server answers no
   * such question it is asked on a connection on which no command of the tenant ever was.
   */
  @Override
  public CompletionStage<SlotMap> ask(NodeAddress address) {
    CompletableFuture<VerifiedConnection> shared = new CompletableFuture<>();
    node(address)
        .shared()
        .acquire(
            new Waiter() {
              @Override
              public void connected(VerifiedConnection connection) {
                shared.complete(connection);
              }

              @Override
              public void failed(Throwable cause) {
                shared.completeExceptionally(cause);
              }
            });
    return shared.thenCompose(
        connection ->
            ask(address, connection).thenCompose(map -> believed(map, address, connection)));
  }

  private CompletionStage<SlotMap> believed(
      SlotMap map, NodeAddress address, VerifiedConnection connection) {
    return connection
        .prove(nonces.getAsLong(), questionNanos)
        .exceptionally(
            cause -> {
              throw Failures.connectionLost(tenant(), "CLUSTER SLOTS", true, unwrapped(cause));
            })
        .thenCompose(proved -> proved ? CompletableFuture.completedFuture(map) : askAlone(address));
  }

  private CompletionStage<SlotMap> askAlone(NodeAddress address) {
    return topology
        .connector(address)
        .connect(identity)
        .thenCompose(own -> ask(address, own).whenComplete((map, failure) -> own.close()));
  }

  private CompletableFuture<SlotMap> ask(NodeAddress address, VerifiedConnection connection) {
    Question question = new Question(address);
    GuardedCommand<?, ?, ?> command = guard.guard(question);
    command.listener(question);
    command.deadlineNanos(System.nanoTime() + questionNanos);
    connection.dispatch(command);
    return question.result;
  }

  /** {@code CLUSTER SLOTS}, asked by the client itself. */
  private final class Question extends AsyncCommand<byte[], byte[], List<Object>>
      implements ReplyListener {

    private final NodeAddress address;
    private final CompletableFuture<SlotMap> result = new CompletableFuture<>();

    Question(NodeAddress address) {
      super(
          new Command<>(
              CommandType.CLUSTER,
              new ArrayOutput<>(ByteArrayCodec.INSTANCE),
              new CommandArgs<>(ByteArrayCodec.INSTANCE).add("SLOTS")));
      this.address = address;
    }

    @Override
    public void onReply(GuardedCommand<?, ?, ?> command) {
      String error = command.replyError();
      if (error != null) {
        String text =
            ServerError.of(error) == ServerError.NOPERM
                ? "NOPERM "
                    + address
                    + " does not say where slots are: grant the tenant's user +cluster|slots"
                : error;
        result.completeExceptionally(Failures.ofReply(tenant(), command.name(), text, false));
        return;
      }
      try {
        List<Object> table = getOutput().get();
        result.complete(SlotMap.parse(table == null ? List.of() : table, address));
      } catch (IllegalArgumentException unusable) {
        result.completeExceptionally(
            Failures.connectionLost(tenant(), command.name(), true, unusable));
      }
    }

    @Override
    public void onFailure(GuardedCommand<?, ?, ?> command, Throwable cause) {
      result.completeExceptionally(
          cause == DeadlineExceeded.INSTANCE
              ? Failures.timeout(
                  tenant(), command.name(), command.isEncoded(), Duration.ofNanos(questionNanos))
              : Failures.connectionLost(tenant(), command.name(), command.isEncoded(), cause));
    }
  }

  @Override
  public void doubt() {
    topology.refresh(this, null);
  }

  /** Leases a connection to the node that has all keys of the tenant. */
  @Override
  public CompletableFuture<Lease> lease() {
    if (!pinned) {
      return CompletableFuture.failedFuture(
          new CommandRefusedException(
              tenant(),
              "MULTI",
              RefusalReason.CROSS_SLOT,
              "A leased connection leads to one node of the cluster, and this tenant's keys are on all of"
                  + " them: keep each tenant's keys in one slot with a key prefix such as"
                  + " 'tenant:{{tenant}}:'."));
    }
    ClusterLease lease = new ClusterLease(this, poolOptions, questionNanos, timer);
    lease.begin();
    return lease.result();
  }

  /** What is known of the cluster, as soon as anything is. */
  private CompletableFuture<SlotMap> known() {
    SlotMap known = topology.current();
    return known != null ? CompletableFuture.completedFuture(known) : topology.learn(this);
  }

  /** The node that serves the home slot, as soon as that is known. */
  private CompletableFuture<NodeAddress> home() {
    CompletableFuture<SlotMap> map = known();
    CompletableFuture<NodeAddress> result = new CompletableFuture<>();
    map.whenComplete(
        (slots, failure) -> {
          NodeAddress owner = slots == null ? null : slots.owner(homeSlot);
          if (owner != null) {
            result.complete(owner);
          } else {
            result.completeExceptionally(
                failure == null
                    ? notServed(tenant(), "CLUSTER SLOTS", homeSlot)
                    : unwrapped(failure));
          }
        });
    return result;
  }

  /**
   * The nodes that have keys of the tenant, in an order that does not change.
   *
   * @param now whether the cluster must be asked for it; else what it said a moment ago will do
   */
  public CompletableFuture<List<NodeAddress>> nodesOfKeys(boolean now) {
    return (now ? topology.learnAnew(this) : topology.learnAgain(this))
        .thenCompose(this::nodesOfKeys);
  }

  private CompletableFuture<List<NodeAddress>> nodesOfKeys(SlotMap map) {
    if (!pinned) {
      return CompletableFuture.completedFuture(sorted(map));
    }
    NodeAddress owner = map.owner(homeSlot);
    return owner == null
        ? CompletableFuture.failedFuture(notServed(tenant(), "SCAN", homeSlot))
        : CompletableFuture.completedFuture(List.of(owner));
  }

  private static List<NodeAddress> sorted(SlotMap map) {
    return map.primaries().stream().sorted(Comparator.comparing(NodeAddress::toString)).toList();
  }

  /** No node serves a slot now. */
  public static RuntimeException notServed(TenantId tenant, String command, int slot) {
    return Failures.ofReply(
        tenant, command, "CLUSTERDOWN No node serves slot " + slot + " now", false);
  }

  private static Throwable unwrapped(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /**
   * Where the connections of subscriptions come from: the node that has all of the tenant's keys,
   * or, where these are spread, any node.
   */
  public ConnectionSource subscriptions() {
    return new Subscriptions();
  }

  /** What to do when subscriptions are on a node that is not the tenant's home any more. */
  public void onHomeMoved(Runnable action) {
    homeMoved = action;
  }

  private final class Subscriptions implements ConnectionSource {

    /** Where keys are spread any node will do, and after a failure another one. */
    private final AtomicInteger failures = new AtomicInteger();

    /** Which node a connection leads to: one in use, one to come and one to go. */
    private final Map<VerifiedConnection, NodeAddress> places = new ConcurrentHashMap<>();

    private CompletionStage<NodeAddress> place(SlotMap map) {
      if (pinned) {
        return home();
      }
      List<NodeAddress> all = sorted(map);
      return CompletableFuture.completedFuture(
          all.get(Math.floorMod(homeSlot + failures.get(), all.size())));
    }

    @Override
    public CompletableFuture<VerifiedConnection> connect(TenantIdentity subscriber) {
      // What is known may be why a new connection is needed.
      CompletableFuture<VerifiedConnection> result = new CompletableFuture<>();
      topology
          .learnAgain(ClusterConnections.this)
          .thenCompose(this::place)
          .thenCompose(
              address -> {
                // Looks after the tenant's right to be there, also if no command goes there.
                node(address);
                return topology
                    .connector(address)
                    .connect(subscriber)
                    .thenApply(connection -> placed(connection, address));
              })
          .whenComplete(
              (connection, failure) -> {
                if (connection == null) {
                  failures.incrementAndGet();
                  result.completeExceptionally(unwrapped(failure));
                } else if (!result.complete(connection)) {
                  connection.close();
                }
              });
      return result;
    }

    private VerifiedConnection placed(VerifiedConnection connection, NodeAddress address) {
      places.put(connection, address);
      connection.closed().thenRun(() -> places.remove(connection));
      return connection;
    }

    @Override
    public void inUse(VerifiedConnection connection) {
      subscribedAt = places.get(connection);
    }

    @Override
    public CompletionStage<@Nullable TenantCredentials> credentials(TenantIdentity subscriber) {
      throw new UnsupportedOperationException("Subscriptions do not poll credentials");
    }

    @Override
    public CompletionStage<Void> reverify(VerifiedConnection connection) {
      throw new UnsupportedOperationException("Subscriptions are not verified again by themselves");
    }
  }

  @Override
  public PoolOptions poolOptions() {
    return poolOptions;
  }

  private List<NodeConnections> all() {
    List<NodeConnections> all = new ArrayList<>();
    nodes.values().forEach(node -> all.add(node.connections));
    return all;
  }

  @Override
  public boolean isConnected() {
    return all().stream().anyMatch(NodeConnections::isConnected);
  }

  @Override
  public int leased() {
    return all().stream().mapToInt(NodeConnections::leased).sum();
  }

  @Override
  public void sweep(long now) {
    topology.sweep(this);
    SlotMap map = topology.current();
    nodes.forEach((address, node) -> sweep(address, node, map, now));
    NodeAddress subscribed = subscribedAt;
    NodeAddress home = map == null ? null : map.owner(homeSlot);
    if (pinned
        && subscribed != null
        && home != null
        && !subscribed.equals(home)
        && elsewhere.getAsBoolean()) {
      homeMoved.run();
    }
  }

  private void sweep(NodeAddress address, Node node, @Nullable SlotMap map, long now) {
    NodeConnections connections = node.connections;
    long unused = System.nanoTime() - node.usedAt;
    boolean leased = connections.leased() > 0;
    if (!leased && map != null && !map.primaries().contains(address) && unused >= FORGET_NANOS) {
      nodes.remove(address, node);
      connections.close();
      return;
    }
    if (!leased && idleNanos > 0 && unused >= idleNanos && connections.isConnected()) {
      connections.drain();
    }
    connections.sweep(now);
  }

  @Override
  public void exchange() {
    all().forEach(NodeConnections::exchange);
  }

  @Override
  public void drain() {
    all().forEach(NodeConnections::drain);
  }

  @Override
  public void close() {
    closed = true;
    all().forEach(NodeConnections::close);
  }

  /** Only where it is known which node that will be. */
  @Override
  public void expectCommand() {
    SlotMap map = topology.current();
    NodeAddress home = map == null || !pinned ? null : map.owner(homeSlot);
    Node node = home == null ? null : nodes.get(home);
    if (node != null) {
      node.connections.expectCommand();
    }
  }

  @Override
  public void connectedElsewhere(BooleanSupplier connected) {
    elsewhere = connected;
  }

  @Override
  public void onDistrust(Runnable action) {
    distrusted = action;
  }
}
