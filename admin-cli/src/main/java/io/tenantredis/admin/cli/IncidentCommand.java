package io.tenantredis.admin.cli;

import io.tenantredis.admin.IncidentReport;
import io.tenantredis.admin.TenantRedisAdmin;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Blocks a tenant's user in an emergency. */
@Command(
    name = "incident",
    description =
        "Block a tenant's user on every server, write down what it was doing, end its connections.",
    mixinStandardHelpOptions = true)
final class IncidentCommand implements Callable<Integer> {

  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  @Mixin private TenancyOptions tenancyOptions = new TenancyOptions();
  @Mixin private ServerOptions serverOptions = new ServerOptions();
  @Mixin private Screen screen = new Screen();

  @Parameters(
      paramLabel = "TENANT",
      description = "The tenant whose credentials are in wrong hands.")
  private String tenant = "";

  @Option(
      names = "--evidence",
      paramLabel = "FILE",
      description = "The file to write. Default: incident-<user>-<time>.json in this directory.")
  private @Nullable Path evidence;

  @Override
  public Integer call() {
    String user = tenancyOptions.tenancy().userOf(TenancyOptions.tenant(tenant));
    Path file = evidence;
    if (file == null) {
      file =
          Path.of(
              "incident-"
                  + user.replaceAll("[^A-Za-z0-9_.-]", "_")
                  + "-"
                  + STAMP.format(Instant.now())
                  + ".json");
    }
    try (TenantRedisAdmin admin = serverOptions.connect()) {
      IncidentReport report = admin.incidents().contain(user, file);
      screen.result(
          report.toJson(),
          () -> {
            screen.nodes(report.nodes());
            screen.line("Evidence: " + report.evidence() + ", SHA-256 " + report.sha256());
            screen.line(
                "Next: provision rotate, provision finish-rotation, provision resume; or provision"
                    + " revoke.");
          });
      return report.isContained() ? ExitCodes.OK : ExitCodes.FOUND;
    }
  }
}
