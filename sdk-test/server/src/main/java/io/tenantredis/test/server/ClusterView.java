package io.tenantredis.test.server;

import java.util.BitSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** One node's opinion of the cluster, as {@code CLUSTER NODES} prints it. */
final class ClusterView {

  private static final int FLAGS = 2;
  private static final int MASTER = 3;
  private static final int LINK = 7;
  private static final int FIRST_SLOT_RANGE = 8;

  private final Map<String, Node> nodes = new TreeMap<>();

  private record Node(Set<String> flags, String master, boolean connected, BitSet slots) {

    boolean isMaster() {
      return flags.contains("master");
    }

    boolean isGood(boolean self) {
      return (self || connected)
          && !flags.contains("handshake")
          && !flags.contains("fail")
          && !flags.contains("fail?")
          && !flags.contains("noaddr");
    }
  }

  private ClusterView() {}

  static ClusterView parse(String reply) {
    ClusterView view = new ClusterView();
    reply.lines().map(line -> line.split(" ")).forEach(view::add);
    return view;
  }

  private void add(String[] fields) {
    BitSet slots = new BitSet(RedisCluster.SLOTS);
    for (int i = FIRST_SLOT_RANGE; i < fields.length; i++) {
      // In brackets stand slots on their way from or to another node.
      if (!fields[i].startsWith("[")) {
        String[] range = fields[i].split("-", 2);
        slots.set(Integer.parseInt(range[0]), Integer.parseInt(range[range.length - 1]) + 1);
      }
    }
    Set<String> flags = Set.of(fields[FLAGS].split(","));
    nodes.put(fields[0], new Node(flags, fields[MASTER], fields[LINK].equals("connected"), slots));
  }

  boolean isMaster(String id) {
    Node node = nodes.get(id);
    return node != null && node.isMaster();
  }

  /** The id of this replica's master; {@code -} for a master or an unknown node. */
  String masterOf(String id) {
    Node node = nodes.get(id);
    return node == null ? "-" : node.master;
  }

  BitSet slotsOf(String id) {
    Node node = nodes.get(id);
    return node == null ? new BitSet() : node.slots;
  }

  /** Whether all these nodes are known, reached and well, and nobody else seems to be alive. */
  boolean holds(Set<String> ids) {
    return nodes.keySet().containsAll(ids)
        && nodes.entrySet().stream()
            .allMatch(
                entry ->
                    ids.contains(entry.getKey())
                        == entry.getValue().isGood(entry.getValue().flags.contains("myself")));
  }

  /** What this view says of these nodes, comparable with another node's view. */
  String opinion(Set<String> ids) {
    StringBuilder opinion = new StringBuilder();
    nodes.forEach(
        (id, node) -> {
          if (ids.contains(id)) {
            opinion
                .append(id)
                .append(node.isMaster())
                .append(node.master)
                .append(node.slots)
                .append('\n');
          }
        });
    return opinion.toString();
  }
}
