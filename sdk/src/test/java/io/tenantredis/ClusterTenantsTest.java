package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Many tenants on one cluster; a thousand with {@code -Dtenantredis.long=true}. */
class ClusterTenantsTest {

  private static final int TENANTS = Boolean.getBoolean("tenantredis.long") ? 1000 : 60;
  private static final int MOST_CONNECTIONS = TENANTS / 2;
  private static final char[] PASSWORD = "secret of all".toCharArray();

  private static RedisCluster cluster;

  @BeforeAll
  static void start() {
    cluster =
        RedisCluster.builder()
            .nodeTimeout(Clusters.PATIENT)
            .server(RedisServer.builder().adminUser("admin", "admin-secret"))
            .start();
    for (RedisServer node : cluster.masters()) {
      for (int i = 0; i < TENANTS; i++) {
        node.admin()
            .command(
                "ACL",
                "SETUSER",
                "tenant_t" + i,
                "on",
                ">" + new String(PASSWORD),
                "~tenant:t" + i + ":*",
                "+@read",
                "+@write",
                "+@connection",
                "+acl|whoami",
                "+cluster|slots");
      }
    }
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static int connections() {
    return cluster.masters().stream()
        .map(node -> node.admin().text("CLIENT", "LIST"))
        .mapToInt(
            clients ->
                Math.toIntExact(
                    clients.lines().filter(line -> line.contains("user=tenant_t")).count()))
        .sum();
  }

  /** A server hears of the end of one after another server heard of its successor. */
  private static void awaitNoMoreConnectionsThanMayBe() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollDelay(Duration.ZERO)
        .untilAsserted(() -> assertThat(connections()).isBetween(3, MOST_CONNECTIONS));
  }

  private static int questions() {
    return cluster.masters().stream()
        .map(
            node ->
                Pattern.compile("cmdstat_cluster\\|slots:calls=(\\d+)")
                    .matcher(node.admin().text("INFO", "commandstats")))
        .filter(Matcher::find)
        .mapToInt(found -> Integer.parseInt(found.group(1)))
        .sum();
  }

  private static String keyOn(RedisServer node, String tenant) {
    return IntStream.range(0, 1000)
        .mapToObj(i -> "k" + i)
        .filter(key -> cluster.masterOf("tenant:" + tenant + ":" + key).equals(node))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void tenantsShareWhatIsKnownOfTheClusterAndOpenOnlyConnectionsThatTheyUseUpToTheMost() {
    List<RedisServer> nodes = cluster.masters();
    try (TenantRedis redis =
        TenantRedis.builder(Clusters.uri(cluster))
            .keyPrefix(Clusters.SPREAD)
            .identity("tenant_{tenant}")
            .credentials(
                TenantCredentialsProvider.of(
                    tenant -> TenantCredentials.of("tenant_" + tenant, new String(PASSWORD))))
            .commandTimeout(Duration.ofSeconds(20))
            .connections(ConnectionOptions.builder().maxConnections(MOST_CONNECTIONS).build())
            .build()) {
      int asked = questions();
      for (int i = 0; i < TENANTS; i++) {
        redis.tenant("t" + i);
      }
      assertThat(connections()).as("handles connect to nothing").isZero();

      redis.tenant("t0").sync().set(keyOn(nodes.get(0), "t0"), "v");
      assertThat(connections()).as("one node for the topology, one for the key").isBetween(1, 2);
      for (RedisServer node : nodes) {
        redis.tenant("t0").sync().set(keyOn(node, "t0"), "v");
      }
      assertThat(connections()).isEqualTo(3);

      int threads = Thread.activeCount();
      for (int i = 1; i < TENANTS; i++) {
        String tenant = "t" + i;
        for (RedisServer node : nodes) {
          assertThat(redis.tenant(tenant).sync().set(keyOn(node, tenant), tenant)).isEqualTo("OK");
        }
        if (i % 20 == 0) {
          awaitNoMoreConnectionsThanMayBe();
        }
      }
      awaitNoMoreConnectionsThanMayBe();
      // Loops of Netty that were not needed before.
      assertThat(Thread.activeCount())
          .isLessThanOrEqualTo(threads + 2 * Runtime.getRuntime().availableProcessors());
      assertThat(questions() - asked).as("asked once, not by each tenant").isLessThan(TENANTS / 3);
      for (int i = 0; i < TENANTS; i += 10) {
        String tenant = "t" + i;
        String key = keyOn(nodes.get(1), tenant);
        assertThat(nodes.get(1).admin().command("GET", "tenant:" + tenant + ":" + key))
            .isEqualTo(i == 0 ? "v" : tenant);
      }
    }
  }
}
