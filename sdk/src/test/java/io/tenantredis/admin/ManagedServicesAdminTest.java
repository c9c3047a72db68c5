package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisURI;
import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.TenantId;
import io.tenantredis.test.server.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What docs/managed-services.md says of administration where a service withholds it: the
 * administrator is a user who may do everything but that.
 */
class ManagedServicesAdminTest {

  private static final Tenancy TENANCY = Tenancy.of("tenant:{tenant}:", "tenant_{tenant}");
  private static final String USER = "tenant_acme";

  @TempDir Path directory;

  private static RedisServer.Builder server(String... withheld) {
    String[] rules = new String[5 + withheld.length];
    rules[0] = "on";
    rules[1] = ">customer-secret";
    rules[2] = "~*";
    rules[3] = "&*";
    rules[4] = "+@all";
    System.arraycopy(withheld, 0, rules, 5, withheld.length);
    return RedisServer.builder()
        .adminUser("provider", "provider-secret")
        .user("customer", rules)
        .user(USER, "on", ">pw", "~tenant:acme:*", "&tenant:acme:*", "+@read", "+@write");
  }

  private static TenantRedisAdmin customerOf(RedisServer server) {
    return TenantRedisAdmin.builder(
            RedisURI.builder()
                .withHost(server.host())
                .withPort(server.port())
                .withAuthentication("customer", "customer-secret".toCharArray())
                .build())
        .connect();
  }

  private static AclPolicy policy(String tenant) {
    TenantId id = TenantId.of(tenant);
    return AclPolicy.forTenant(id, KeyPrefixTemplate.of("tenant:{tenant}:").prefixOf(id))
        .profile(AclProfile.CACHE)
        .build();
  }

  @Test
  void aUserThatOnlyTheServiceMayCreateIsRefusedWithTheWayThatIsLeft() {
    try (RedisServer server = server("-acl|setuser").start();
        TenantRedisAdmin admin = customerOf(server)) {
      ProvisioningReport report = admin.provisioner().create(policy("globex")).report();

      assertThat(report.isComplete()).isFalse();
      assertThat(report.nodes().get(0).detail())
          .contains("NOPERM", "+acl|setuser", "managed service", "AclPolicy");
      assertThat(server.admin().command("ACL", "GETUSER", "tenant_globex")).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-acl|getuser", "-acl"})
  void usersThatCannotBeReadAreNotWrittenEither(String withheld) {
    try (RedisServer server = server(withheld, "+acl|whoami", "+acl|cat", "+acl|setuser").start();
        TenantRedisAdmin admin = customerOf(server)) {
      assertThatThrownBy(() -> admin.provisioner().create(policy("globex")))
          .isInstanceOf(AdminException.class)
          .hasMessageContaining("+acl|getuser")
          .hasMessageContaining("managed service");
      assertThat(server.admin().command("ACL", "GETUSER", "tenant_globex")).isNull();
    }
  }

  @Test
  void aServerThatKeepsAllOfAclToItselfIsNotChanged() {
    try (RedisServer server = server().setting("rename-command", "ACL", "").start();
        TenantRedisAdmin admin = customerOf(server)) {
      assertThatThrownBy(() -> admin.provisioner().create(policy("globex")))
          .isInstanceOf(AdminException.class)
          .hasMessageContaining("unknown command")
          .hasMessageContaining("managed service");
    }
  }

  @Test
  void verificationWithoutDryRunIsRefusedWithTheWayThatIsLeft() {
    try (RedisServer server = server("-acl|dryrun").start();
        TenantRedisAdmin admin = customerOf(server)) {
      assertThatThrownBy(() -> admin.verifier().verifyAll(TENANCY))
          .isInstanceOf(AdminException.class)
          .hasMessageContaining("+acl|dryrun")
          .hasMessageContaining("a server of your own");
    }
  }

  @Test
  void anAuditWithoutConfigSaysWhatItCouldNotSeeAndIsNotClean() {
    try (RedisServer server = server("-config").start();
        TenantRedisAdmin admin = customerOf(server)) {
      AuditReport report = admin.audit().tenancy(TENANCY).run();

      assertThat(report.findings())
          .filteredOn(
              finding ->
                  finding.unknown() && finding.evidence().contains("does not show its settings"))
          .isNotEmpty();
      assertThat(report.passes(Severity.INFO)).isFalse();
    }
  }

  @Test
  void anAuditWithoutAclSaysWhatItCouldNotSeeAndIsNotClean() {
    try (RedisServer server = server().setting("rename-command", "ACL", "").start();
        TenantRedisAdmin admin = customerOf(server)) {
      AuditReport report = admin.audit().tenancy(TENANCY).run();

      assertThat(report.findings())
          .filteredOn(
              finding ->
                  finding.unknown() && finding.evidence().contains("does not show its users"))
          .isNotEmpty();
      assertThat(report.passes(Severity.INFO)).isFalse();
    }
  }

  @Test
  void anIncidentThatTheServiceDoesNotLetUsContainIsNotCalledContained() throws Exception {
    Path evidence = directory.resolve("incident.json");
    try (RedisServer server = server("-acl|setuser").start();
        TenantRedisAdmin admin = customerOf(server)) {
      IncidentReport report = admin.incidents().contain(USER, evidence);

      assertThat(report.isContained()).isFalse();
      assertThat(report.nodes().get(0).detail()).contains("+acl|setuser", "managed service");
      assertThat(Files.readString(evidence)).contains("managed service");
      server.connect(USER, "pw").close();
    }
  }

  @Test
  void aTenantsDataNeedsNothingThatServicesWithhold() {
    TenantId acme = TenantId.of("acme");
    try (RedisServer server =
            server("-acl", "-config", "-debug", "-client", "-module", "-migrate", "-select")
                .start();
        TenantRedisAdmin admin = customerOf(server)) {
      server.admin().command("SET", "tenant:acme:k", "v");
      server.admin().command("SET", "tenant:globex:k", "v");
      TenantData data = admin.data(KeyPrefixTemplate.of("tenant:{tenant}:").prefixOf(acme));
      Path file = directory.resolve("acme.data");

      data.exportTo(file, keys -> {});
      assertThat(data.deleteAll(false, keys -> {}).keys()).isEqualTo(1);
      data.importFrom(file, ImportConflict.FAIL, keys -> {});

      assertThat(server.admin().command("KEYS", "*"))
          .asInstanceOf(InstanceOfAssertFactories.LIST)
          .containsExactlyInAnyOrderElementsOf(List.of("tenant:acme:k", "tenant:globex:k"));
    }
  }
}
