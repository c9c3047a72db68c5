package io.tenantredis.internal.pool;

import io.lettuce.core.OrderingReadFromAccessor;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.models.role.RedisNodeDescription;
import io.tenantredis.TenantId;
import io.tenantredis.internal.connection.ConnectionSource;
import io.tenantredis.internal.connection.NodeAddress;
import io.tenantredis.internal.connection.Shard;
import io.tenantredis.internal.connection.Shards;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * The connections of one tenant to replicas: to each that it reads from, made when it is used
 * first, each verified by itself. Nothing but reads goes over them.
 *
 * <p>Which replica comes first is different for each tenant and the same for all reads of one, so
 * that tenants are spread while each has few connections.
 *
 * <p>Thread-safe; nothing blocks.
 */
public final class ReplicaConnections {

  /** Connections to a node that is no replica any more are kept this long. */
  private static final long FORGET_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** A replica that could not answer is left alone this long if others can. */
  private static final long SPARE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int MAX_CHOICES = 256;

  private final Shards shards;
  private final TenantId tenant;
  private final ReadFrom byDefault;
  private final long idleNanos;
  private final Function<ConnectionSource, SharedConnection> factory;
  private final Map<NodeAddress, ReplicaConnection> nodes = new ConcurrentHashMap<>();
  private final Map<Choice, List<ReadTarget>> choices = new ConcurrentHashMap<>();
  private final AtomicInteger turns = new AtomicInteger();
  private volatile boolean closed;

  /**
   * @param byDefault where reads go that do not say so themselves
   * @param idleNanos after how long without use a connection is closed; 0 for never
   * @param factory a connection to one replica, not open
   */
  public ReplicaConnections(
      Shards shards,
      TenantId tenant,
      ReadFrom byDefault,
      long idleNanos,
      Function<ConnectionSource, SharedConnection> factory) {
    this.shards = shards;
    this.tenant = tenant;
    this.byDefault = byDefault;
    this.idleNanos = idleNanos;
    this.factory = factory;
  }

  private record Choice(ReadFrom readFrom, Shard shard) {}

  public Shards shards() {
    return shards;
  }

  /** Where reads go that do not say so themselves. */
  public ReadFrom byDefault() {
    return byDefault;
  }

  /**
   * The nodes that a read may go to.
   *
   * @param readFrom the application's; what it throws is passed on
   * @param shard the nodes that have the data
   */
  public ReadOrder choose(ReadFrom readFrom, Shard shard) {
    Choice choice = new Choice(readFrom, shard);
    List<ReadTarget> selected = choices.get(choice);
    if (selected == null) {
      selected = select(readFrom, shard);
      if (choices.size() >= MAX_CHOICES) {
        choices.clear();
      }
      choices.put(choice, selected);
    }
    long now = System.nanoTime();
    boolean inTurns = selected.size() > 1 && !OrderingReadFromAccessor.isOrderSensitive(readFrom);
    return ReadOrder.of(
        selected,
        inTurns ? Math.floorMod(turns.getAndIncrement(), selected.size()) : 0,
        target -> target.replica() == null || isPromising(target.replica(), now));
  }

  private boolean isPromising(NodeAddress replica, long now) {
    ReplicaConnection known = nodes.get(replica);
    return known == null || known.isPromising(now);
  }

  private List<ReadTarget> select(ReadFrom readFrom, Shard shard) {
    List<RedisNodeDescription> all = new ArrayList<>();
    all.add(ReadTarget.primary(shard.primary()));
    shard.replicas().stream()
        .sorted(Comparator.comparing(this::rank).thenComparing(NodeAddress::toString))
        .forEach(replica -> all.add(ReadTarget.replica(replica)));
    List<ReadTarget> selected = new ArrayList<>();
    for (RedisNodeDescription node : readFrom.select(new Known(all))) {
      if (node instanceof ReadTarget target) {
        selected.add(target);
      }
    }
    return List.copyOf(selected);
  }

  /** Another replica for another tenant, and the same one also when further ones come. */
  private int rank(NodeAddress replica) {
    int hash = (tenant.value() + ' ' + replica).hashCode() * 0x9E3779B9;
    return hash ^ (hash >>> 16);
  }

  private record Known(List<RedisNodeDescription> all) implements ReadFrom.Nodes {

    @Override
    public List<RedisNodeDescription> getNodes() {
      return List.copyOf(all);
    }

    @Override
    public Iterator<RedisNodeDescription> iterator() {
      return getNodes().iterator();
    }
  }

  /** The tenant's connection to a replica. */
  public ReplicaConnection to(NodeAddress replica) {
    long now = System.nanoTime();
    ReplicaConnection node = nodes.get(replica);
    if (node == null) {
      node =
          nodes.computeIfAbsent(
              replica,
              at -> new ReplicaConnection(at, factory.apply(shards.replica(at)), SPARE_NANOS, now));
      if (closed) {
        node.shared().close();
      }
    }
    node.use(now);
    return node;
  }

  /** Whether a connection is open. */
  public boolean isConnected() {
    return nodes.values().stream().anyMatch(node -> node.shared().isConnected());
  }

  /** Does what is to be done at intervals. Called more often than those. */
  public void sweep(long now) {
    nodes.forEach(
        (address, node) -> {
          long unused = System.nanoTime() - node.usedAt();
          if (unused >= FORGET_NANOS && !shards.hasReplica(address)) {
            nodes.remove(address, node);
            node.shared().close();
            return;
          }
          if (idleNanos > 0 && unused >= idleNanos && node.shared().isConnected()) {
            node.shared().replace();
          }
          node.shared().sweep(now);
        });
  }

  /** Opens connections with the credentials and certificates of now, and drains the old ones. */
  public void exchange() {
    nodes.values().forEach(node -> node.shared().exchange());
  }

  /** Closes connections as soon as nothing is in flight on them; a late read opens another. */
  public void drain() {
    nodes.values().forEach(node -> node.shared().replace());
  }

  /** Closes the connections and accepts no further call. Reads in flight fail. */
  public void close() {
    closed = true;
    nodes.values().forEach(node -> node.shared().close());
  }
}
