package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisURI;
import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.TenantId;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PolicyVerifierTest {

  private static final Tenancy TENANCY = Tenancy.of("tenant:{tenant}:", "tenant_{tenant}");
  private static final TenantId ACME = TenantId.of("acme");

  private static RedisServer server;
  private static TenantRedisAdmin admin;

  @BeforeAll
  static void start() {
    server = RedisServer.builder().adminUser("root", "root password").start();
    admin = ProvisionerTest.connect(server);
  }

  @AfterAll
  static void stop() {
    admin.close();
    server.close();
  }

  @BeforeEach
  void removeUsers() {
    for (Object user : server.admin().list("ACL", "USERS")) {
      if (!Set.of("default", "root").contains(user)) {
        server.admin().command("ACL", "DELUSER", (String) user);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(AclProfile.class)
  void aUserWithItsPolicyIsConfinedAndMayDoAllThatIsPromised(AclProfile profile) {
    AclPolicy policy = TENANCY.policyOf(ACME).profile(profile).cluster().build();
    admin.provisioner().apply(policy, AclPassword.of("pw".toCharArray())).requireComplete();

    VerificationReport report = admin.verifier().verify(policy);

    assertThat(report.findings()).isEmpty();
    assertThat(report.passes(Severity.INFO)).isTrue();
    assertThat(report.questions()).isGreaterThan(1000);
  }

  @Test
  void selectorsAndChannelPatternsAreConfinedAndWorkToo() {
    AclPolicy policy =
        TENANCY
            .policyOf(ACME)
            .profile(AclProfile.READ_ONLY)
            .profile(AclProfile.SESSION, "session:")
            .profile(AclProfile.PUBSUB)
            .channelPattern("news.*")
            .keyspaceEvents(0)
            .build();
    admin.provisioner().apply(policy, AclPassword.of("pw".toCharArray())).requireComplete();

    assertThat(admin.verifier().verify(policy).findings()).isEmpty();
    assertThat(admin.verifier().verifyAll(TENANCY).findings()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "~*, foreign-key-pattern, foreign-key",
    "~tenant:*, foreign-key-pattern, foreign-key",
    "~tenant:acme*, foreign-key-pattern, foreign-key",
    "~tenant:?cme:*, foreign-key-pattern, foreign-key-pattern",
    "%R~zz-*, foreign-key-pattern, foreign-key",
    "%W~zz-*, foreign-key-pattern, foreign-key",
    "(+del ~*), foreign-key-pattern, foreign-key",
    "&*, foreign-channel-pattern, foreign-channel",
    "&tenant:acme*, foreign-channel-pattern, foreign-channel",
    "&__keyevent@*, foreign-channel-pattern, foreign-channel",
    "nopass, no-password, no-password",
  })
  void aRightBeyondThePrefixIsFoundByItsPatternAndByTheServersAnswer(
      String rule, String first, String second) {
    plant("tenant_acme", "+@all", "~tenant:acme:*", rule);

    assertThat(checks(admin.verifier().verifyAll(TENANCY))).contains(first, second);
  }

  @ParameterizedTest
  @CsvSource({
    "+scan, SCAN, MEDIUM",
    "+keys, KEYS, HIGH",
    "+randomkey, RANDOMKEY, HIGH",
    "+dbsize, DBSIZE, LOW",
    "+info, INFO, LOW",
    "+client|list, CLIENT LIST, HIGH",
    "+client|tracking, CLIENT TRACKING, MEDIUM",
    "+monitor, MONITOR, CRITICAL",
    "+flushall, FLUSHALL, CRITICAL",
    "+config|get, CONFIG GET, HIGH",
    "+config|set, CONFIG SET, CRITICAL",
    "+acl|setuser, ACL SETUSER, CRITICAL",
    "+migrate, MIGRATE, CRITICAL",
    "+pubsub|channels, PUBSUB CHANNELS, MEDIUM",
    "+function|load, FUNCTION LOAD, CRITICAL",
  })
  void aCommandThatReachesEverybodyIsFoundWithItsSeverity(
      String rule, String command, Severity severity) {
    plant("tenant_acme", "-@all", "~tenant:acme:*", rule);

    assertThat(admin.verifier().verifyAll(TENANCY).findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.check()).isEqualTo("global-command");
              assertThat(finding.severity()).isEqualTo(severity);
              assertThat(finding.evidence()).startsWith(command + " is permitted: it ");
              assertThat(finding.remedy()).isEqualTo("Take it away: -" + rule.substring(1));
            });
  }

  @Test
  void everyCommandThatTheServerKnowsIsEitherGrantableHarmlessOrFound() {
    plant("tenant_acme", "+@all", "~tenant:acme:*", "&tenant:acme:*");

    Set<String> found =
        admin.verifier().verifyAll(TENANCY).findings().stream()
            .map(finding -> finding.evidence().replaceAll(" is permitted.*", ""))
            .collect(Collectors.toSet());

    assertThat(found)
        .contains("SCAN", "DEBUG", "SHUTDOWN", "MIGRATE", "ACL SETUSER", "CLIENT KILL", "SWAPDB")
        .hasSizeGreaterThan(100);
    assertThat(admin.verifier().verifyAll(TENANCY).findings())
        .extracting(Finding::check)
        .containsOnly("global-command");
  }

  @Test
  void everyCommandWithKeysIsAskedAboutAndUnderstood() {
    plant("tenant_acme", "+@all", "~*", "&*");
    Set<String> withKeys = new TreeSet<>();
    server.admin().list("COMMAND").forEach(command -> collectWithKeys(command, withKeys));

    List<Finding> findings = admin.verifier().verifyAll(TENANCY).findings();

    assertThat(findings).noneMatch(Finding::unknown);
    Set<String> found =
        findings.stream()
            .map(finding -> finding.evidence().replaceAll(" (?:reaches|is permitted).*", ""))
            .collect(Collectors.toSet());
    assertThat(withKeys).hasSizeGreaterThan(150);
    assertThat(found).containsAll(withKeys);
  }

  private static void collectWithKeys(Object command, Set<String> names) {
    List<?> details = (List<?>) command;
    ((List<?>) details.get(9)).forEach(subcommand -> collectWithKeys(subcommand, names));
    boolean hasKeys =
        ((List<?>) details.get(8)).stream().anyMatch(spec -> !spec.toString().contains("not_key"));
    if (hasKeys) {
      names.add(details.get(0).toString().toUpperCase(Locale.ROOT).replace('|', ' '));
    }
  }

  @Test
  void anAdministratorWhoMayNotAskProvesNothing() {
    plant("tenant_acme", "+@all", "~*");
    plant("half", "+@all", "-acl|dryrun");
    try (TenantRedisAdmin half =
        TenantRedisAdmin.builder(
                RedisURI.builder(ProvisionerTest.adminUri(server))
                    .withAuthentication("half", "pw".toCharArray())
                    .build())
            .connect()) {
      assertThatThrownBy(() -> half.verifier().verifyAll(TENANCY))
          .isInstanceOf(AdminException.class)
          .hasMessageContaining("ACL DRYRUN")
          .hasMessageContaining("NOPERM");
    }
  }

  @Test
  void aServerThatDoesNotAnswerHasDeniedNothing() {
    plant("tenant_acme", "+@all", "~*");
    try (WireProxy proxy = WireProxy.to(server)) {
      RedisURI uri = ProvisionerTest.adminUri(server);
      uri.setPort(proxy.port());
      try (TenantRedisAdmin behind = TenantRedisAdmin.builder(uri).connect()) {
        proxy.onCommand("ACL DRYRUN tenant_acme").always().answerError("BUSY a script runs");

        assertThatThrownBy(() -> behind.verifier().verifyAll(TENANCY))
            .isInstanceOf(AdminException.class)
            .hasMessageContaining("BUSY");
      }
    }
  }

  @Test
  void aPromiseThatTheServerDoesNotKeepIsFound() {
    AclPolicy policy = TENANCY.policyOf(ACME).profile(AclProfile.CACHE).build();
    admin.provisioner().apply(policy, AclPassword.of("pw".toCharArray())).requireComplete();
    server.admin().command("ACL", "SETUSER", "tenant_acme", "-getdel", "-client|setname");

    assertThat(admin.verifier().verify(policy).findings())
        .extracting(Finding::evidence)
        .containsExactly(
            "CLIENT SETNAME is promised by the policy and refused by the server",
            "GETDEL is promised by the policy and refused by the server");
  }

  @Test
  void aMissingUserIsFound() {
    AclPolicy policy = TENANCY.policyOf(ACME).profile(AclProfile.CACHE).build();

    assertThat(checks(admin.verifier().verify(policy))).containsExactly("user-missing");
  }

  @Test
  void aPrefixThatOpensAnotherTenantsKeysIsFoundWithoutKnowingHowTenantsAreNamed() {
    plant("a", "+@read", "~a-*", "resetchannels", "&a-*");
    plant("a-b", "+@read", "+@write", "~a-b-*", "resetchannels", "&b-*");
    plant("c", "+@read", "~c:*", "resetchannels");

    List<Finding> findings =
        new ArrayList<>(admin.verifier().verifyApart(name -> name.length() < 4).findings());
    findings.removeIf(finding -> finding.check().equals("global-command"));

    assertThat(findings)
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.check()).isEqualTo("users-overlap");
              assertThat(finding.subject()).isEqualTo("a");
              assertThat(finding.evidence()).contains("'a-b-x'", "user a-b");
            });
  }

  @Test
  void channelsThatTwoUsersShareAreFound() {
    plant("a", "+publish", "resetchannels", "&news:*");
    plant("b", "+subscribe", "resetchannels", "&news:b:*");

    assertThat(checks(admin.verifier().verifyApart(name -> name.length() == 1)))
        .containsExactly("users-overlap");
  }

  @Test
  void nothingIsExecuted() {
    server.admin().command("SET", "tenant:acme:x", "kept");
    plant("tenant_acme", "+@all", "~*", "&*");

    admin.verifier().verifyAll(TENANCY);

    assertThat(server.admin().command("GET", "tenant:acme:x")).isEqualTo("kept");
    assertThat(server.admin().integer("DBSIZE")).isEqualTo(1);
    server.admin().command("DEL", "tenant:acme:x");
  }

  @Test
  void anUnusualPrefixIsConfinedToo() {
    for (String template : List.of("{tenant}/", "t[1]{{tenant}}:?", "a\\{tenant}:")) {
      Tenancy tenancy = Tenancy.of(template, "tenant_{tenant}");
      AclPolicy policy = tenancy.policyOf(ACME).profile(AclProfile.FULL).build();
      admin.provisioner().apply(policy, AclPassword.of("pw".toCharArray())).requireComplete();

      assertThat(admin.verifier().verify(policy).findings()).as(template).isEmpty();
    }
  }

  @Test
  void tenantsAreToldFromOtherUsersByTheirNames() {
    assertThat(TENANCY.tenantOf("tenant_acme")).contains(ACME);
    assertThat(TENANCY.tenantOf("root")).isEmpty();
    assertThat(TENANCY.tenantOf("tenant_")).isEmpty();
    assertThat(TENANCY.tenantOf("tenant_a b")).isEmpty();
    assertThat(TENANCY.prefixOf(ACME))
        .isEqualTo(KeyPrefixTemplate.of("tenant:{tenant}:").prefixOf(ACME));
  }

  private static List<String> checks(VerificationReport report) {
    return report.findings().stream().map(Finding::check).distinct().toList();
  }

  private static void plant(String user, String... rules) {
    List<String> command =
        new ArrayList<>(List.of("ACL", "SETUSER", user, "reset", "on", ">pw", "resetchannels"));
    command.addAll(List.of(rules));
    assertThat(server.admin().command(command.toArray(new String[0]))).isEqualTo("OK");
  }
}
