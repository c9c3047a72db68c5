package io.tenantredis.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.TlsOptions;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.ReplicatedRedis;
import io.tenantredis.test.server.TestCertificates;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the builder starts, and what works on it. */
class TopologiesTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  @Nested
  class Tls {

    @RegisterExtension
    static final TenantRedisExtension EXTENSION = TenantRedisExtension.builder().tls().build();

    @Test
    void theInjectedClientSpeaksTlsAndTrustsTheServer(
        @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
      acme.sync().set("a", "1");

      assertThat(tenants.url()).startsWith("rediss://127.0.0.1:");
      assertThat(tenants.serverUrl()).startsWith("rediss://127.0.0.1:");
      tenants.assertThatTenant(acme).hasKey("a");
    }

    @Test
    void aClientThatDoesNotTrustTheServerIsNotConnected(TestTenants tenants) {
      TenantRedis.Builder builder = TenantRedis.builder(tenants.url());
      tenants.configure(builder);
      try (TenantRedis redis = builder.tls(TlsOptions.builder().build()).build()) {
        assertThatThrownBy(() -> redis.tenant("acme").sync().get("a"))
            .isInstanceOf(RuntimeException.class);
      }
    }

    @Test
    void faultsOfWholeConnectionsStrikeAndThoseOfCommandsAreRefused(
        @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
      acme.sync().set("a", "1");

      assertThatIllegalStateException()
          .isThrownBy(tenants::dropNextReply)
          .withMessageContaining("TLS");
      assertThatIllegalStateException().isThrownBy(tenants::commands);
      tenants.resetConnections();
      await().atMost(SOON).until(() -> tenants.wire().openConnections() == 0);
    }

    @Test
    void isolationIsVerifiedOverTls(TenantRedis redis, TestTenants tenants) {
      TenantIsolation.of(tenants)
          .rounds(1)
          .verify(run -> redis.tenant(run.tenant()).sync().set("a", run.mark("a")));
    }
  }

  @Nested
  class MutualTls {

    @RegisterExtension
    static final TenantRedisExtension EXTENSION =
        TenantRedisExtension.builder().mutualTls().build();

    @Test
    void theInjectedClientPresentsACertificate(@Tenant("acme") TenantClient<String, String> acme) {
      acme.sync().set("a", "1");
    }

    @Test
    void aClientWithoutACertificateIsNotConnected(TestTenants tenants) {
      TenantRedis.Builder builder = TenantRedis.builder(tenants.url());
      tenants.configure(builder);
      builder.tls(TlsOptions.builder().trust(TestCertificates.shared().caPem()).build());
      try (TenantRedis redis = builder.build()) {
        assertThatThrownBy(() -> redis.tenant("acme").sync().get("a"))
            .isInstanceOf(RuntimeException.class);
      }
    }
  }

  @Nested
  class Replicated {

    @RegisterExtension
    static final TenantRedisExtension EXTENSION =
        TenantRedisExtension.builder().replicated(1, 3).exclusive().build();

    @Test
    void usersAreOnAllServersAndTheClientFollowsAFailover(
        TenantRedis redis, TestTenants tenants, ReplicatedRedis servers) {
      redis.tenant("acme").sync().set("a", "1");
      String user = tenants.credentials("acme").username();

      assertThat(servers.sentinels()).hasSize(3);
      assertThat(servers.servers())
          .hasSize(2)
          .allMatch(server -> server.admin().list("ACL", "USERS").contains(user));

      // What is not on the replica yet is lost in a failover.
      servers.awaitReplicas();
      RedisServer promoted = servers.failover();

      assertThat(
              promoted.admin().text("GET", tenants.tenancy().prefixOf(TenantId.of("acme")) + "a"))
          .isEqualTo("1");
      await()
          .atMost(SOON)
          .ignoreExceptions()
          .until(() -> redis.tenant("acme").sync().set("b", "1").equals("OK"));
      tenants.assertThatTenant("acme").hasKey("a").hasKey("b");
      assertThat(tenants.url()).startsWith("redis-sentinel://");
      assertThatIllegalStateException()
          .isThrownBy(tenants::dropNextReply)
          .withMessageContaining("Sentinels");
      tenants.denyPermission("acme", "SET");
      assertThat(promoted.admin().list("ACL", "GETUSER", user).toString()).contains("-set");
    }
  }

  @Nested
  class Cluster {

    @RegisterExtension
    static final TenantRedisExtension EXTENSION =
        TenantRedisExtension.builder().cluster(3, 1).build();

    @Test
    void theUsersOfTenantsWorkOnAllNodesForAClientThatSpeaksCluster(
        TestTenants tenants, RedisCluster cluster) {
      TenantCredentials acme = tenants.credentials("acme");
      RedisClusterClient client =
          RedisClusterClient.create(
              RedisURI.builder(RedisURI.create(tenants.serverUrl()))
                  .withAuthentication(acme.username(), acme.password())
                  .build());
      String prefix = tenants.tenancy().prefixOf(TenantId.of("acme")).toString();
      try (StatefulRedisClusterConnection<String, String> connection = client.connect()) {
        connection.sync().set(prefix + "a", "1");
        connection.sync().set(prefix + "b", "1");
        assertThatThrownBy(() -> connection.sync().get("tenant:globex:a"))
            .hasMessageContaining("NOPERM");
      } finally {
        client.shutdown(Duration.ZERO, SOON);
      }

      assertThat(prefix).contains("{acme}");
      assertThat(cluster.masters()).hasSize(3);
      assertThat(cluster.nodes()).hasSize(6);
      tenants.assertThatTenant("acme").hasKey("a").hasOnlyKeysMatching("?");
    }

    @Test
    void theSdkWorksOnSeveralMasters(
        @Tenant("acme") TenantClient<String, String> acme,
        @Tenant("globex") TenantClient<String, String> globex,
        TestTenants tenants) {
      acme.sync().mset(Map.of("a", "1", "b", "2"));
      globex.sync().set("c", "3");

      assertThat(acme.sync().mget("a", "b", "c")).hasSize(3);
      tenants.assertThatTenant(acme).hasKey("a").hasOnlyKeysMatching("?");
      tenants.assertThatTenant(globex).hasKey("c");
    }

    @Test
    void thereIsNoWireToBreak(TestTenants tenants) {
      assertThatIllegalStateException().isThrownBy(tenants::wire).withMessageContaining("no proxy");
    }
  }

  @Nested
  class ClusterOfOne {

    @RegisterExtension
    static final TenantRedisExtension EXTENSION =
        TenantRedisExtension.builder().cluster(1, 0).build();

    @Test
    void theSdkWorksOnAMasterWithAllSlots(
        @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
      acme.sync().set("a", "1");
      acme.sync().mget("a", "b");

      tenants.assertThatTenant(acme).hasKey("a");
    }
  }

  @Test
  void aRunningServerCannotBeGivenATopology() {
    TenantRedisExtension.Builder builder =
        TenantRedisExtension.builder().url("redis://localhost").cluster(3, 0);

    assertThatIllegalArgumentException()
        .isThrownBy(builder::build)
        .withMessageContaining("leave out the URL");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TenantRedisExtension.builder().cluster(0, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TenantRedisExtension.builder().replicated(0, 10));
  }
}
