package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.tenantredis.TenantId;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.TestCertificates;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A server that our own policies made is clean. Then one thing at a time is made wrong on it, the
 * audit finds it, and when it is put right the server is clean again.
 */
class MisconfigurationTest {

  private static final Tenancy TENANCY = Tenancy.of("tenant:{tenant}:", "tenant_{tenant}");

  /** Those that cannot be made wrong on a running server have tests of their own, below. */
  private static final Set<String> WITH_TESTS_OF_THEIR_OWN =
      Set.of(
          "bind",
          "certificate",
          "enable-debug-command",
          "enable-module-command",
          "enable-protected-configs",
          "known-problems",
          "replica-writable",
          "servers-agree",
          "tls-between-servers",
          "users-survive-restart");

  private static RedisServer server;
  private static TenantRedisAdmin admin;

  /** What is wrong, for which check, how bad it is, and the commands that do and undo it. */
  record Planting(
      String check, Severity severity, List<String[]> commands, List<String[]> remedies) {

    Planting(String check, Severity severity, String command, String remedy) {
      this(
          check,
          severity,
          List.<String[]>of(command.split(" ", -1)),
          List.<String[]>of(remedy.split(" ", -1)));
    }

    static Planting setting(
        String check, Severity severity, String setting, String wrong, String right) {
      return new Planting(
          check,
          severity,
          List.<String[]>of(new String[] {"CONFIG", "SET", setting, wrong}),
          List.<String[]>of(new String[] {"CONFIG", "SET", setting, right}));
    }

    static Planting user(String check, Severity severity, String user, String... rules) {
      List<String> words =
          new ArrayList<>(List.of("ACL", "SETUSER", user, "reset", "on", "resetchannels"));
      words.addAll(List.of(rules));
      return new Planting(
          check,
          severity,
          List.<String[]>of(words.toArray(new String[0])),
          List.<String[]>of(new String[] {"ACL", "DELUSER", user}));
    }

    @Override
    public String toString() {
      return check + ": " + commands.stream().map(List::of).toList();
    }
  }

  static Stream<Planting> plantings() {
    return Stream.of(
        Planting.setting("protected-mode", Severity.LOW, "protected-mode", "no", "yes"),
        new Planting(
            "protected-mode",
            Severity.CRITICAL,
            List.of(
                new String[] {"ACL", "SETUSER", "default", "on", "nopass"},
                new String[] {"CONFIG", "SET", "protected-mode", "no"}),
            List.of(
                new String[] {"CONFIG", "SET", "protected-mode", "yes"},
                new String[] {"ACL", "SETUSER", "default", "reset"})),
        Planting.setting(
            "tls-version", Severity.HIGH, "tls-protocols", "TLSv1.1 TLSv1.2", "TLSv1.2 TLSv1.3"),
        Planting.setting(
            "tls-version", Severity.HIGH, "tls-protocols", "TLSv1 TLSv1.3", "TLSv1.2 TLSv1.3"),
        Planting.setting(
            "client-certificates", Severity.LOW, "tls-auth-clients", "optional", "yes"),
        Planting.setting("maxmemory", Severity.MEDIUM, "maxmemory", "0", "100mb"),
        Planting.setting(
            "eviction", Severity.MEDIUM, "maxmemory-policy", "allkeys-lru", "noeviction"),
        Planting.setting(
            "eviction", Severity.MEDIUM, "maxmemory-policy", "volatile-ttl", "noeviction"),
        Planting.setting("client-memory", Severity.MEDIUM, "maxmemory-clients", "0", "10%"),
        Planting.setting("idle-connections", Severity.LOW, "timeout", "0", "3600"),
        Planting.setting("dead-connections", Severity.LOW, "tcp-keepalive", "0", "300"),
        Planting.setting("acl-log", Severity.MEDIUM, "acllog-max-len", "0", "128"),
        Planting.setting("acl-log", Severity.LOW, "acllog-max-len", "10", "128"),
        Planting.setting("key-events", Severity.LOW, "notify-keyspace-events", "KEA", ""),
        Planting.setting("maxclients", Severity.HIGH, "maxclients", "2", "1000"),
        Planting.setting(
            "restore-payload", Severity.MEDIUM, "sanitize-dump-payload", "no", "clients"),
        Planting.user("authentication", Severity.CRITICAL, "open", "nopass", "~open:*", "+get"),
        new Planting(
            "default-user",
            Severity.MEDIUM,
            "ACL SETUSER default on >a-password",
            "ACL SETUSER default reset"),
        new Planting(
            "shared-passwords",
            Severity.HIGH,
            List.of(
                new String[] {"ACL", "SETUSER", "twin_a", "on", ">same", "~a:*", "+get"},
                new String[] {"ACL", "SETUSER", "twin_b", "on", ">same", "~b:*", "+get"}),
            List.<String[]>of(new String[] {"ACL", "DELUSER", "twin_a", "twin_b"})),
        Planting.user("dangerous-commands", Severity.HIGH, "ops", ">pw", "~o:*", "+@dangerous"),
        Planting.user("dangerous-commands", Severity.HIGH, "ops", ">pw", "(+flushall ~o:*)"),
        Planting.user("user-without-limits", Severity.HIGH, "wide", ">pw", "~*", "+get"),
        Planting.user("user-without-limits", Severity.HIGH, "wide", ">pw", "%R~*:x", "+get"),
        Planting.user("user-without-limits", Severity.HIGH, "wide", ">pw", "&*", "+publish"),
        Planting.user("user-without-limits", Severity.HIGH, "wide", ">pw", "(~?* +get)"),
        Planting.user("tenant-confinement", Severity.CRITICAL, "tenant_zed", ">pw", "~tenant:ze*"),
        Planting.user("tenant-confinement", Severity.CRITICAL, "tenant_zed", ">pw", "&tenant:z*"),
        Planting.user(
            "tenant-confinement", Severity.CRITICAL, "tenant_zed", ">pw", "(~tenant:* +get)"),
        new Planting(
            "unfinished-rotation",
            Severity.LOW,
            "ACL SETUSER tenant_CACHE >second",
            "ACL SETUSER tenant_CACHE <second"),
        new Planting("tls", Severity.MEDIUM, "plain port", "CONFIG SET port 0"));
  }

  @BeforeAll
  static void start() {
    TestCertificates certificates = TestCertificates.shared();
    server =
        SecurityAuditTest.hardened()
            .tls(certificates, certificates.server())
            .requireClientCertificate()
            .start();
    // Its own connection to the plain port stays.
    server.admin().command("CONFIG", "SET", "port", "0");
    RedisURI uri =
        RedisURI.builder(ProvisionerTest.adminUri(server))
            .withPort(server.tlsPort())
            .withSsl(true)
            .build();
    SslOptions trust =
        SslOptions.builder()
            .trustManager(certificates.caPem().toFile())
            .keyManager(
                certificates.client().certificatePem().toFile(),
                certificates.client().keyPem().toFile(),
                new char[0])
            .build();
    admin = TenantRedisAdmin.builder(uri).sslOptions(trust).saveAcl(true).connect();
    for (AclProfile profile : AclProfile.values()) {
      TenantId tenant = TenantId.of(profile.name());
      admin.provisioner().create(TENANCY.policyOf(tenant).profile(profile).build()).close();
    }
  }

  @AfterAll
  static void stop() {
    admin.close();
    server.close();
  }

  /** Certificates of tests are short-lived; the versions of test servers are what they are. */
  private static SecurityAudit audit() {
    return admin.audit().tenancy(TENANCY).accept("known-problems").clock(at(Duration.ofDays(-60)));
  }

  private static Clock at(Duration fromNow) {
    return Clock.offset(Clock.systemUTC(), fromNow);
  }

  private static void assertClean() {
    AuditReport report = audit().run();
    assertThat(report.findings())
        .extracting(Finding::check, Finding::severity, Finding::unknown)
        .isSubsetOf(tuple("known-problems", Severity.INFO, false));
    assertThat(report.level()).isEqualTo(SecurityLevel.PARANOID);
    assertThat(report.lacking()).isEmpty();
    assertThat(report.passes(Severity.LOW)).isTrue();
    Set<String> passed = new TreeSet<>(report.passed());
    passed.add("known-problems");
    assertThat(passed).isEqualTo(SecurityAudit.levels().keySet());
  }

  @Test
  void aServerMadeByOurOwnPoliciesIsCleanAndReachesTheHighestLevel() {
    assertClean();
    assertThat(admin.verifier().verifyAll(TENANCY).findings()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("plantings")
  void whatIsMadeWrongIsFoundAndCountsAgainstItsLevel(Planting planting) {
    planting.commands().forEach(MisconfigurationTest::plant);
    try {
      AuditReport report = audit().run();

      assertThat(report.findings())
          .filteredOn(finding -> finding.check().equals(planting.check()))
          .hasSize(1)
          .allSatisfy(
              finding -> {
                assertThat(finding.severity()).isEqualTo(planting.severity());
                assertThat(finding.unknown()).isFalse();
                assertThat(finding.subject()).contains("127.0.0.1:" + server.tlsPort());
                assertThat(finding.evidence()).isNotBlank();
                assertThat(finding.remedy()).isNotBlank();
              });
      assertThat(report.level()).isLessThan(SecurityAudit.levels().get(planting.check()));
      assertThat(report.passed()).doesNotContain(planting.check());
      assertThat(report.passes(planting.severity())).isFalse();
      assertThat(report.toJson())
          .doesNotContainPattern("[0-9a-f]{64}")
          .doesNotContain("a-password");
    } finally {
      planting.remedies().forEach(command -> server.admin().command(command));
    }
    assertClean();
  }

  private static void plant(String[] command) {
    if (command[0].equals("plain")) {
      server.admin().command("CONFIG", "SET", "port", Integer.toString(server.port()));
    } else {
      server.admin().command(command);
    }
  }

  @Test
  void everyCheckHasAMisconfigurationThatItFinds() {
    Set<String> planted =
        plantings().map(Planting::check).collect(Collectors.toCollection(TreeSet::new));
    planted.addAll(WITH_TESTS_OF_THEIR_OWN);

    assertThat(planted).isEqualTo(SecurityAudit.levels().keySet());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "acl|setuser",
        "client|kill",
        "cluster|reset",
        "config|get",
        "config|set",
        "debug",
        "flushall",
        "function|load",
        "keys",
        "migrate",
        "module|load",
        "monitor",
        "randomkey",
        "replicaof",
        "save",
        "script|flush",
        "shutdown",
        "slowlog|get",
        "swapdb"
      })
  void aDangerousCommandOfAUserWhoIsNoOperatorIsNamed(String command) {
    server.admin().command("ACL", "SETUSER", "ops", "reset", "on", ">pw", "~o:*", "+" + command);
    try {
      assertThat(audit().run().findings())
          .filteredOn(finding -> finding.check().equals("dangerous-commands"))
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.subject()).startsWith("ops on ");
                assertThat(finding.evidence()).isEqualTo("may run " + command);
              });
      assertThat(audit().operators("ops").run().level()).isEqualTo(SecurityLevel.PARANOID);
    } finally {
      server.admin().command("ACL", "DELUSER", "ops");
    }
  }

  @ParameterizedTest
  @CsvSource({"50, ", "30, MEDIUM", "7, HIGH", "-1, CRITICAL"})
  void aCertificateThatExpiresSoonIsFound(int daysLeft, Severity severity) {
    // The shared test certificates are valid for years.
    Instant expiry = CertificateProbe.expiry("127.0.0.1", server.tlsPort(), Duration.ofSeconds(10));
    Clock then = Clock.fixed(expiry.minus(Duration.ofDays(daysLeft)), ZoneOffset.UTC);

    assertThat(audit().clock(then).run().findings())
        .filteredOn(finding -> finding.check().equals("certificate"))
        .extracting(Finding::severity)
        .isEqualTo(severity == null ? List.of() : List.of(severity));
  }

  @Test
  void aVersionWithKnownProblemsIsFoundAndStaysInTheReportWhenAccepted() {
    List<Finding> problems =
        admin.audit().run().findings().stream()
            .filter(finding -> finding.check().equals("known-problems"))
            .toList();
    List<Finding> accepted =
        audit().run().findings().stream()
            .filter(finding -> finding.check().equals("known-problems"))
            .toList();

    assertThat(accepted).hasSameSizeAs(problems);
    assertThat(accepted)
        .allSatisfy(finding -> assertThat(finding.evidence()).startsWith("accepted ("));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> admin.audit().accept("no-such-check"))
        .withMessageContaining("known-problems");
  }

  @Test
  void whoAcceptsACheckDoesNotAcceptThatItCouldNotLook() {
    AuditReport report = admin.audit().accept("tenant-confinement").run();

    assertThat(report.findings())
        .filteredOn(finding -> finding.check().equals("tenant-confinement"))
        .extracting(Finding::unknown)
        .containsExactly(true);
  }

  @Test
  void aTenancyThatFitsNoUserIsUnknownAndNoPass() {
    AuditReport report = audit().tenancy(Tenancy.of("t:{tenant}:", "app-{tenant}")).run();

    assertThat(report.passed()).doesNotContain("tenant-confinement");
    assertThat(report.findings())
        .filteredOn(Finding::unknown)
        .extracting(Finding::check)
        .containsExactly("tenant-confinement");
  }

  @ParameterizedTest
  @CsvSource({
    "'', true",
    "*, true",
    "* -::*, true",
    "0.0.0.0, true",
    "127.0.0.1 ::, true",
    "10.0.0.1 -0.0.0.0, true",
    "127.0.0.1, false",
    "127.0.0.1 -::1, false",
    "10.1.2.3 fd00::1, false",
  })
  void listeningOnEveryInterfaceIsFound(String bind, boolean everywhere) {
    assertThat(NetworkChecks.listensEverywhere(bind)).isEqualTo(everywhere);
  }

  @Test
  void aWritableReplicaIsFound() {
    try (RedisServer primary = SecurityAuditTest.hardened().start();
        RedisServer replica = ProvisionerTest.replicaOf(primary);
        TenantRedisAdmin both = ProvisionerTest.connect(primary)) {
      await().until(() -> both.nodes().size() == 2);
      assertThat(both.audit().run().passed()).contains("replica-writable");
      replica.admin().command("CONFIG", "SET", "replica-read-only", "no");

      assertThat(both.audit().run().findings())
          .filteredOn(finding -> finding.check().equals("replica-writable"))
          .extracting(Finding::subject, Finding::severity)
          .containsExactly(tuple("127.0.0.1:" + replica.port(), Severity.MEDIUM));
    }
  }

  @Test
  void usersThatAreGoneAfterARestartAreFound(@TempDir Path directory) throws Exception {
    try (RedisServer forgetful =
            RedisServer.builder().binary(OtherServers.without(directory, "aclfile")).start();
        TenantRedisAdmin its = TenantRedisAdmin.builder(uri(forgetful)).saveAcl(true).connect()) {
      NewUser user =
          its.provisioner()
              .create(TENANCY.policyOf(TenantId.of("acme")).profile(AclProfile.CACHE).build());

      assertThat(user.report().nodes())
          .extracting(NodeResult::status)
          .as("there is no file to save it to")
          .containsExactly(NodeResult.Status.FAILED);
      assertThat(its.audit().run().findings())
          .filteredOn(finding -> finding.check().equals("users-survive-restart"))
          .extracting(Finding::severity)
          .containsExactly(Severity.LOW);
    }
  }

  private static RedisURI uri(RedisServer open) {
    return RedisURI.create(open.uri());
  }
}
