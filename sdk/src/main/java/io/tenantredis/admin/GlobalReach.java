package io.tenantredis.admin;

import io.tenantredis.internal.keyspace.CommandRule;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a permitted command reaches beyond one tenant, although it names no key. */
final class GlobalReach {

  /** A name without its subcommand is that of a server before 7.0, which lists no subcommands. */
  private static final Set<String> CHANGES_EVERYTHING =
      Set.of(
          "ACL",
          "ACL DELUSER",
          "ACL LOAD",
          "ACL SETUSER",
          "CLUSTER ADDSLOTS",
          "CLUSTER ADDSLOTSRANGE",
          "CLUSTER CANCELSLOTMIGRATIONS",
          "CLUSTER DELSLOTS",
          "CLUSTER DELSLOTSRANGE",
          "CLUSTER FAILOVER",
          "CLUSTER FLUSHSLOT",
          "CLUSTER FLUSHSLOTS",
          "CLUSTER FORGET",
          "CLUSTER MEET",
          "CLUSTER MIGRATESLOTS",
          "CLUSTER MIGRATION",
          "CLUSTER REPLICATE",
          "CLUSTER RESET",
          "CLUSTER SET-CONFIG-EPOCH",
          "CLUSTER SETSLOT",
          "CONFIG",
          "CONFIG REWRITE",
          "CONFIG SET",
          "DEBUG",
          "FAILOVER",
          "FLUSHALL",
          "FLUSHDB",
          "FUNCTION DELETE",
          "FUNCTION FLUSH",
          "FUNCTION LOAD",
          "FUNCTION RESTORE",
          "MIGRATE",
          "MODULE",
          "MODULE LOAD",
          "MODULE LOADEX",
          "MODULE UNLOAD",
          "MONITOR",
          "PSYNC",
          "REPLICAOF",
          "SHUTDOWN",
          "SLAVEOF",
          "SWAPDB",
          "SYNC",
          "TRIMSLOTS");

  private static final Set<String> SHOWS_OR_DISTURBS_OTHERS =
      Set.of(
          "ACL GETUSER",
          "ACL LIST",
          "ACL LOG",
          "BGREWRITEAOF",
          "BGSAVE",
          "CLIENT",
          "CLIENT KILL",
          "CLIENT LIST",
          "CLIENT NO-EVICT",
          "CLIENT PAUSE",
          "CLIENT UNBLOCK",
          "CLUSTER GETKEYSINSLOT",
          "COMMANDLOG GET",
          "CONFIG GET",
          "FUNCTION DUMP",
          "FUNCTION KILL",
          "HOTKEYS GET",
          "KEYS",
          "RANDOMKEY",
          "REPLCONF",
          "RESTORE-ASKING",
          "SAVE",
          "SCRIPT DEBUG",
          "SCRIPT FLUSH",
          "SCRIPT KILL",
          "SCRIPT SHOW",
          "SLOWLOG GET");

  private static final Set<String> LITTLE =
      Set.of("DBSIZE", "INFO", "LASTSAVE", "ROLE", "SELECT", "MODULE LIST", "SLOWLOG LEN");

  /** The client sends these itself, or every connection may run them whatever the ACL says. */
  private static final Set<String> NOT_WORTH_A_WORD =
      Stream.concat(
              Stream.concat(ProfileCommands.NEEDED.stream(), ProfileCommands.CLUSTER.stream())
                  .map(CommandRule::name),
              Stream.of(
                  "AUTH",
                  "HELLO",
                  "QUIT",
                  "RESET",
                  "COMMAND",
                  "COMMAND GETKEYS",
                  "COMMAND GETKEYSANDFLAGS"))
          .collect(Collectors.toUnmodifiableSet());

  private GlobalReach() {}

  /**
   * The finding about a user that may run a command, or null if the command reaches nothing beyond
   * the tenant.
   */
  static @Nullable Finding finding(String user, String aclName) {
    String name = aclName.toUpperCase(Locale.ROOT).replace('|', ' ');
    if (NOT_WORTH_A_WORD.contains(name) || name.endsWith(" HELP")) {
      return null;
    }
    CommandRule rule = rule(name);
    if (rule == null) {
      return Finding.of(
          "command-without-rule",
          Severity.MEDIUM,
          user,
          name + " is permitted, and there is no rule that says what it reaches",
          "Take it away: the SDK refuses it anyway.");
    }
    String reason = rule.isRefused() ? rule.note() : ProfileCommands.reasonToWithhold(rule);
    if (reason == null) {
      return null;
    }
    return Finding.of(
        "global-command",
        severity(rule),
        user,
        name + " is permitted: it " + reason,
        "Take it away: -" + aclName);
  }

  /** Whether who may run the command shows, disturbs or changes what is others'. */
  static boolean isDangerous(String aclName) {
    Finding finding = finding("", aclName);
    return finding != null && finding.severity().compareTo(Severity.HIGH) >= 0;
  }

  private static @Nullable CommandRule rule(String name) {
    CommandRule rule = ProfileCommands.RULES.find(name);
    int space = name.indexOf(' ');
    return rule == null && space > 0 ? ProfileCommands.RULES.find(name.substring(0, space)) : rule;
  }

  private static Severity severity(CommandRule rule) {
    String name = rule.name();
    if (CHANGES_EVERYTHING.contains(name)) {
      return Severity.CRITICAL;
    }
    if (SHOWS_OR_DISTURBS_OTHERS.contains(name)) {
      return Severity.HIGH;
    }
    return LITTLE.contains(name) ? Severity.LOW : Severity.MEDIUM;
  }
}
