package io.tenantredis.spring.data;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.ClusterStateFailureException;
import org.springframework.data.redis.connection.ClusterTopology;
import org.springframework.data.redis.connection.RedisClusterNode;
import org.springframework.data.redis.connection.RedisNode;

/**
 * The nodes of a cluster as {@code CLUSTER SLOTS} names them, which is what a tenant may ask: those
 * that serve slots, and their replicas, without such as failed. Immutable.
 */
final class ClusterNodes {

  private static final int FIRST_NODE = 2;
  private static final int ID = 2;

  private final Set<RedisClusterNode> all = new LinkedHashSet<>();
  private final ClusterTopology topology = new ClusterTopology(all);

  private ClusterNodes() {}

  /**
   * Reads a reply.
   *
   * @throws ClusterStateFailureException if it is none
   */
  static ClusterNodes parse(Collection<?> reply) {
    Map<String, BitSet> slots = new LinkedHashMap<>();
    Map<String, RedisClusterNode.RedisClusterNodeBuilder> nodes = new LinkedHashMap<>();
    for (Object element : reply) {
      if (!(element instanceof List<?> range)
          || range.size() <= FIRST_NODE
          || !(range.get(0) instanceof Long from)
          || !(range.get(1) instanceof Long to)) {
        throw unreadable();
      }
      String master = id(range.get(FIRST_NODE));
      for (int i = FIRST_NODE; i < range.size(); i++) {
        nodes.putIfAbsent(id(range.get(i)), node(range.get(i), i == FIRST_NODE ? null : master));
      }
      slots.computeIfAbsent(master, none -> new BitSet()).set(from.intValue(), to.intValue() + 1);
    }
    ClusterNodes parsed = new ClusterNodes();
    nodes.forEach(
        (id, node) ->
            parsed.all.add(
                node.serving(new RedisClusterNode.SlotRange(slots.getOrDefault(id, new BitSet())))
                    .build()));
    return parsed;
  }

  private static RedisClusterNode.RedisClusterNodeBuilder node(
      Object described, @Nullable String master) {
    List<?> node = (List<?>) described;
    RedisClusterNode.RedisClusterNodeBuilder builder =
        RedisClusterNode.newRedisClusterNode()
            .withId(id(node))
            .promotedAs(master == null ? RedisNode.NodeType.MASTER : RedisNode.NodeType.REPLICA)
            .withFlags(
                EnumSet.of(
                    master == null ? RedisClusterNode.Flag.MASTER : RedisClusterNode.Flag.REPLICA))
            .linkState(RedisClusterNode.LinkState.CONNECTED);
    if (master != null) {
      builder.replicaOf(master);
    }
    String host = text(node.get(0));
    // A server that does not know its own name says nothing, or a question mark.
    return host.isEmpty() || host.equals("?") || !(node.get(1) instanceof Long port)
        ? builder
        : builder.listeningAt(host, port.intValue());
  }

  private static String id(Object described) {
    if (described instanceof List<?> node && node.size() > ID) {
      return text(node.get(ID));
    }
    throw unreadable();
  }

  private static String text(@Nullable Object value) {
    return value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : "";
  }

  private static ClusterStateFailureException unreadable() {
    return new ClusterStateFailureException("The reply to CLUSTER SLOTS cannot be read.");
  }

  List<RedisClusterNode> all() {
    return new ArrayList<>(all);
  }

  /**
   * The replicas of a node.
   *
   * @throws ClusterStateFailureException if there is no such node
   */
  Set<RedisClusterNode> replicasOf(RedisClusterNode master) {
    String id = topology.lookup(master).getId();
    Set<RedisClusterNode> replicas = new LinkedHashSet<>();
    for (RedisClusterNode node : all) {
      if (node.isReplica() && id != null && id.equals(node.getMasterId())) {
        replicas.add(node);
      }
    }
    return replicas;
  }

  Map<RedisClusterNode, Collection<RedisClusterNode>> replicasByMaster() {
    Map<RedisClusterNode, Collection<RedisClusterNode>> replicas = new LinkedHashMap<>();
    for (RedisClusterNode master : topology.getMasterNodes()) {
      replicas.put(master, replicasOf(master));
    }
    return replicas;
  }

  /** Who serves a slot, or null. */
  @Nullable RedisClusterNode serving(int slot) {
    for (RedisClusterNode node : topology.getSlotServingNodes(slot)) {
      return node;
    }
    return null;
  }
}
