package io.tenantredis.test.server;

import io.tenantredis.test.server.ServerOptions.Role;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A Redis Cluster of local processes, ready within a few seconds: all slots assigned, and every
 * node of the same opinion.
 *
 * <p>All nodes have the same users, settings and TLS, those of {@link Builder#server}. Where they
 * have TLS, the cluster bus uses it too.
 *
 * <p>Who is master changes with failovers: ask {@link #masters()} anew. Every node can be killed,
 * frozen and restarted by its own methods. {@link #close()} ends all of them.
 *
 * <p>Thread-safe. Methods that wait throw {@link RedisServerException} after 60 seconds.
 */
public final class RedisCluster implements AutoCloseable {

  /** How many slots a cluster has. */
  public static final int SLOTS = 16_384;

  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final ServerOptions options;
  private final List<ClusterNode> nodes = new ArrayList<>();

  private RedisCluster(Builder builder) {
    this.options = builder.server.snapshot();
    options.role = Role.CLUSTER_NODE;
    Administrator administrator = options.chooseAdministrator();
    if (administrator.password() != null) {
      options.add("masteruser", administrator.user()).add("masterauth", administrator.password());
    }
    if (options.hasTls()) {
      options.add("tls-cluster", "yes").add("tls-replication", "yes");
    }
    options
        .add("cluster-node-timeout", builder.nodeTimeout.toMillis())
        .add("cluster-replica-validity-factor", "0")
        .add("cluster-allow-replica-migration", "no")
        .add("repl-ping-replica-period", "1");
    boolean started = false;
    try {
      form(builder.masters, builder.replicas);
      started = true;
    } finally {
      if (!started) {
        close();
      }
    }
  }

  /** Starts describing a cluster of three masters. */
  public static Builder builder() {
    return new Builder();
  }

  /** The slot of a key, with regard to its hash tag. */
  public static int slotOf(String key) {
    return HashSlot.of(key.getBytes(StandardCharsets.UTF_8));
  }

  private void form(int masters, int replicasEach) {
    for (int i = 0; i < masters * (1 + replicasEach); i++) {
      nodes.add(ClusterNode.start(options));
    }
    for (int i = 0; i < masters; i++) {
      ClusterNode master = nodes.get(i);
      master.command("CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
      int first = i * SLOTS / masters;
      int last = (i + 1) * SLOTS / masters - 1;
      master.command("CLUSTER", "ADDSLOTSRANGE", Integer.toString(first), Integer.toString(last));
    }
    for (ClusterNode node : nodes.subList(1, nodes.size())) {
      nodes.get(0).meet(node);
    }
    awaitEverybodyKnown();
    for (int i = masters; i < nodes.size(); i++) {
      nodes.get(i).command("CLUSTER", "REPLICATE", nodes.get(i % masters).id());
    }
    awaitAgreement();
  }

  /** All nodes, running or not, in the order they were first started. */
  public synchronized List<RedisServer> nodes() {
    return nodes.stream().map(ClusterNode::server).toList();
  }

  /** The running masters that have slots, in the order their nodes were first started. */
  public synchronized List<RedisServer> masters() {
    ClusterView view = view();
    return running().stream()
        .filter(node -> view.isMaster(node.id()) && !view.slotsOf(node.id()).isEmpty())
        .map(ClusterNode::server)
        .toList();
  }

  /** The running replicas of a master, in the order their nodes were first started. */
  public synchronized List<RedisServer> replicasOf(RedisServer master) {
    ClusterView view = view();
    String id = node(master).id();
    return running().stream()
        .filter(node -> view.masterOf(node.id()).equals(id))
        .map(ClusterNode::server)
        .toList();
  }

  /**
   * The master that owns a slot.
   *
   * @throws IllegalStateException when no running node does
   */
  public synchronized RedisServer masterOf(int slot) {
    ClusterView view = view();
    return running().stream()
        .filter(node -> view.slotsOf(node.id()).get(slot))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no running node owns slot " + slot))
        .server();
  }

  /** The master that owns the slot of this key. */
  public RedisServer masterOf(String key) {
    return masterOf(slotOf(key));
  }

  /**
   * Makes a replica the master of its shard in good order ({@code CLUSTER FAILOVER}), and waits
   * until all nodes agree.
   *
   * @throws IllegalStateException when the node is no replica
   */
  public synchronized void failover(RedisServer replica) {
    ClusterNode node = node(replica);
    if (view().isMaster(node.id())) {
      throw new IllegalStateException("the node is no replica");
    }
    Await.until(
        "the replica takes over",
        TIMEOUT,
        () -> {
          if (node.view().isMaster(node.id())) {
            return true;
          }
          // A request that the master was too busy for is forgotten after some seconds.
          replica.admin().tryCommand("CLUSTER", "FAILOVER");
          return Await.holdsWithin(Duration.ofSeconds(2), () -> node.view().isMaster(node.id()));
        });
    awaitAgreement();
  }

  /**
   * Kills a master with SIGKILL and waits until a replica has taken over and the running nodes
   * agree. The old master stays down; {@link RedisServer#restart()} brings it back as a replica.
   *
   * @return the new master
   * @throws IllegalStateException when the master has no running replica
   */
  public synchronized RedisServer failoverByKill(RedisServer master) {
    List<RedisServer> candidates = replicasOf(master);
    if (candidates.isEmpty()) {
      throw new IllegalStateException("there is no running replica to take over");
    }
    master.kill9();
    Await.until(
        "a replica takes over",
        TIMEOUT,
        () ->
            candidates.stream().map(this::node).anyMatch(node -> node.view().isMaster(node.id())));
    awaitAgreement();
    return candidates.stream()
        .filter(server -> view().isMaster(node(server).id()))
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("the replica that took over is no master any more"));
  }

  /**
   * Begins to move a slot to another master, so that clients see {@code ASK} and {@code TRYAGAIN}.
   * Nothing moves until the {@link SlotMigration} is told to.
   *
   * @throws IllegalArgumentException when the target owns the slot already
   */
  public synchronized SlotMigration beginMigration(int slot, RedisServer target) {
    ClusterNode from = node(masterOf(slot));
    ClusterNode to = node(target);
    if (from.equals(to)) {
      throw new IllegalArgumentException("the target owns slot " + slot + " already");
    }
    return new SlotMigration(this, slot, from, to, options.chooseAdministrator());
  }

  /** Moves a slot with all its keys to another master, and waits until all nodes agree. */
  public void migrate(int slot, RedisServer target) {
    beginMigration(slot, target).finish();
  }

  /**
   * Adds an empty master and waits until all nodes know it.
   *
   * @return the new node
   */
  public synchronized RedisServer addNode() {
    ClusterNode node = ClusterNode.start(options);
    ClusterNode known = running().get(0);
    nodes.add(node);
    known.meet(node);
    awaitEverybodyKnown();
    awaitAgreement();
    return node.server();
  }

  /**
   * Adds a replica and waits until it follows its master and all nodes know it.
   *
   * @return the new node
   */
  public synchronized RedisServer addReplica(RedisServer master) {
    RedisServer added = addNode();
    node(added).command("CLUSTER", "REPLICATE", node(master).id());
    awaitAgreement();
    return added;
  }

  /**
   * Ends a node for good and makes all other ones forget it.
   *
   * @throws IllegalStateException when it owns slots
   */
  public synchronized void removeNode(RedisServer server) {
    ClusterNode node = node(server);
    if (!view().slotsOf(node.id()).isEmpty()) {
      throw new IllegalStateException("migrate its slots first");
    }
    nodes.remove(node);
    server.close();
    for (ClusterNode other : running()) {
      other.command("CLUSTER", "FORGET", node.id());
    }
    awaitAgreement();
  }

  /**
   * Waits until every running node says that the cluster is well, all of them have the same opinion
   * of who owns which slots and who follows whom, and every running replica is connected to its
   * master.
   */
  public synchronized void awaitAgreement() {
    Await.until("all nodes agree", TIMEOUT, this::agree);
  }

  private boolean agree() {
    Set<String> opinions = new HashSet<>();
    List<ClusterNode> running = running();
    Set<String> ids = new HashSet<>();
    running.forEach(node -> ids.add(node.id()));
    for (ClusterNode node : running) {
      ClusterView view = node.view();
      if (!node.isWell() || !view.holds(ids)) {
        return false;
      }
      opinions.add(view.opinion(ids));
    }
    return opinions.size() == 1;
  }

  private void awaitEverybodyKnown() {
    Set<String> ids = new HashSet<>();
    running().forEach(node -> ids.add(node.id()));
    Await.until(
        "all nodes know each other",
        TIMEOUT,
        () -> running().stream().allMatch(node -> node.view().holds(ids)));
  }

  private ClusterView view() {
    return running().get(0).view();
  }

  private List<ClusterNode> running() {
    List<ClusterNode> running = nodes.stream().filter(node -> node.server().isRunning()).toList();
    if (running.isEmpty()) {
      throw new IllegalStateException("no node is running");
    }
    return running;
  }

  List<ClusterNode> runningMasters() {
    ClusterView view = view();
    return running().stream().filter(node -> view.isMaster(node.id())).toList();
  }

  private ClusterNode node(RedisServer server) {
    return nodes.stream()
        .filter(node -> node.server().equals(server))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(server + " is not of this cluster"));
  }

  /** Ends all processes. Closing again does nothing. */
  @Override
  public synchronized void close() {
    nodes.forEach(node -> node.server().close());
  }

  /** Describes a cluster. Not thread-safe. */
  public static final class Builder {

    private RedisServer.Builder server = RedisServer.builder();
    private int masters = 3;
    private int replicas;
    private Duration nodeTimeout = Duration.ofSeconds(1);

    private Builder() {}

    /**
     * Users, settings and TLS of every node; a fixed port is not possible. Default: an open server.
     */
    public Builder server(RedisServer.Builder server) {
      this.server = Objects.requireNonNull(server, "server");
      return this;
    }

    /**
     * How many masters share the slots. Default: 3. With fewer than three, no failover but {@link
     * RedisCluster#failover} happens, for want of a majority.
     *
     * @param masters from 1 to 20
     */
    public Builder masters(int masters) {
      this.masters = inRange("masters", masters, 1, 20);
      return this;
    }

    /**
     * How many replicas each master has. Default: 0.
     *
     * @param replicas from 0 to 5
     */
    public Builder replicasPerMaster(int replicas) {
      this.replicas = inRange("replicas", replicas, 0, 5);
      return this;
    }

    /**
     * After how long a silent node is taken for down ({@code cluster-node-timeout}). Default: 1 s.
     */
    public Builder nodeTimeout(Duration timeout) {
      if (timeout.toMillis() < 100) {
        throw new IllegalArgumentException("nodeTimeout must be at least 100 ms: " + timeout);
      }
      this.nodeTimeout = timeout;
      return this;
    }

    /**
     * Starts all nodes, forms the cluster, and waits until all nodes agree.
     *
     * @throws RedisServerException when they do not
     */
    public RedisCluster start() {
      return new RedisCluster(this);
    }

    private static int inRange(String what, int number, int from, int to) {
      if (number < from || number > to) {
        throw new IllegalArgumentException(
            what + " must be from " + from + " to " + to + ": " + number);
      }
      return number;
    }
  }
}
