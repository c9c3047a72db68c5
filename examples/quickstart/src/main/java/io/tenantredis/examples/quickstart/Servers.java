package io.tenantredis.examples.quickstart;

import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** What the quickstart runs on: one server, or the masters of a Redis Cluster. */
final class Servers implements AutoCloseable {

  private final List<RedisServer> nodes;
  private final String scheme;
  private final String keyPrefix;
  private final Runnable end;

  private Servers(List<RedisServer> nodes, String scheme, String keyPrefix, Runnable end) {
    this.nodes = nodes;
    this.scheme = scheme;
    this.keyPrefix = keyPrefix;
    this.end = end;
  }

  static Servers one(RedisServer.Builder builder) {
    RedisServer server = builder.start();
    return new Servers(List.of(server), "redis://", "tenant:{tenant}:", server::close);
  }

  /** Three masters. The braces are the cluster's hash tag: a tenant's keys share a slot. */
  static Servers cluster(RedisServer.Builder builder) {
    RedisCluster cluster = RedisCluster.builder().server(builder).start();
    return new Servers(cluster.masters(), "redis-cluster://", "tenant:{{tenant}}:", cluster::close);
  }

  String keyPrefix() {
    return keyPrefix;
  }

  /** What the names of this tenant's keys begin with on the server. */
  String prefixOf(String tenant) {
    return keyPrefix.replace("{tenant}", tenant);
  }

  String uri() {
    return nodes.stream()
        .map(node -> node.host() + ":" + node.port())
        .collect(Collectors.joining(",", scheme, ""));
  }

  /** What an administrator is told, by all nodes together. */
  long sum(ToLongFunction<RespConnection> question) {
    return nodes.stream().mapToLong(node -> question.applyAsLong(node.admin())).sum();
  }

  /** The same, of text. */
  String all(Function<RespConnection, String> question) {
    return nodes.stream().map(node -> question.apply(node.admin())).collect(Collectors.joining());
  }

  /** A connection without this SDK to each node. */
  List<RespConnection> connect(String user, String password) {
    return nodes.stream().map(node -> node.connect(user, password)).toList();
  }

  @Override
  public void close() {
    end.run();
  }

  @Override
  public String toString() {
    return nodes.get(0).version()
        + (nodes.size() == 1 ? " on " : ", a cluster, on ")
        + nodes.stream()
            .map(node -> node.host() + ":" + node.port())
            .collect(Collectors.joining(", "));
  }
}
