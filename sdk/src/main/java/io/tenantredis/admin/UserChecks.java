package io.tenantredis.admin;

import io.tenantredis.KeyPrefix;
import io.tenantredis.TenantId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/** Who may log in, and with which rights. */
final class UserChecks {

  private UserChecks() {}

  static List<AuditCheck> all() {
    return List.of(
        new AuditCheck("authentication", SecurityLevel.BASIC, UserChecks::authentication),
        new AuditCheck("default-user", SecurityLevel.STANDARD, UserChecks::defaultUser),
        new AuditCheck("shared-passwords", SecurityLevel.STANDARD, UserChecks::sharedPasswords),
        new AuditCheck("dangerous-commands", SecurityLevel.STANDARD, UserChecks::dangerous),
        new AuditCheck("user-without-limits", SecurityLevel.STANDARD, UserChecks::unlimited),
        new AuditCheck("tenant-confinement", SecurityLevel.STANDARD, UserChecks::confinement),
        new AuditCheck("users-survive-restart", SecurityLevel.STANDARD, UserChecks::survival),
        new AuditCheck("acl-log", SecurityLevel.STANDARD, UserChecks::aclLog),
        new AuditCheck("unfinished-rotation", SecurityLevel.PARANOID, UserChecks::rotation));
  }

  private static List<Finding> authentication(AuditView view) {
    List<Finding> findings = new ArrayList<>();
    view.users()
        .forEach(
            (name, user) -> {
              if (user.on() && user.nopass()) {
                findings.add(
                    Finding.of(
                        "authentication",
                        Severity.CRITICAL,
                        name + " on " + view.address(),
                        name.equals("default")
                            ? "whoever connects is in, without a password"
                            : "logs in without a password",
                        "ACL SETUSER " + name + " resetpass, then #<hash> or off"));
              }
            });
    return findings;
  }

  private static List<Finding> defaultUser(AuditView view) {
    UserState user = view.users().get("default");
    if (user == null || !user.on()) {
      return List.of();
    }
    return List.of(
        Finding.of(
            "default-user",
            Severity.MEDIUM,
            view.address(),
            "the default user is on: a client whose credentials are lost on the way becomes it"
                + " without notice",
            "Give each application a user of its own, then ACL SETUSER default off"));
  }

  private static List<Finding> sharedPasswords(AuditView view) {
    Map<String, Set<String>> usersOf = new LinkedHashMap<>();
    view.users()
        .forEach(
            (name, user) ->
                user.passwords()
                    .forEach(
                        hash -> usersOf.computeIfAbsent(hash, h -> new TreeSet<>()).add(name)));
    return usersOf.values().stream()
        .filter(users -> users.size() > 1)
        .map(
            users ->
                Finding.of(
                    "shared-passwords",
                    Severity.HIGH,
                    view.address(),
                    "these users have a password in common: " + String.join(", ", users),
                    "Give each a password of its own: tenant-redis provision rotate"))
        .toList();
  }

  private static List<Finding> dangerous(AuditView view) {
    List<Finding> findings = new ArrayList<>();
    view.users()
        .forEach(
            (name, user) -> {
              Set<String> reached = new TreeSet<>(user.root().commands());
              user.selectors().forEach(selector -> reached.addAll(selector.commands()));
              reached.removeIf(command -> !GlobalReach.isDangerous(command));
              if (user.on() && !reached.isEmpty() && !view.isOperator(name)) {
                findings.add(
                    Finding.of(
                        "dangerous-commands",
                        Severity.HIGH,
                        name + " on " + view.address(),
                        "may run " + String.join(", ", reached),
                        "Take them away; a tenant's policy has none of them"));
              }
            });
    return findings;
  }

  private static List<Finding> unlimited(AuditView view) {
    List<Finding> findings = new ArrayList<>();
    view.users()
        .forEach(
            (name, user) -> {
              List<UserState.Permissions> all = new ArrayList<>(user.selectors());
              all.add(user.root());
              Set<String> wide = new TreeSet<>();
              for (UserState.Permissions permissions : all) {
                permissions.keys().stream()
                    .filter(key -> Globs.literalHead(key.substring(key.indexOf('~') + 1)).isEmpty())
                    .forEach(wide::add);
                permissions.channels().stream()
                    .filter(channel -> Globs.literalHead(channel.substring(1)).isEmpty())
                    .forEach(wide::add);
              }
              if (user.on() && !wide.isEmpty() && !view.isOperator(name)) {
                findings.add(
                    Finding.of(
                        "user-without-limits",
                        Severity.HIGH,
                        name + " on " + view.address(),
                        "has every key or channel: " + String.join(" ", wide),
                        "Limit it to a prefix, or name it as an operator of this audit"));
              }
            });
    return findings;
  }

  private static List<Finding> confinement(AuditView view) {
    Tenancy tenancy = view.tenancy();
    if (tenancy == null) {
      throw new AuditView.NotVisible("how tenants are named was not said");
    }
    if (view.users().keySet().stream().noneMatch(name -> tenancy.tenantOf(name).isPresent())) {
      throw new AuditView.NotVisible("no user's name is one of a tenant by " + tenancy);
    }
    List<Finding> findings = new ArrayList<>();
    view.users()
        .forEach(
            (name, user) -> {
              Optional<TenantId> tenant = tenancy.tenantOf(name);
              if (tenant.isPresent()) {
                KeyPrefix prefix = tenancy.prefixOf(tenant.get());
                List<Finding> beyond = new ArrayList<>();
                PolicyVerifier.patterns(name + " on " + view.address(), prefix, user, beyond);
                beyond.forEach(
                    finding ->
                        findings.add(
                            Finding.of(
                                "tenant-confinement",
                                finding.severity(),
                                finding.subject(),
                                finding.evidence(),
                                finding.remedy())));
              }
            });
    return findings;
  }

  private static List<Finding> survival(AuditView view) {
    if (!view.setting("aclfile").isEmpty() || view.users().size() < 2) {
      return List.of();
    }
    return List.of(
        Finding.of(
            "users-survive-restart",
            Severity.LOW,
            view.address(),
            "has no aclfile: users that are not in redis.conf are gone after a restart, the default"
                + " user is back",
            "aclfile <path>, then ACL SAVE"));
  }

  private static List<Finding> aclLog(AuditView view) {
    long length = view.number("acllog-max-len");
    if (length >= 128) {
      return List.of();
    }
    return List.of(
        Finding.of(
            "acl-log",
            length == 0 ? Severity.MEDIUM : Severity.LOW,
            view.address(),
            "remembers " + length + " denied commands and logins (acllog-max-len)",
            "CONFIG SET acllog-max-len 128 or more"));
  }

  private static List<Finding> rotation(AuditView view) {
    List<Finding> findings = new ArrayList<>();
    view.users()
        .forEach(
            (name, user) -> {
              if (user.passwords().size() > 1) {
                findings.add(
                    Finding.of(
                        "unfinished-rotation",
                        Severity.LOW,
                        name + " on " + view.address(),
                        "has " + user.passwords().size() + " passwords",
                        "When all clients use the new one: tenant-redis provision finish-rotation"));
              }
            });
    return findings;
  }

  /** Servers do not pass users on to each other, so they can differ. */
  static List<Finding> agreement(List<AuditView> views, BooleanSupplier partial) {
    if (partial.getAsBoolean()) {
      throw new AuditView.NotVisible("the other servers of the deployment were not looked for");
    }
    List<Finding> findings = new ArrayList<>();
    Map<String, UserState> first = views.get(0).users();
    for (AuditView view : views.subList(1, views.size())) {
      Set<String> names = new TreeSet<>(first.keySet());
      names.addAll(view.users().keySet());
      Map<String, UserState> here = new HashMap<>(view.users());
      names.removeIf(
          name -> {
            UserState one = first.get(name);
            return one != null && one.equals(here.get(name));
          });
      if (!names.isEmpty()) {
        findings.add(
            Finding.of(
                "servers-agree",
                Severity.MEDIUM,
                view.address(),
                "these users differ from those of "
                    + views.get(0).address()
                    + ": "
                    + String.join(", ", names),
                "Apply the policies again: tenant-redis provision apply"));
      }
    }
    return findings;
  }
}
