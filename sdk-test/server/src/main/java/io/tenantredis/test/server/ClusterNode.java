package io.tenantredis.test.server;

/**
 * A node of a cluster.
 *
 * @param id its own, for ever
 */
record ClusterNode(RedisServer server, String id) {

  static ClusterNode start(ServerOptions options) {
    RedisServer server = RedisServer.Builder.of(options).start();
    return new ClusterNode(server, server.admin().text("CLUSTER", "MYID"));
  }

  void command(String... args) {
    server.admin().command(args);
  }

  void meet(ClusterNode other) {
    command(
        "CLUSTER",
        "MEET",
        other.server.host(),
        Integer.toString(other.server.peerPort()),
        Integer.toString(other.server.busPort()));
  }

  /** The cluster as this node sees it. */
  ClusterView view() {
    return ClusterView.parse(server.admin().text("CLUSTER", "NODES"));
  }

  /**
   * Whether the cluster is well in this node's opinion, and it is connected to its master if it has
   * one.
   */
  boolean isWell() {
    ServerInfo cluster = new ServerInfo(server.admin().text("CLUSTER", "INFO"));
    ServerInfo replication = new ServerInfo(server.admin().text("INFO", "replication"));
    return cluster.get("cluster_state").equals("ok")
        && (replication.get("role").equals("master")
            || replication.get("master_link_status").equals("up"));
  }
}
