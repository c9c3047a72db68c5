package io.tenantredis.admin;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All servers of a deployment: a cluster's nodes, or a primary and its replicas. Servers do not
 * pass ACL users on to each other, so each has to be told.
 *
 * <p>Thread-safe.
 */
final class AdminNodes implements AutoCloseable {

  private final RedisClient client;
  private final RedisURI seed;
  private final boolean discover;
  private final Map<String, AdminNode> known = new TreeMap<>();

  AdminNodes(RedisClient client, RedisURI seed, boolean discover) {
    this.client = client;
    this.seed = seed;
    this.discover = discover;
  }

  /** Whether servers are left out of {@link #all()}, because nobody was to look for them. */
  boolean isPartial() {
    if (discover) {
      return false;
    }
    Map<String, String> replication = seed().info("replication");
    return "1".equals(seed().info("cluster").get("cluster_enabled"))
        || "slave".equals(replication.get("role"))
        || !"0".equals(replication.getOrDefault("connected_slaves", "0"));
  }

  /** The server that was named when connecting. */
  AdminNode seed() {
    return node(seed.getHost(), seed.getPort());
  }

  /**
   * All servers as of now, the unreachable ones included, always in the same order: whoever writes
   * last on the last of them sees what somebody else wrote on the first.
   */
  List<AdminNode> all() {
    if (!discover) {
      return List.of(seed());
    }
    AdminNode first = seed();
    Map<String, AdminNode> found = new TreeMap<>();
    if ("1".equals(first.info("cluster").get("cluster_enabled"))) {
      clusterNodes(first).forEach(node -> found.put(node.address(), node));
    } else {
      replicationNodes(first).forEach(node -> found.put(node.address(), node));
    }
    return List.copyOf(found.values());
  }

  /**
   * The servers that take writes, as of now; at least one. Nothing would look like an empty server.
   */
  List<AdminNode> primaries() {
    List<AdminNode> primaries = new ArrayList<>();
    for (AdminNode node : all()) {
      if ("master".equals(node.info("replication").get("role"))) {
        primaries.add(node);
      }
    }
    if (primaries.isEmpty()) {
      throw new AdminException(
          seed().address()
              + " is a replica, and its primary was not looked for: name the primary.");
    }
    return primaries;
  }

  private List<AdminNode> clusterNodes(AdminNode first) {
    List<AdminNode> nodes = new ArrayList<>();
    first
        .text("CLUSTER", "NODES")
        .lines()
        .map(line -> line.split(" ", 4))
        .filter(
            fields ->
                fields.length == 4
                    && !fields[2].contains("noaddr")
                    && !fields[2].contains("handshake"))
        .forEach(
            fields -> {
              if (fields[2].contains("myself")) {
                nodes.add(first);
              } else {
                String address = fields[1].replaceAll("[@,].*", "");
                int colon = address.lastIndexOf(':');
                nodes.add(
                    node(
                        address.substring(0, colon),
                        Integer.parseInt(address.substring(colon + 1))));
              }
            });
    return nodes;
  }

  /** Upwards to the primary, then down to all replicas and replicas of these. */
  private List<AdminNode> replicationNodes(AdminNode first) {
    Map<String, AdminNode> found = new LinkedHashMap<>();
    Deque<AdminNode> unasked = new ArrayDeque<>(List.of(first));
    while (!unasked.isEmpty()) {
      AdminNode node = unasked.pop();
      if (found.putIfAbsent(node.address(), node) != null) {
        continue;
      }
      Map<String, String> replication;
      try {
        replication = node.info("replication");
      } catch (AdminException unreachable) {
        if (node == first) {
          throw unreachable;
        }
        continue;
      }
      if ("slave".equals(replication.get("role"))) {
        unasked.add(
            node(
                replication.getOrDefault("master_host", ""),
                Integer.parseInt(replication.getOrDefault("master_port", "0"))));
      }
      replication.forEach(
          (field, value) -> {
            if (field.matches("slave\\d+")) {
              Map<String, String> replica = fields(value);
              unasked.add(
                  node(
                      replica.getOrDefault("ip", ""),
                      Integer.parseInt(replica.getOrDefault("port", "0"))));
            }
          });
    }
    return List.copyOf(found.values());
  }

  private static Map<String, String> fields(String value) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String field : value.split(",", -1)) {
      int equals = field.indexOf('=');
      if (equals > 0) {
        fields.put(field.substring(0, equals), field.substring(equals + 1));
      }
    }
    return fields;
  }

  /** The server at an address that another one told; an empty host means the one that was asked. */
  AdminNode at(String host, int port) {
    return node(host.isEmpty() ? seed.getHost() : host, port);
  }

  private synchronized AdminNode node(String host, int port) {
    RedisURI uri = RedisURI.builder(seed).withHost(host).withPort(port).build();
    return known.computeIfAbsent(AdminNode.address(uri), address -> new AdminNode(client, uri));
  }

  @Override
  public synchronized void close() {
    known.values().forEach(AdminNode::close);
  }
}
