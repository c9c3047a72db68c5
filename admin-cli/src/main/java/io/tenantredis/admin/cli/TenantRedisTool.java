package io.tenantredis.admin.cli;

import io.tenantredis.admin.AdminException;
import io.tenantredis.test.server.RedisServerException;
import java.io.UncheckedIOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The tool's entrance. */
@Command(
    name = "tenant-redis",
    description =
        "Keeps many tenants apart in one Redis: users, proofs, audits, incidents and their data.",
    mixinStandardHelpOptions = true,
    versionProvider = TenantRedisTool.Version.class,
    subcommands = {
      PolicyCommand.class,
      ProvisionCommand.class,
      VerifyCommand.class,
      AuditCommand.class,
      IncidentCommand.class,
      DataCommand.class,
      MoveCommand.class
    },
    footerHeading = "%nExit codes: ",
    footer =
        "0 all is well; 1 something was found, or a change is not complete; 2 wrong command line;"
            + " 3 a server or a file could not be used.")
public final class TenantRedisTool implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  /**
   * Runs the tool and ends the process.
   *
   * @param arguments the command line
   */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** Runs the tool. */
  static int run(String... arguments) {
    return commandLine().execute(arguments);
  }

  static CommandLine commandLine() {
    return new CommandLine(new TenantRedisTool())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (failure, commandLine, parsed) -> {
              String message = explain(failure);
              commandLine
                  .getErr()
                  .println(commandLine.getColorScheme().errorText("tenant-redis: " + message));
              return failure instanceof IllegalArgumentException
                  ? ExitCodes.USAGE
                  : ExitCodes.FAILED;
            });
  }

  /**
   * Failures that people can do something about speak for themselves; others show where they are.
   * What failed besides has a line of its own.
   */
  static String explain(@Nullable Throwable failure) {
    if (failure == null) {
      return "";
    }
    StringBuilder text = new StringBuilder(explainAlone(failure));
    for (Throwable further : failure.getSuppressed()) {
      text.append(System.lineSeparator()).append("  ").append(explain(further));
    }
    return text.toString();
  }

  private static String explainAlone(Throwable failure) {
    if (failure instanceof AdminException
        || failure instanceof IllegalArgumentException
        || failure instanceof ProgramSwitchover.Failure
        || failure instanceof RedisServerException
        || failure instanceof UncheckedIOException
        || failure instanceof UnsupportedOperationException) {
      return String.valueOf(failure.getMessage());
    }
    StackTraceElement[] trace = failure.getStackTrace();
    return String.format(Locale.ROOT, "%s%s", failure, trace.length == 0 ? "" : " at " + trace[0]);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Say what to do: see --help.");
  }

  /** The version that the jar was built with. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = TenantRedisTool.class.getPackage().getImplementationVersion();
      return new String[] {"tenant-redis " + (version == null ? "(not packaged)" : version)};
    }
  }
}
