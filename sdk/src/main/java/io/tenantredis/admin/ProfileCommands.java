package io.tenantredis.admin;

import io.tenantredis.internal.keyspace.CommandRule;
import io.tenantredis.internal.keyspace.CommandRules;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which commands stand behind the profiles, and which ones no profile has. */
final class ProfileCommands {

  static final CommandRules RULES = CommandRules.standard();

  /**
   * What the client itself sends on a tenant's connection, and transactions. AUTH, HELLO, RESET and
   * QUIT are missing on purpose: servers let everybody run them.
   */
  static final List<CommandRule> NEEDED =
      rules(
          "ACL WHOAMI",
          "PING",
          "ECHO",
          "CLIENT ID",
          "CLIENT INFO",
          "CLIENT GETNAME",
          "CLIENT SETNAME",
          "CLIENT SETINFO",
          "MULTI",
          "EXEC",
          "DISCARD",
          "WATCH",
          "UNWATCH");

  /** What this client sends to a cluster besides, on the tenant's connections. */
  static final List<CommandRule> CLUSTER = rules("ASKING", "CLUSTER SLOTS", "READONLY");

  /** What other clients send to a cluster. */
  static final List<CommandRule> CLUSTER_OF_OTHERS =
      rules("READWRITE", "CLUSTER KEYSLOT", "CLUSTER MYID", "CLUSTER NODES");

  static final List<CommandRule> SCAN = rules("SCAN", "CLUSTERSCAN");

  private static final Set<String> OF_MODULES =
      Set.of("vector", "json", "search", "timeseries", "bloom");

  private static final Set<String> KEY_LIFE =
      Set.of(
          "DEL",
          "EXISTS",
          "EXPIRE",
          "EXPIREAT",
          "EXPIRETIME",
          "PERSIST",
          "PEXPIRE",
          "PEXPIREAT",
          "PEXPIRETIME",
          "PTTL",
          "TOUCH",
          "TTL",
          "TYPE",
          "UNLINK");

  private static final Set<String> MESSAGES =
      Set.of("PUBLISH", "SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE");

  private static final Set<String> RENAMES = Set.of("RENAME", "RENAMENX");

  private static final String ALL_CHANNELS =
      "names or counts the channels of every tenant: channel patterns do not confine it";

  private static final String TRACKING =
      "with BCAST it names the changed keys of every tenant: key patterns do not confine it";

  private static final Map<String, String> WITHHELD =
      Map.ofEntries(
          Map.entry(
              "SCAN",
              "shows the key names of every tenant to a client without the SDK's guard: key patterns"
                  + " do not confine it; instead: allowScan() where keys().scan(), count() or"
                  + " deleteAll() is needed and that is acceptable"),
          Map.entry(
              "CLUSTERSCAN",
              "shows the key names of every tenant to a client without the SDK's guard: key patterns"
                  + " do not confine it; instead: allowScan()"),
          Map.entry("PUBSUB CHANNELS", ALL_CHANNELS),
          Map.entry("PUBSUB NUMSUB", ALL_CHANNELS),
          Map.entry("PUBSUB SHARDCHANNELS", ALL_CHANNELS),
          Map.entry("PUBSUB SHARDNUMSUB", ALL_CHANNELS),
          Map.entry("CLIENT TRACKING", TRACKING),
          Map.entry(
              "COMMAND",
              "granting it would grant its subcommands too, of which COMMAND GETKEYS is refused;"
                  + " instead: COMMAND INFO, COMMAND DOCS, COMMAND LIST"));

  private static final String INDEXES =
      "the server's ACL does not confine the names of indexes, aliases and dictionaries";

  private ProfileCommands() {}

  /** Every command of a profile, on whatever server. */
  static List<CommandRule> of(AclProfile profile) {
    Predicate<CommandRule> member = membership(profile);
    return RULES.all().stream()
        .filter(rule -> !rule.isRefused() && reasonToWithhold(rule) == null)
        .filter(member)
        .toList();
  }

  /** Why no profile has a command that the SDK permits, or null for one that profiles may have. */
  static @Nullable String reasonToWithhold(CommandRule rule) {
    String reason = WITHHELD.get(rule.name());
    if (reason != null) {
      return reason;
    }
    return rule.group().equals("search") && !rule.hasKeys() ? INDEXES : null;
  }

  /** A rule by its name, for a command that a tenant may be granted. */
  static CommandRule grantable(String command) {
    CommandRule rule = RULES.find(command);
    if (rule == null) {
      throw new IllegalArgumentException(
          "There is no rule for the command '"
              + command
              + "', so the SDK refuses it to tenants: write it as in XGROUP CREATE.");
    }
    if (rule.isRefused()) {
      throw new IllegalArgumentException(
          rule.name() + " is refused to tenants: it " + rule.note() + ".");
    }
    return rule;
  }

  static boolean opensKeys(CommandRule rule) {
    return rule.hasKeys() || rule.group().equals("search");
  }

  /**
   * Whether a server asks for write access to the keys of a command that only reads: for PFCOUNT,
   * which may refresh a count kept in the key, and for most commands of modules, whatever they do.
   */
  static boolean needsWriteAccessToRead(CommandRule rule) {
    return rule.name().equals("PFCOUNT") || OF_MODULES.contains(rule.group());
  }

  static boolean opensChannels(CommandRule rule) {
    return rule.group().equals("pubsub") && !rule.name().startsWith("PUBSUB");
  }

  private static Predicate<CommandRule> membership(AclProfile profile) {
    return switch (profile) {
      case CACHE -> inGroups("string", "hash").or(named(KEY_LIFE));
      case SESSION ->
          inGroups("string", "hash", "set", "zset")
              .or(named(KEY_LIFE))
              .or(named(RENAMES))
              .or(named(MESSAGES));
      case QUEUE -> inGroups("list", "stream", "zset").or(named(KEY_LIFE)).or(named(RENAMES));
      case PUBSUB -> inGroups("pubsub");
      case READ_ONLY -> rule -> rule.isRead() && rule.hasKeys() && !rule.isScript();
      case FULL -> rule -> !rule.group().equals("cluster");
    };
  }

  private static Predicate<CommandRule> inGroups(String... groups) {
    Set<String> wanted = Set.of(groups);
    return rule -> wanted.contains(rule.group());
  }

  private static Predicate<CommandRule> named(Set<String> names) {
    return rule -> names.contains(rule.name());
  }

  private static List<CommandRule> rules(String... names) {
    return Stream.of(names)
        .map(
            name -> {
              CommandRule rule = RULES.find(name);
              if (rule == null) {
                throw new IllegalStateException("The command table has no " + name);
              }
              return rule;
            })
        .collect(Collectors.toUnmodifiableList());
  }
}
