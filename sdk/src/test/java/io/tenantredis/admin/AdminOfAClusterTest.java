package io.tenantredis.admin;

import static io.tenantredis.admin.ProvisionerTest.adminUri;
import static io.tenantredis.admin.ProvisionerTest.policy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.TenantId;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespErrorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every node of a cluster, masters and replicas: none of them hears of users from another one. */
class AdminOfAClusterTest {

  private static final Tenancy TENANCY = Tenancy.of("tenant:{tenant}:", "tenant_{tenant}");
  private static final AclPolicy POLICY = policy("acme", AclProfile.CACHE);
  private static final AclPassword PASSWORD = AclPassword.of("one".toCharArray());

  private static RedisCluster cluster;
  private static RedisServer seed;
  private static RedisServer last;
  private static TenantRedisAdmin admin;

  @BeforeAll
  static void start() {
    cluster =
        RedisCluster.builder()
            .masters(2)
            .replicasPerMaster(1)
            .server(RedisServer.builder().adminUser("root", "root password"))
            .start();
    seed = cluster.nodes().get(0);
    last = cluster.nodes().get(3);
    admin = ProvisionerTest.connect(seed);
  }

  @AfterAll
  static void stop() {
    admin.close();
    cluster.close();
  }

  @BeforeEach
  void oneUserEverywhere() {
    admin.provisioner().apply(POLICY, PASSWORD).requireComplete();
  }

  private static String addressOf(RedisServer node) {
    return "127.0.0.1:" + node.port();
  }

  @Test
  void aUserIsMadeOnMastersAndReplicasWithAReportForEachNode() {
    admin.provisioner().revoke("tenant_acme").requireComplete();

    ProvisioningReport report = admin.provisioner().apply(POLICY, PASSWORD).requireComplete();

    assertThat(report.nodes())
        .extracting(NodeResult::node)
        .containsExactlyInAnyOrderElementsOf(
            cluster.nodes().stream().map(AdminOfAClusterTest::addressOf).toList());
    assertThat(report.nodes())
        .extracting(NodeResult::status)
        .containsOnly(NodeResult.Status.CHANGED);
    cluster.nodes().forEach(node -> node.connect("tenant_acme", "one").close());
  }

  @Test
  void connectionsEndOnEveryNode() {
    List<RespConnection> connections =
        cluster.nodes().stream().map(node -> node.connect("tenant_acme", "one")).toList();

    admin.provisioner().suspend("tenant_acme").requireComplete();

    for (RespConnection connection : connections) {
      assertThatThrownBy(() -> connection.command("PING")).isInstanceOf(RuntimeException.class);
      connection.close();
    }
    cluster
        .nodes()
        .forEach(
            node ->
                assertThatThrownBy(() -> node.connect("tenant_acme", "one"))
                    .isInstanceOf(RespErrorException.class));
  }

  @Test
  void aNodeThatDoesNotAnswerIsNamedTheOthersAreDoneAndRepeatingCompletes(@TempDir Path directory)
      throws Exception {
    Path evidence = directory.resolve("incident.json");
    last.freeze();
    try (TenantRedisAdmin hasty =
        TenantRedisAdmin.builder(adminUri(seed)).timeout(Duration.ofSeconds(3)).connect()) {
      ProvisioningReport report = hasty.provisioner().update(policy("acme", AclProfile.QUEUE));
      assertThat(report.isComplete()).isFalse();
      assertThat(report.nodes())
          .filteredOn(node -> !node.isDone())
          .extracting(NodeResult::node, NodeResult::status)
          .containsExactly(tuple(addressOf(last), NodeResult.Status.FAILED));
      assertThatThrownBy(report::requireComplete)
          .hasMessageContaining(addressOf(last))
          .hasMessageContaining("running it again is safe");
      assertThatThrownBy(() -> hasty.provisioner().drift(List.of(POLICY), name -> true))
          .as("silence would look like agreement")
          .isInstanceOf(AdminException.class);
      assertThatThrownBy(() -> hasty.provisioner().list(name -> true))
          .isInstanceOf(AdminException.class);

      IncidentReport incident = hasty.incidents().contain("tenant_acme", evidence);
      assertThat(incident.isContained()).isFalse();
      assertThat(incident.nodes())
          .filteredOn(NodeResult::isDone)
          .extracting(NodeResult::node)
          .containsExactlyInAnyOrderElementsOf(
              cluster.nodes().subList(0, 3).stream().map(AdminOfAClusterTest::addressOf).toList());
      assertThat(Files.readString(evidence))
          .contains(addressOf(last), "connectionsFailure", "aclLogFailure", "userFailure");

      assertThat(hasty.verifier().verifyAll(TENANCY).findings())
          .filteredOn(Finding::unknown)
          .extracting(Finding::check, Finding::subject)
          .containsExactly(tuple("other-server", addressOf(last)));
      assertThat(hasty.audit().run().findings())
          .filteredOn(finding -> finding.subject().equals(addressOf(last)))
          .extracting(Finding::unknown)
          .containsOnly(true);
    } finally {
      last.thaw();
    }
    assertThatThrownBy(() -> seed.connect("tenant_acme", "one"))
        .isInstanceOf(RespErrorException.class);
    admin.provisioner().apply(POLICY, PASSWORD).requireComplete();
    assertThat(admin.provisioner().drift(List.of(POLICY), name -> false)).isEmpty();
  }

  @Test
  void aUserThatDiffersOnOneNodeIsFoundByDriftAndVerificationAndAudit() {
    last.admin().command("ACL", "SETUSER", "tenant_acme", "~*");

    assertThat(admin.provisioner().drift(List.of(POLICY), name -> false))
        .extracting(UserDrift::node)
        .containsExactly(addressOf(last));
    assertThat(admin.verifier().verify(POLICY).findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.check()).isEqualTo("other-server");
              assertThat(finding.severity()).isEqualTo(Severity.HIGH);
              assertThat(finding.evidence()).contains(addressOf(last));
            });
    assertThat(admin.audit().run().findings())
        .extracting(Finding::check)
        .contains("servers-agree", "user-without-limits");
  }

  @Test
  void aUserThatIsOnOneOtherNodeOnlyIsFound() {
    last.admin().command("ACL", "SETUSER", "tenant_ghost", "on", ">pw", "~*", "+@all");
    try {
      assertThat(admin.verifier().verifyAll(TENANCY).findings())
          .extracting(Finding::check, Finding::subject)
          .containsExactly(tuple("other-server", "tenant_ghost"));
    } finally {
      last.admin().command("ACL", "DELUSER", "tenant_ghost");
    }
  }

  @Test
  void whoLooksAtOneServerOnlyCannotSayThatTheServersAgree() {
    try (TenantRedisAdmin alone =
        TenantRedisAdmin.builder(adminUri(seed)).discoverNodes(false).connect()) {
      AuditReport report = alone.audit().run();

      assertThat(report.nodes()).containsExactly(addressOf(seed));
      assertThat(report.passed()).doesNotContain("servers-agree");
      assertThat(report.findings())
          .filteredOn(finding -> finding.check().equals("servers-agree"))
          .extracting(Finding::unknown)
          .containsExactly(true);
    }
  }

  @Test
  void whoLooksAtAReplicaOnlyDoesNotSeeAnEmptyTenant() {
    try (TenantRedisAdmin alone =
        TenantRedisAdmin.builder(adminUri(last)).discoverNodes(false).connect()) {
      TenantData data =
          alone.data(KeyPrefixTemplate.of("tenant:{tenant}:").prefixOf(TenantId.of("acme")));

      assertThatThrownBy(() -> data.summarize(keys -> {}))
          .isInstanceOf(AdminException.class)
          .hasMessageContaining("is a replica");
      assertThatThrownBy(() -> data.deleteAll(false, keys -> {}))
          .isInstanceOf(AdminException.class);
    }
  }
}
