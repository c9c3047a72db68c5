package io.tenantredis.admin.cli;

import io.tenantredis.TenantId;
import io.tenantredis.admin.AclPassword;
import io.tenantredis.admin.NewPassword;
import io.tenantredis.admin.NewUser;
import io.tenantredis.admin.NodeResult;
import io.tenantredis.admin.Provisioner;
import io.tenantredis.admin.ProvisioningReport;
import io.tenantredis.admin.Tenancy;
import io.tenantredis.admin.TenantRedisAdmin;
import io.tenantredis.admin.UserDrift;
import io.tenantredis.admin.UserSummary;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Creates, changes and deletes tenants' users. */
@Command(
    name = "provision",
    description = "Create, change, suspend and delete tenants' users, on every server.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
final class ProvisionCommand {

  @Command(
      name = "create",
      description = "Create a user with a new password.",
      mixinStandardHelpOptions = true)
  int create(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Mixin TenancyOptions tenancy,
      @Mixin PolicyOptions policy,
      @Mixin NewPasswordOptions passwordOptions,
      @Mixin ServerOptions server,
      @Mixin Screen screen) {
    passwordOptions.check();
    try {
      return withProvisioner(
          server,
          provisioner -> {
            try (NewUser user =
                provisioner.create(
                    policy.policy(tenancy.tenancy(), TenancyOptions.tenant(tenant)))) {
              return handOver(user, passwordOptions, screen);
            }
          });
    } finally {
      passwordOptions.discardUnused();
    }
  }

  @Command(
      name = "apply",
      description = "Make a user exactly what is said, whatever it was before.",
      mixinStandardHelpOptions = true)
  int apply(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Mixin TenancyOptions tenancy,
      @Mixin PolicyOptions policy,
      @Option(
              names = "--password-hash",
              paramLabel = "SHA256",
              description = "The SHA-256 of a password. Repeatable.")
          @Nullable List<String> hashes,
      @Option(names = "--password-stdin", description = "Read a password from standard input.")
          boolean standardInput,
      @Mixin ServerOptions server,
      @Mixin Screen screen) {
    List<AclPassword> passwords = new ArrayList<>();
    if (hashes != null) {
      hashes.forEach(hash -> passwords.add(AclPassword.ofHash(hash)));
    }
    if (standardInput) {
      passwords.add(AclPassword.of(readLine()));
    }
    return withProvisioner(
        server,
        provisioner ->
            print(
                provisioner.apply(
                    policy.policy(tenancy.tenancy(), TenancyOptions.tenant(tenant)),
                    passwords.toArray(new AclPassword[0])),
                screen));
  }

  @Command(
      name = "update",
      description = "Make a user's permissions exactly what is said; its passwords stay.",
      mixinStandardHelpOptions = true)
  int update(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Mixin TenancyOptions tenancy,
      @Mixin PolicyOptions policy,
      @Mixin ServerOptions server,
      @Mixin Screen screen) {
    return withProvisioner(
        server,
        provisioner ->
            print(
                provisioner.update(policy.policy(tenancy.tenancy(), TenancyOptions.tenant(tenant))),
                screen));
  }

  @Command(
      name = "rotate",
      description = "Add a new password; the old ones stay valid until finish-rotation.",
      mixinStandardHelpOptions = true)
  int rotate(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Mixin TenancyOptions tenancy,
      @Mixin NewPasswordOptions passwordOptions,
      @Mixin ServerOptions server,
      @Mixin Screen screen) {
    passwordOptions.check();
    try {
      return withProvisioner(
          server,
          provisioner -> {
            try (NewUser user = provisioner.rotate(user(tenancy, tenant))) {
              return handOver(user, passwordOptions, screen);
            }
          });
    } finally {
      passwordOptions.discardUnused();
    }
  }

  @Command(
      name = "finish-rotation",
      description = "Remove all passwords but one, which standard input or --keep-hash names.",
      mixinStandardHelpOptions = true)
  int finishRotation(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Mixin TenancyOptions tenancy,
      @Option(
              names = "--keep-hash",
              paramLabel = "SHA256",
              description =
                  "The SHA-256 of the password that stays. Default: standard input is read.")
          @Nullable String hash,
      @Mixin ServerOptions server,
      @Mixin Screen screen) {
    AclPassword keep = hash == null ? AclPassword.of(readLine()) : AclPassword.ofHash(hash);
    return withProvisioner(
        server,
        provisioner -> print(provisioner.finishRotation(user(tenancy, tenant), keep), screen));
  }

  @Command(
      name = "suspend",
      description = "Keep a user from logging in, and end its connections.",
      mixinStandardHelpOptions = true)
  int suspend(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Mixin TenancyOptions tenancy,
      @Mixin ServerOptions server,
      @Mixin Screen screen) {
    return withProvisioner(
        server, provisioner -> print(provisioner.suspend(user(tenancy, tenant)), screen));
  }

  @Command(
      name = "resume",
      description = "Let a suspended user log in again.",
      mixinStandardHelpOptions = true)
  int resume(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Mixin TenancyOptions tenancy,
      @Mixin ServerOptions server,
      @Mixin Screen screen) {
    return withProvisioner(
        server, provisioner -> print(provisioner.resume(user(tenancy, tenant)), screen));
  }

  @Command(
      name = "revoke",
      description = "Block a user, end its connections and delete it. The tenant's data stays.",
      mixinStandardHelpOptions = true)
  int revoke(
      @Parameters(paramLabel = "TENANT") String tenant,
      @Mixin TenancyOptions tenancy,
      @Option(names = "--yes", required = true, description = "Yes, delete it.") boolean yes,
      @Mixin ServerOptions server,
      @Mixin Screen screen) {
    return withProvisioner(
        server, provisioner -> print(provisioner.revoke(user(tenancy, tenant)), screen));
  }

  @Command(name = "list", description = "List tenants' users.", mixinStandardHelpOptions = true)
  int list(
      @Mixin TenancyOptions tenancy,
      @Option(names = "--all", description = "Users that are no tenant's too.") boolean all,
      @Mixin ServerOptions server,
      @Mixin Screen screen) {
    Tenancy named = tenancy.tenancy();
    return withProvisioner(
        server,
        provisioner -> {
          List<UserSummary> users =
              provisioner.list(name -> all || named.tenantOf(name).isPresent());
          screen.result(
              UserSummary.toJson(users),
              () -> users.forEach(user -> screen.line(describe(user, screen))));
          return ExitCodes.OK;
        });
  }

  private static String describe(UserSummary user, Screen screen) {
    return screen.coloured(user.on() ? "green" : "faint", user.on() ? "on " : "off")
        + " "
        + user.name()
        + " on "
        + user.node()
        + ": "
        + (user.passwords() < 0
            ? screen.coloured("bold,red", "needs no password")
            : user.passwords() + " password(s)")
        + ", "
        + user.commands()
        + " commands, "
        + user.selectors()
        + " selector(s), keys "
        + user.keys()
        + ", channels "
        + user.channels();
  }

  @Command(
      name = "drift",
      description =
          "Compare every server with what should be there: the same profiles for each of these"
              + " tenants. Changes nothing; exit code 1 if something differs.",
      mixinStandardHelpOptions = true)
  int drift(
      @Parameters(paramLabel = "TENANT", arity = "1..*") List<String> tenants,
      @Mixin TenancyOptions tenancy,
      @Mixin PolicyOptions policy,
      @Option(
              names = "--no-others",
              description = "These are all tenants: a user of another one is a difference too.")
          boolean noOthers,
      @Mixin ServerOptions server,
      @Mixin Screen screen) {
    Tenancy named = tenancy.tenancy();
    return withProvisioner(
        server,
        provisioner -> {
          List<UserDrift> drifts =
              provisioner.drift(
                  tenants.stream()
                      .map(tenant -> policy.policy(named, TenantId.of(tenant)))
                      .toList(),
                  name -> noOthers && named.tenantOf(name).isPresent());
          screen.result(
              UserDrift.toJson(drifts),
              () -> {
                for (UserDrift drift : drifts) {
                  screen.line(screen.coloured("bold", drift.user()) + " on " + drift.node());
                  drift.differences().forEach(difference -> screen.line("  " + difference));
                }
                if (drifts.isEmpty()) {
                  screen.line("Everything is as it should be.");
                }
              });
          return drifts.isEmpty() ? ExitCodes.OK : ExitCodes.FOUND;
        });
  }

  private static String user(TenancyOptions tenancy, String tenant) {
    return tenancy.tenancy().userOf(TenancyOptions.tenant(tenant));
  }

  private static int withProvisioner(ServerOptions server, Function<Provisioner, Integer> work) {
    try (TenantRedisAdmin admin = server.connect()) {
      return work.apply(admin.provisioner());
    }
  }

  private static int print(ProvisioningReport report, Screen screen) {
    screen.result(report.toJson(), () -> screen.nodes(report.nodes()));
    return report.isComplete() ? ExitCodes.OK : ExitCodes.FOUND;
  }

  private static int handOver(NewUser user, NewPasswordOptions options, Screen screen) {
    // After a conflict the password may well let the user in.
    if (user.report().nodes().stream()
        .allMatch(node -> node.status() == NodeResult.Status.FAILED)) {
      return print(user.report(), screen);
    }
    NewPassword password = user.password();
    Path file = options.write(password);
    if (file != null) {
      screen.note("The password is in " + file);
    }
    if (options.isPrinted()) {
      // Beside the report, so that no report holds a password; for people the last line.
      String revealed = new String(password.reveal());
      screen.result(
          "{\n\"password\": "
              + Screen.quoted(revealed)
              + ",\n\"report\": "
              + user.report().toJson().strip()
              + "\n}\n",
          () -> {
            screen.nodes(user.report().nodes());
            screen.line(revealed);
          });
      return user.report().isComplete() ? ExitCodes.OK : ExitCodes.FOUND;
    }
    return print(user.report(), screen);
  }

  private static char[] readLine() {
    try {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      String line = in.readLine();
      return line == null ? new char[0] : line.toCharArray();
    } catch (IOException e) {
      throw new IllegalArgumentException("Standard input cannot be read: " + e.getMessage(), e);
    }
  }
}
