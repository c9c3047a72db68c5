package io.tenantredis.admin.cli;

import io.tenantredis.admin.AclDialect;
import io.tenantredis.admin.AclPassword;
import io.tenantredis.admin.AclPolicy;
import io.tenantredis.admin.TenantRedisAdmin;
import io.tenantredis.admin.WithheldCommand;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints the ACL of a tenant's user. */
@Command(
    name = "policy",
    description = "Print the least-privilege ACL of a tenant's user, in the form you need.",
    mixinStandardHelpOptions = true)
final class PolicyCommand implements Callable<Integer> {

  /** The forms in which an ACL can be written down. */
  enum Format {
    SETUSER,
    ACLFILE,
    REDIS_CONF,
    ACCESS_STRING,
    TERRAFORM,
    WITHHELD
  }

  @Mixin private TenancyOptions tenancyOptions = new TenancyOptions();
  @Mixin private PolicyOptions policyOptions = new PolicyOptions();
  @Mixin private ServerOptions serverOptions = new ServerOptions();
  @Mixin private Screen screen = new Screen();

  @Parameters(paramLabel = "TENANT", description = "The tenant.")
  private String tenant = "";

  @Option(
      names = "--format",
      defaultValue = "setuser",
      description =
          "${COMPLETION-CANDIDATES}. withheld: the commands that are kept back, with the reasons."
              + " Default: ${DEFAULT-VALUE}.")
  private Format format = Format.SETUSER;

  @Option(
      names = "--server",
      paramLabel = "NAME:VERSION",
      description =
          "The server it is for, for example redis:7.0 or valkey:8.1, without modules. Default: the"
              + " server of --uri is asked; without one, redis:7.0.")
  private @Nullable String server;

  @Option(
      names = "--password-hash",
      paramLabel = "SHA256",
      description = "The SHA-256 of a password, 64 lower-case hexadecimal digits. Repeatable.")
  private List<String> hashes = new ArrayList<>();

  @Override
  public Integer call() {
    AclPolicy policy =
        policyOptions.policy(tenancyOptions.tenancy(), TenancyOptions.tenant(tenant));
    if (format == Format.WITHHELD) {
      printWithheld(policy.withheld());
      return ExitCodes.OK;
    }
    AclDialect dialect = dialect();
    AclPassword[] passwords = hashes.stream().map(AclPassword::ofHash).toArray(AclPassword[]::new);
    String text =
        switch (format) {
          case SETUSER -> "ACL SETUSER " + quoted(policy.setUserArguments(dialect, passwords));
          case ACLFILE -> policy.aclFileLine(dialect, passwords);
          case REDIS_CONF -> policy.redisConfLine(dialect, passwords);
          case ACCESS_STRING -> policy.accessString(dialect);
          case TERRAFORM -> policy.terraformJson(dialect).stripTrailing();
          case WITHHELD -> throw new IllegalStateException("printed above");
        };
    screen.result(
        "{\n  \"format\": "
            + Screen.quoted(format.name().toLowerCase(Locale.ROOT))
            + ",\n  \"text\": "
            + Screen.quoted(text)
            + "\n}\n",
        () -> screen.line(text));
    return ExitCodes.OK;
  }

  private void printWithheld(Collection<WithheldCommand> commands) {
    screen.result(
        commands.stream()
            .map(
                withheld ->
                    "  {\"command\": "
                        + Screen.quoted(withheld.command())
                        + ", \"reason\": "
                        + Screen.quoted(withheld.reason())
                        + "}")
            .collect(Collectors.joining(",\n", "[\n", "\n]\n")),
        () ->
            commands.forEach(
                withheld -> screen.line(withheld.command() + ": " + withheld.reason())));
  }

  /** As redis-cli reads its lines: selectors hold spaces. */
  private static String quoted(List<String> arguments) {
    List<String> words = new ArrayList<>();
    for (String argument : arguments) {
      boolean plain = argument.matches("[^ \"'\\\\]+");
      words.add(
          plain ? argument : '"' + argument.replace("\\", "\\\\").replace("\"", "\\\"") + '"');
    }
    return String.join(" ", words);
  }

  private AclDialect dialect() {
    String given = server;
    if (given == null) {
      if (serverOptions.isGiven()) {
        try (TenantRedisAdmin admin = serverOptions.connect()) {
          return admin.dialect();
        }
      }
      return AclDialect.redis("7.0");
    }
    int colon = given.indexOf(':');
    String name = (colon < 0 ? given : given.substring(0, colon)).toLowerCase(Locale.ROOT);
    String version = colon < 0 ? "" : given.substring(colon + 1);
    return switch (name) {
      case "redis" -> AclDialect.redis(version);
      case "valkey" -> AclDialect.valkey(version);
      default ->
          throw new IllegalArgumentException(
              "There is no server '" + name + "': write redis:7.0 or valkey:8.1.");
    };
  }
}
