package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisURI;
import io.tenantredis.TenantId;
import io.tenantredis.test.server.RedisServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SecurityAuditTest {

  private static final Tenancy TENANCY = Tenancy.of("tenant:{tenant}:", "tenant_{tenant}");
  private static final TenantId ACME = TenantId.of("acme");

  /** A server with everything set that can be set while its plain port is open. */
  static RedisServer.Builder hardened() {
    return RedisServer.builder()
        .adminUser("root", "root password")
        .setting("enable-debug-command", "no")
        .setting("protected-mode", "yes")
        .setting("maxmemory", "100mb")
        .setting("maxmemory-policy", "noeviction")
        .setting("maxmemory-clients", "10%")
        .setting("timeout", "3600")
        .setting("tls-protocols", "TLSv1.2 TLSv1.3")
        .setting("sanitize-dump-payload", "clients");
  }

  private static List<String> checks(AuditReport report) {
    return report.findings().stream().map(Finding::check).distinct().toList();
  }

  @Test
  void settingsThatNeedARestartAreFoundToo() {
    try (RedisServer server =
            RedisServer.builder()
                .adminUser("root", "root password")
                .setting("enable-debug-command", "yes")
                .setting("enable-module-command", "yes")
                .setting("enable-protected-configs", "local")
                .start();
        TenantRedisAdmin admin = ProvisionerTest.connect(server)) {
      AuditReport report = admin.audit().run();

      assertThat(report.findings())
          .extracting(Finding::check, Finding::severity)
          .contains(
              tuple("enable-debug-command", Severity.HIGH),
              tuple("enable-module-command", Severity.HIGH),
              tuple("enable-protected-configs", Severity.INFO),
              tuple("tls", Severity.HIGH),
              tuple("tls-version", Severity.INFO),
              tuple("certificate", Severity.INFO),
              tuple("client-certificates", Severity.LOW));
      assertThat(report.passed())
          .as("there is no TLS to look at")
          .doesNotContain("tls", "tls-version", "certificate");
      assertThat(report.level()).isEqualTo(SecurityLevel.NONE);
      assertThat(report.lacking()).extracting(Finding::check).containsOnly("enable-debug-command");
    }
  }

  @Test
  void anOpenServerReachesNoLevel() {
    try (RedisServer server = RedisServer.builder().setting("protected-mode", "no").start();
        TenantRedisAdmin admin = TenantRedisAdmin.connect(server.uri())) {
      AuditReport report = admin.audit().run();

      assertThat(report.level()).isEqualTo(SecurityLevel.NONE);
      assertThat(report.findings())
          .filteredOn(finding -> finding.severity() == Severity.CRITICAL)
          .extracting(Finding::check)
          .containsExactlyInAnyOrder("authentication", "protected-mode");
      assertThat(checks(report)).contains("default-user");
      assertThat(report.passes(Severity.CRITICAL)).isFalse();
    }
  }

  @Test
  void usersWithTooMuchAreFound() {
    try (RedisServer server = hardened().start();
        TenantRedisAdmin admin = ProvisionerTest.connect(server)) {
      plant(server, "backup", "on", ">one", "~*", "+@all");
      plant(server, "reader", "on", ">two", "%R~*", "resetchannels", "+get");
      plant(server, "open", "on", "nopass", "~open:*", "resetchannels", "+get");
      plant(server, "twin_a", "on", ">same", "~a:*", "resetchannels", "+get");
      plant(server, "twin_b", "on", ">same", ">more", "~b:*", "resetchannels", "+get");
      plant(server, "tenant_acme", "on", ">three", "~tenant:ac*", "resetchannels", "+get");
      String node = "127.0.0.1:" + server.port();

      AuditReport report = admin.audit().tenancy(TENANCY).run();

      assertThat(report.findings())
          .extracting(Finding::check, Finding::subject, Finding::severity)
          .contains(
              tuple("dangerous-commands", "backup on " + node, Severity.HIGH),
              tuple("user-without-limits", "backup on " + node, Severity.HIGH),
              tuple("user-without-limits", "reader on " + node, Severity.HIGH),
              tuple("authentication", "open on " + node, Severity.CRITICAL),
              tuple("shared-passwords", node, Severity.HIGH),
              tuple("unfinished-rotation", "twin_b on " + node, Severity.LOW),
              tuple("tenant-confinement", "tenant_acme on " + node, Severity.CRITICAL));
      assertThat(report.findings())
          .filteredOn(finding -> finding.check().equals("shared-passwords"))
          .extracting(Finding::evidence)
          .containsExactly("these users have a password in common: twin_a, twin_b");
      assertThat(report.toJson())
          .doesNotContain(AclPassword.of("same".toCharArray()).hash())
          .doesNotContain("same\"");
      assertThat(admin.audit().tenancy(TENANCY).operators("backup", "reader").run().findings())
          .extracting(Finding::check)
          .doesNotContain("dangerous-commands", "user-without-limits");
    }
  }

  private static void plant(RedisServer server, String user, String... rules) {
    List<String> command = new ArrayList<>(List.of("ACL", "SETUSER", user, "reset"));
    command.addAll(List.of(rules));
    server.admin().command(command.toArray(new String[0]));
  }

  @Test
  void whatTheAuditCannotSeeIsUnknownAndCountsAgainstTheLevel() {
    try (RedisServer server =
        hardened()
            .user("limited", "on", ">pw", "+ping", "+info", "+acl|whoami", "+command", "+hello")
            .start()) {
      RedisURI uri =
          RedisURI.builder(ProvisionerTest.adminUri(server))
              .withAuthentication("limited", "pw".toCharArray())
              .build();
      try (TenantRedisAdmin admin = TenantRedisAdmin.builder(uri).connect()) {
        AuditReport report = admin.audit().run();

        assertThat(report.level()).isEqualTo(SecurityLevel.NONE);
        assertThat(report.findings())
            .filteredOn(Finding::unknown)
            .extracting(Finding::check)
            .contains(
                "authentication",
                "protected-mode",
                "tls",
                "maxmemory",
                "enable-debug-command",
                "servers-agree",
                "tenant-confinement");
        assertThat(report.passed()).isSubsetOf("known-problems", "tls-between-servers");
        assertThat(report.passes(Severity.CRITICAL)).as("unknown is no pass").isFalse();
      }
    }
  }

  @Test
  void serversWithDifferentUsersAndAnUnencryptedReplicationAreFound() {
    try (RedisServer primary = hardened().start();
        RedisServer replica = ProvisionerTest.replicaOf(primary);
        TenantRedisAdmin admin = ProvisionerTest.connect(primary)) {
      await().until(() -> admin.nodes().size() == 2);
      admin
          .provisioner()
          .apply(
              TENANCY.policyOf(ACME).profile(AclProfile.CACHE).build(),
              AclPassword.of("pw".toCharArray()));
      assertThat(checks(admin.audit().run()))
          .contains("tls-between-servers")
          .doesNotContain("servers-agree");
      replica.admin().command("ACL", "SETUSER", "tenant_acme", "+flushall");

      assertThat(admin.audit().run().findings())
          .filteredOn(finding -> finding.check().equals("servers-agree"))
          .singleElement()
          .satisfies(finding -> assertThat(finding.evidence()).endsWith(": tenant_acme"));
    }
  }

  @Test
  void nothingIsChanged() {
    try (RedisServer server = hardened().start();
        TenantRedisAdmin admin = ProvisionerTest.connect(server)) {
      List<Object> before = server.admin().list("ACL", "LIST");
      Object settings = server.admin().command("CONFIG", "GET", "*");

      admin.audit().tenancy(TENANCY).run();

      assertThat(server.admin().list("ACL", "LIST")).isEqualTo(before);
      assertThat(server.admin().command("CONFIG", "GET", "*")).isEqualTo(settings);
      assertThat(server.admin().integer("DBSIZE")).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "false, 7.0.15, 6",
    "false, 7.2.11, 2",
    "false, 7.2.16, 0",
    "false, 8.0.2, 5",
    "false, 8.0.6, 2",
    "false, 8.6.2, 2",
    "false, 8.6.6, 0",
    "false, 8.10.1, 0",
    "true, 8.1.1, 5",
    "true, 8.1.9, 0",
    "true, 9.0.3, 2",
    "true, 9.1.0, 1",
    "true, 9.1.1, 0",
  })
  void versionsWithKnownProblemsAreTold(boolean valkey, String version, int problems) {
    assertThat(KnownProblems.of(valkey, version)).hasSize(problems);
  }
}
