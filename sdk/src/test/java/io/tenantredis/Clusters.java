package io.tenantredis;

import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Two tenants on a cluster, for tests: each with a user of its own on every node. */
public final class Clusters {

  /** A tenant's keys are on all nodes. */
  public static final String SPREAD = "tenant:{tenant}:";

  /** A tenant's keys are in one slot. */
  public static final String PINNED = "tenant:{{tenant}}:";

  /**
   * A node that a busy machine holds up for a second or two must not be taken for dead: that would
   * be another test than the one that was written.
   */
  static final Duration PATIENT = Duration.ofSeconds(20);

  private Clusters() {}

  /** Nodes on which each tenant's user may touch only the tenant's keys, in either form. */
  public static RedisCluster.Builder confined() {
    return cluster(true);
  }

  /** Nodes on which each tenant's user may do everything: only the guard is left. */
  static RedisCluster.Builder unconfined() {
    return cluster(false);
  }

  private static RedisCluster.Builder cluster(boolean confined) {
    return RedisCluster.builder().nodeTimeout(PATIENT).server(server(confined));
  }

  /** A server with the tenants' users, like a node of the cluster but on its own. */
  static RedisServer.Builder server(boolean confined) {
    RedisServer.Builder server = RedisServer.builder().adminUser("admin", "admin-secret");
    for (String tenant : new String[] {"acme", "globex"}) {
      server = server.user("tenant_" + tenant, rules(tenant, confined));
    }
    return server;
  }

  public static String[] rules(String tenant, boolean confined) {
    String[] rules = Tenants.rules(tenant, confined);
    return confined
        ? Stream.concat(
                Stream.of(rules),
                Stream.of(
                    "~tenant:{" + tenant + "}:*",
                    "&tenant:{" + tenant + "}:*",
                    "+cluster|slots",
                    "&__keyspace@0__:tenant:{" + tenant + "}:*"))
            .toArray(String[]::new)
        : rules;
  }

  static String uri(RedisCluster cluster) {
    return cluster.masters().stream()
        .map(node -> node.host() + ":" + node.port())
        .collect(Collectors.joining(",", "redis-cluster://", ""));
  }

  public static TenantRedis.Builder client(RedisCluster cluster, String keyPrefix) {
    return TenantRedis.builder(uri(cluster))
        .keyPrefix(keyPrefix)
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials());
  }
}
