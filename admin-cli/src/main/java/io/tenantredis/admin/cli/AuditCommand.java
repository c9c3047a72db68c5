package io.tenantredis.admin.cli;

import io.tenantredis.admin.AuditReport;
import io.tenantredis.admin.SecurityLevel;
import io.tenantredis.admin.Severity;
import io.tenantredis.admin.TenantRedisAdmin;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Looks for what weakens the wall between tenants. */
@Command(
    name = "audit",
    description =
        "Look at every server for what weakens the wall between tenants. Changes nothing.",
    mixinStandardHelpOptions = true)
final class AuditCommand implements Callable<Integer> {

  @Mixin private TenancyOptions tenancyOptions = new TenancyOptions();
  @Mixin private ServerOptions serverOptions = new ServerOptions();
  @Mixin private Screen screen = new Screen();

  @Option(
      names = "--operator",
      paramLabel = "USER",
      description =
          "A user that may have more than a tenant, for backups and the like. Repeatable.")
  private List<String> operators = List.of();

  @Option(
      names = "--accept",
      paramLabel = "CHECK",
      description =
          "A check whose findings are known and lived with, for example known-problems of a version"
              + " that the distributor has patched. They stay in the report as INFO. Repeatable.")
  private List<String> accepted = List.of();

  @Option(
      names = "--fail-on",
      paramLabel = "SEVERITY",
      defaultValue = "high",
      description =
          "Exit with 1 from this severity on: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Severity failOn = Severity.HIGH;

  @Option(
      names = "--require-level",
      paramLabel = "LEVEL",
      description = "Exit with 1 below this level: ${COMPLETION-CANDIDATES}. Instead of --fail-on.")
  private @Nullable SecurityLevel required;

  @Override
  public Integer call() {
    try (TenantRedisAdmin admin = serverOptions.connect()) {
      AuditReport report =
          admin
              .audit()
              .tenancy(tenancyOptions.tenancy())
              .operators(operators.toArray(new String[0]))
              .accept(accepted.toArray(new String[0]))
              .run();
      screen.result(report.toJson(), () -> print(report));
      SecurityLevel least = required;
      boolean enough = least == null ? report.passes(failOn) : report.level().compareTo(least) >= 0;
      return enough ? ExitCodes.OK : ExitCodes.FOUND;
    }
  }

  private void print(AuditReport report) {
    screen.findings(report.findings());
    screen.line("Passed: " + String.join(", ", report.passed()));
    screen.line("Level: " + screen.coloured("bold", report.level().toString()));
    if (!report.lacking().isEmpty()) {
      screen.line("For the next level " + report.lacking().size() + " finding(s) remain:");
      report
          .lacking()
          .forEach(finding -> screen.line("  " + finding.check() + ", " + finding.subject()));
    }
  }
}
