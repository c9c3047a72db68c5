package io.tenantredis.admin.cli;

import io.tenantredis.admin.AclPolicy;
import io.tenantredis.admin.AdminException;
import io.tenantredis.admin.MoveReport;
import io.tenantredis.admin.SwitchoverFailedException;
import io.tenantredis.admin.TenantMove;
import io.tenantredis.admin.TenantRedisAdmin;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** One tenant moves to other servers. */
@Command(
    name = "move",
    description = "Bring one tenant, its user and its keys, from one server or cluster to another.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    footerHeading = "%nOrder: ",
    footer =
        "copy, again as often as you like; cut-over, from which on the tenant cannot write until the"
            + " applications use the new server; finish. Or run, for the first two and telling the"
            + " applications. abort takes everything back until they were told. Give each the same"
            + " options.")
final class MoveCommand {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(
      name = "copy",
      description = "Copy all keys that differ while the tenant goes on working.",
      mixinStandardHelpOptions = true)
  int copy(@Parameters(paramLabel = "TENANT") String tenant, @Mixin Way way, @Mixin Screen screen) {
    return way.move(
        tenant, move -> print(move.copy(progress(screen.progress("looked at"))), screen));
  }

  @Command(
      name = "cut-over",
      description =
          "Take the right to write on the old server, copy the rest, compare every key, let the user"
              + " log in on the new server.",
      mixinStandardHelpOptions = true)
  int cutOver(
      @Parameters(paramLabel = "TENANT") String tenant, @Mixin Way way, @Mixin Screen screen) {
    return way.move(
        tenant,
        move -> {
          int code = print(move.cutOver(progress(screen.progress("looked at"))), screen);
          screen.note(
              "The tenant can read on the old server and write on the new one: switch its"
                  + " applications over now, then: move finish.");
          return code;
        });
  }

  @Command(
      name = "run",
      description = "Copy, let a program hold the tenant's commands, cut over, let it switch over.",
      mixinStandardHelpOptions = true)
  int run(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Option(
              names = "--switchover",
              paramLabel = "PROGRAM",
              required = true,
              description =
                  "Tells the applications. Called with hold, switch-over or, after a failure,"
                      + " release, and the tenant; ends with 0 when all applications did it.")
          Path program,
      @Option(
              names = "--switchover-timeout",
              paramLabel = "SECONDS",
              defaultValue = "60",
              description = "For each call of the program. Default: ${DEFAULT-VALUE}.")
          int patience,
      @Mixin Way way,
      @Mixin Screen screen) {
    if (patience < 1) {
      throw new ParameterException(
          spec.commandLine(), "--switchover-timeout is at least 1 second.");
    }
    if (!Files.isExecutable(program) || Files.isDirectory(program)) {
      throw new ParameterException(spec.commandLine(), "No program: " + program);
    }
    ProgramSwitchover switchover = new ProgramSwitchover(program, Duration.ofSeconds(patience));
    return way.move(
        tenant,
        move -> {
          try {
            return print(move.run(switchover, progress(screen.progress("looked at"))), screen);
          } catch (ProgramSwitchover.Failure notHeld) {
            screen.endOfProgress();
            screen.note(
                TenantRedisTool.explain(notHeld)
                    + " The tenant is where it was; what was copied stays for the next attempt.");
            return ExitCodes.FOUND;
          } catch (SwitchoverFailedException notTold) {
            screen.endOfProgress();
            screen.note(
                TenantRedisTool.explain(notTold.getCause())
                    + " "
                    + TenantRedisTool.explain(notTold));
            return ExitCodes.FOUND;
          }
        });
  }

  @Command(
      name = "abort",
      description = "Take a move back whose applications were not switched over.",
      mixinStandardHelpOptions = true)
  int abort(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Option(
              names = "--discard",
              description =
                  "Give up what the new server holds: also if it cannot be reached, or was written"
                      + " since the cut-over. Only if no application uses it.")
          boolean discard,
      @Option(names = "--yes", description = "Yes, give it up.") boolean yes,
      @Mixin Way way,
      @Mixin Screen screen) {
    if (discard && !yes) {
      throw new ParameterException(
          spec.commandLine(), "This loses what was written on the new server: say --yes.");
    }
    boolean complete = true;
    if (discard) {
      complete = way.discard(tenant, screen);
    } else {
      way.move(
          tenant,
          move -> {
            move.abort();
            return ExitCodes.OK;
          });
    }
    print(new MoveReport("abort", true, 0, 0, 0, 0, 0, Duration.ZERO), screen);
    return complete ? ExitCodes.OK : ExitCodes.FOUND;
  }

  @Command(
      name = "finish",
      description = "After the switch-over: delete the user on the old server, and the keys there.",
      mixinStandardHelpOptions = true)
  int finish(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Option(names = "--delete-keys", description = "Delete the keys on the old server, too.")
          boolean deleteKeys,
      @Option(names = "--yes", description = "Yes, delete them.") boolean yes,
      @Mixin Way way,
      @Mixin Screen screen) {
    if (!yes) {
      throw new ParameterException(
          spec.commandLine(), "This ends the tenant's life on the old server: say --yes.");
    }
    return way.move(
        tenant,
        move -> print(move.finish(deleteKeys, progress(screen.progress("deleted"))), screen));
  }

  /** From where to where, and who. */
  static final class Way {

    @Mixin private TenancyOptions tenancy = new TenancyOptions();
    @Mixin private PolicyOptions rights = new PolicyOptions();
    @Mixin private ServerOptions source = new ServerOptions();
    @Mixin private TargetOptions target = new TargetOptions();

    private AclPolicy policy(String tenant) {
      return rights.policy(tenancy.tenancy(), TenancyOptions.tenant(tenant));
    }

    int move(String tenant, Function<TenantMove, Integer> work) {
      AclPolicy policy = policy(tenant);
      try (TenantRedisAdmin here = source.connect();
          TenantRedisAdmin there = target.connect(source)) {
        return work.apply(here.moveTo(there, policy));
      }
    }

    /** Takes a move back, whatever became of the new server, and says whether that is complete. */
    boolean discard(String tenant, Screen screen) {
      AclPolicy policy = policy(tenant);
      String notSuspended;
      try (TenantRedisAdmin here = source.connect()) {
        TenantRedisAdmin there;
        try {
          there = target.connect(source);
        } catch (AdminException unreachable) {
          here.provisioner().update(policy).requireComplete();
          return said(String.valueOf(unreachable.getMessage()), policy, screen);
        }
        try (there) {
          notSuspended =
              here.moveTo(there, policy).abortAndDiscard().nodes().stream()
                  .filter(node -> !node.isDone())
                  .map(node -> node.node() + ": " + node.detail())
                  .collect(Collectors.joining("; "));
        }
      }
      return notSuspended.isEmpty() || said(notSuspended, policy, screen);
    }

    private static boolean said(String notSuspended, AclPolicy policy, Screen screen) {
      screen.note(
          notSuspended
              + " User "
              + policy.user()
              + " may be able to log in on the new server: suspend it there before it is used again.");
      return false;
    }
  }

  private static Consumer<MoveReport> progress(LongConsumer keys) {
    return report -> keys.accept(report.keys());
  }

  private static int print(MoveReport report, Screen screen) {
    screen.endOfProgress();
    screen.result(report.toJson(), () -> screen.line(text(report)));
    return ExitCodes.OK;
  }

  private static String text(MoveReport report) {
    return switch (report.action()) {
      case "abort" -> "abort: the tenant is where it was";
      case "finish" -> String.format(Locale.ROOT, "finish: %,d keys deleted", report.keys());
      default ->
          String.format(
              Locale.ROOT,
              "%s: %,d keys, %,d copied, %,d the same already, %,d gone meanwhile, %,d removed%s",
              report.action(),
              report.keys(),
              report.copied(),
              report.same(),
              report.gone(),
              report.removed(),
              report.window().isZero()
                  ? ""
                  : String.format(
                      Locale.ROOT, "; no writes for %.1f s", report.window().toMillis() / 1000.0));
    };
  }
}
