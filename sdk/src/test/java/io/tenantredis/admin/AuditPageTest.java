package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisURI;
import io.tenantredis.TenantId;
import io.tenantredis.test.server.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of checks in docs/admin.md says what the code does. */
class AuditPageTest {

  private static final Pattern ROW =
      Pattern.compile("\\| `([a-z-]+)` \\| ([A-Z]+) \\| ([A-Za-z, ]+) \\| .+ \\|");
  private static final Tenancy TENANCY = Tenancy.of("tenant:{tenant}:", "tenant_{tenant}");

  private static Map<String, Matcher> rows() throws IOException {
    Map<String, Matcher> rows = new TreeMap<>();
    for (String line : Files.readAllLines(Path.of("..", "docs", "admin.md"))) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        rows.put(row.group(1), row);
      }
    }
    return rows;
  }

  @Test
  void thePageNamesEveryCheckWithItsLevel() throws IOException {
    Map<String, SecurityLevel> levels = new TreeMap<>();
    rows().forEach((check, row) -> levels.put(check, SecurityLevel.valueOf(row.group(2))));

    assertThat(levels).isEqualTo(SecurityAudit.levels());
  }

  /** An administrator who may do everything but this one thing. */
  @ParameterizedTest
  @CsvSource({"settings, -config|get", "users, -acl|getuser", "INFO, -info"})
  void whatACheckCannotLookAtIsUnknownAndNeverPassed(String what, String rule) throws IOException {
    try (RedisServer primary =
            SecurityAuditTest.hardened()
                .user("half-blind", "on", ">pw", "~*", "&*", "+@all", rule)
                .start();
        RedisServer replica = ProvisionerTest.replicaOf(primary);
        TenantRedisAdmin sees = ProvisionerTest.connect(primary);
        TenantRedisAdmin blind =
            TenantRedisAdmin.builder(
                    RedisURI.builder(ProvisionerTest.adminUri(primary))
                        .withAuthentication("half-blind", "pw".toCharArray())
                        .build())
                // Without INFO nobody finds the others.
                .discoverNodes(false)
                .connect()) {
      await().until(() -> sees.nodes().size() == 2);
      sees.provisioner()
          .create(TENANCY.policyOf(TenantId.of("acme")).profile(AclProfile.CACHE).build())
          .close();

      AuditReport report = blind.audit().tenancy(TENANCY).run();

      Set<String> unknown =
          report.findings().stream()
              .filter(Finding::unknown)
              .map(Finding::check)
              .collect(Collectors.toCollection(TreeSet::new));
      Set<String> expected = new TreeSet<>();
      rows()
          .forEach(
              (check, row) -> {
                if (Set.of(row.group(3).split(", ", -1)).contains(what)) {
                  expected.add(check);
                }
              });
      // It looks at one server of two.
      expected.add("servers-agree");
      assertThat(unknown).isEqualTo(expected);
      assertThat(report.passed()).doesNotContainAnyElementsOf(expected);
      assertThat(report.passes(Severity.CRITICAL)).isFalse();
      assertThat(replica.isRunning()).isTrue();
    }
  }
}
