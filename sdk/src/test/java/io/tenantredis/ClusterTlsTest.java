package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.api.sync.RedisCommands;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.TestCertificates;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A cluster whose nodes prove their names, and want their clients to do so, too. */
class ClusterTlsTest {

  private static final TestCertificates CERTIFICATES = TestCertificates.shared();

  private static RedisCluster cluster;

  @BeforeAll
  static void start() {
    cluster =
        RedisCluster.builder()
            .nodeTimeout(Clusters.PATIENT)
            .server(
                Clusters.server(true)
                    .tls(CERTIFICATES, CERTIFICATES.server())
                    .requireClientCertificate())
            .start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static TenantRedis client(TlsOptions tls) {
    return TenantRedis.builder("rediss-cluster://127.0.0.1:" + seed().tlsPort())
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials())
        .tls(tls)
        .commandTimeout(Duration.ofSeconds(20))
        .build();
  }

  private static RedisServer seed() {
    return cluster.masters().get(0);
  }

  private static TlsOptions withCertificate() {
    return TlsOptions.builder()
        .trust(CERTIFICATES.caPem())
        .certificate(CERTIFICATES.client().certificatePem(), CERTIFICATES.client().keyPem())
        .build();
  }

  private static RedisServer owner(String key) {
    return cluster.masterOf("tenant:acme:" + key);
  }

  private static void present(RedisServer node, TestCertificates.Identity identity) {
    node.admin()
        .command(
            "CONFIG",
            "SET",
            "tls-cert-file",
            identity.certificatePem().toString(),
            "tls-key-file",
            identity.keyPem().toString());
  }

  @Test
  void eachNodeIsSpokenToOverTlsWithACertificate() {
    try (TenantRedis redis = client(withCertificate())) {
      Map<String, String> all = new HashMap<>();
      IntStream.range(0, 30).forEach(i -> all.put("k" + i, "v" + i));
      assertThat(redis.tenant("acme").sync().mset(all)).isEqualTo("OK");
      for (RedisServer master : cluster.masters()) {
        assertThat(master.admin().text("CLIENT", "LIST"))
            .containsPattern("laddr=\\S+:" + master.tlsPort() + " .* user=tenant_acme");
      }
    }
  }

  @Test
  void withoutTheCertificateThatNodesWantNothingIsSaid() {
    try (TenantRedis redis = client(TlsOptions.builder().trust(CERTIFICATES.caPem()).build())) {
      assertThatThrownBy(() -> redis.tenant("acme").sync().get("k"))
          .isInstanceOf(TenantConnectionException.class);
    }
    assertThat(seed().admin().list("ACL", "LOG")).isEmpty();
  }

  @Test
  void aNodeThatProvesAnotherNameHearsNoPasswordAndTheOthersGoOn() {
    RedisServer impostor = cluster.masters().get(1);
    present(impostor, CERTIFICATES.wrongHost());
    // Whoever logs in there is seen, be it with the right password.
    impostor.admin().command("CONFIG", "RESETSTAT");
    try (TenantRedis redis = client(withCertificate())) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      List<String> keys = IntStream.range(0, 30).mapToObj(i -> "k" + i).toList();
      assertThat(keys).anyMatch(key -> owner(key).equals(impostor));
      for (String key : keys) {
        if (owner(key).equals(impostor)) {
          assertThatThrownBy(() -> acme.set(key, "v"))
              .isInstanceOfSatisfying(
                  TenantConnectionException.class,
                  failure -> {
                    assertThat(failure.code()).isEqualTo(ErrorCode.SEC004);
                    assertThat(failure.outcome()).isEqualTo(Outcome.NOT_SENT);
                  })
              .hasMessageContaining(impostor.host() + ":" + impostor.tlsPort());
        } else {
          assertThat(acme.set(key, "v")).isEqualTo("OK");
        }
      }
      assertThat(impostor.admin().text("INFO", "commandstats"))
          .doesNotContain("cmdstat_hello", "cmdstat_auth", "cmdstat_acl|whoami", "cmdstat_set:");
    } finally {
      present(impostor, CERTIFICATES.server());
    }
    try (TenantRedis redis = client(withCertificate())) {
      IntStream.range(0, 30)
          .forEach(i -> assertThat(redis.tenant("acme").sync().set("k" + i, "v")).isEqualTo("OK"));
    }
  }
}
