package io.tenantredis.admin.cli;

import io.tenantredis.admin.PolicyVerifier;
import io.tenantredis.admin.Severity;
import io.tenantredis.admin.Tenancy;
import io.tenantredis.admin.TenantRedisAdmin;
import io.tenantredis.admin.VerificationReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Proves what tenants' users reach. */
@Command(
    name = "verify",
    description = {
      "Prove what tenants' users reach, by asking the server about every command with foreign keys"
          + " (ACL DRYRUN). Nothing is executed.",
      "With a TENANT and its profiles: that its user is confined and everything promised works."
          + " Without: that all tenants' users are confined, and no two reach each other.",
      "With --file: users of an ACL file, a redis.conf or a Terraform file, in a throw-away server."
    },
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {

  @Mixin private TenancyOptions tenancyOptions = new TenancyOptions();
  @Mixin private PolicyOptions policyOptions = new PolicyOptions();
  @Mixin private ServerOptions serverOptions = new ServerOptions();
  @Mixin private Screen screen = new Screen();

  @Parameters(paramLabel = "TENANT", arity = "0..1", description = "One tenant. Default: all.")
  private @Nullable String tenant;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "Verify the users of this file instead of a server's.")
  private @Nullable Path file;

  @Option(
      names = "--server-binary",
      paramLabel = "FILE",
      description =
          "With --file: the redis-server or valkey-server to load the users into. Default: the Redis"
              + " 7.0 that comes with the tool; of commands it does not have nothing can be said.")
  private @Nullable Path binary;

  @Option(
      names = "--any-names",
      description =
          "How tenants are named is not known: check only that no two users reach each other, and"
              + " which commands reach everybody.")
  private boolean anyNames;

  @Option(
      names = "--operator",
      paramLabel = "USER",
      description = "With --any-names: a user that may have more than a tenant. Repeatable.")
  private List<String> operators = List.of();

  @Option(
      names = "--fail-on",
      paramLabel = "SEVERITY",
      defaultValue = "medium",
      description =
          "Exit with 1 from this severity on: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Severity failOn = Severity.MEDIUM;

  @Override
  public Integer call() {
    Path given = file;
    if (given == null) {
      try (TenantRedisAdmin admin = serverOptions.connect()) {
        return print(verify(admin), Set.of());
      }
    }
    Map<String, List<String>> users = AclSource.users(read(given));
    try (ThrowAwayServer server = ThrowAwayServer.start(binary)) {
      server.load(users);
      return print(verify(server.admin()), server.unknownCommands());
    }
  }

  private VerificationReport verify(TenantRedisAdmin admin) {
    PolicyVerifier verifier = admin.verifier();
    if (anyNames) {
      Set<String> left = new HashSet<>(operators);
      // A user that is off cannot reach anything; the administrator reaches everything.
      admin.provisioner().list(name -> true).stream()
          .filter(user -> !user.on())
          .forEach(user -> left.add(user.name()));
      left.add(admin.user());
      return verifier.verifyApart(name -> !left.contains(name));
    }
    Tenancy tenancy = tenancyOptions.tenancy();
    String one = tenant;
    return one == null
        ? verifier.verifyAll(tenancy)
        : verifier.verify(policyOptions.policy(tenancy, TenancyOptions.tenant(one)));
  }

  private int print(VerificationReport report, Set<String> unknownCommands) {
    VerificationReport whole = report.withUnknownCommands(unknownCommands);
    screen.result(
        whole.toJson(),
        () -> {
          screen.findings(whole.findings());
          screen.line(
              whole.users().size()
                  + " user(s), "
                  + whole.questions()
                  + " questions to "
                  + whole.node()
                  + ", "
                  + whole.findings().size()
                  + " finding(s)");
          if (whole.users().isEmpty()) {
            screen.note("No user was checked: see --key-prefix, --identity and --any-names.");
          }
        });
    return whole.passes(failOn) && !whole.users().isEmpty() ? ExitCodes.OK : ExitCodes.FOUND;
  }

  private static String read(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new UncheckedIOException("The file " + path + " cannot be read", e);
    }
  }
}
