package io.tenantredis.admin.cli;

import io.tenantredis.admin.DataReport;
import io.tenantredis.admin.DataSummary;
import io.tenantredis.admin.ImportConflict;
import io.tenantredis.admin.TenantData;
import io.tenantredis.admin.TenantRedisAdmin;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** All keys of one tenant. */
@Command(
    name = "data",
    description = "Count, export, import or delete all keys of one tenant.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
final class DataCommand {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(
      name = "summary",
      description = "Count the keys by type and estimate their memory.",
      mixinStandardHelpOptions = true)
  int summary(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Mixin TenancyOptions tenancy,
      @Mixin ServerOptions server,
      @Mixin Screen screen) {
    return withData(
        server,
        tenancy,
        tenant,
        data -> {
          DataSummary summary = data.summarize(screen.progress("seen"));
          screen.endOfProgress();
          screen.result(
              summary.toJson(),
              () -> {
                screen.line(
                    String.format(
                        Locale.ROOT,
                        "%,d keys, about %,d bytes (%,d measured)",
                        summary.keys(),
                        summary.estimatedBytes(),
                        summary.sampled()));
                summary
                    .keysByType()
                    .forEach(
                        (type, keys) ->
                            screen.line(String.format(Locale.ROOT, "  %-12s %,d", type, keys)));
              });
          return ExitCodes.OK;
        });
  }

  @Command(
      name = "export",
      description = "Write all keys to a file; repeat it to go on after a failure.",
      mixinStandardHelpOptions = true)
  int export(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Parameters(paramLabel = "FILE") Path file,
      @Mixin TenancyOptions tenancy,
      @Mixin ServerOptions server,
      @Mixin Screen screen) {
    return withData(
        server,
        tenancy,
        tenant,
        data -> print(data.exportTo(file, screen.progress("exported")), screen));
  }

  @Command(
      name = "import",
      description = "Restore all keys of a file; repeat it to go on after a failure.",
      mixinStandardHelpOptions = true)
  int restore(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Parameters(paramLabel = "FILE") Path file,
      @Option(
              names = "--existing",
              paramLabel = "WHAT",
              defaultValue = "fail",
              description =
                  "What to do with keys that exist: ${COMPLETION-CANDIDATES}. Default:"
                      + " ${DEFAULT-VALUE}.")
          ImportConflict existing,
      @Option(names = "--dry-run", description = "Only check the file.") boolean dryRun,
      @Mixin TenancyOptions tenancy,
      @Mixin ServerOptions server,
      @Mixin Screen screen) {
    return withData(
        server,
        tenancy,
        tenant,
        data ->
            print(
                dryRun
                    ? data.check(file)
                    : data.importFrom(file, existing, screen.progress("read")),
                screen));
  }

  @Command(
      name = "delete",
      description = "Delete all keys. Suspend the tenant's user first.",
      mixinStandardHelpOptions = true)
  int delete(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Option(names = "--dry-run", description = "Only count what would be deleted.")
          boolean dryRun,
      @Option(names = "--yes", description = "Yes, delete them.") boolean yes,
      @Mixin TenancyOptions tenancy,
      @Mixin ServerOptions server,
      @Mixin Screen screen) {
    if (dryRun == yes) {
      throw new ParameterException(spec.commandLine(), "Say --dry-run or --yes.");
    }
    return withData(
        server,
        tenancy,
        tenant,
        data -> print(data.deleteAll(dryRun, screen.progress("deleted")), screen));
  }

  private static int print(DataReport report, Screen screen) {
    screen.endOfProgress();
    screen.result(
        report.toJson(),
        () -> {
          screen.line(
              String.format(
                  Locale.ROOT,
                  "%s%s: %,d keys%s%s",
                  report.action(),
                  report.dryRun() ? " (nothing was changed)" : "",
                  report.keys(),
                  report.skipped() == 0 ? "" : ", " + report.skipped() + " skipped",
                  report.remaining() == 0 || report.dryRun()
                      ? ""
                      : ", " + report.remaining() + " there afterwards"));
          if (!report.sha256().isEmpty()) {
            screen.line("SHA-256 " + report.sha256());
          }
        });
    return report.dryRun() || report.remaining() == 0 ? ExitCodes.OK : ExitCodes.FOUND;
  }

  private static int withData(
      ServerOptions server,
      TenancyOptions tenancy,
      String tenant,
      Function<TenantData, Integer> work) {
    try (TenantRedisAdmin admin = server.connect()) {
      return work.apply(admin.data(tenancy.tenancy().prefixOf(TenancyOptions.tenant(tenant))));
    }
  }
}
