package io.tenantredis.internal.keyspace;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes {@code docs/commands.md} from the command table. */
final class CommandsPage {

  private static final Map<NameKind, String> KINDS = kinds();
  private static final Map<String, String> GROUPS = groups();

  private CommandsPage() {}

  private static Map<NameKind, String> kinds() {
    Map<NameKind, String> kinds = new LinkedHashMap<>();
    kinds.put(NameKind.KEY, "keys");
    kinds.put(NameKind.NAME, "names");
    kinds.put(NameKind.CHANNEL, "channels");
    kinds.put(NameKind.SHARD_CHANNEL, "shard channels");
    kinds.put(NameKind.KEY_PATTERN, "key pattern");
    kinds.put(NameKind.CHANNEL_PATTERN, "channel patterns");
    kinds.put(NameKind.LOOKUP, "lookup patterns");
    kinds.put(NameKind.INDEX, "index names");
    return kinds;
  }

  private static Map<String, String> groups() {
    Map<String, String> groups = new LinkedHashMap<>();
    groups.put("string", "Strings");
    groups.put("bitmap", "Bitmaps");
    groups.put("hash", "Hashes");
    groups.put("list", "Lists");
    groups.put("set", "Sets");
    groups.put("zset", "Sorted sets");
    groups.put("stream", "Streams");
    groups.put("geo", "Geospatial");
    groups.put("hyperloglog", "HyperLogLog");
    groups.put("array", "Arrays");
    groups.put("vector", "Vector sets");
    groups.put("json", "JSON");
    groups.put("search", "Search");
    groups.put("timeseries", "Time series");
    groups.put("bloom", "Probabilistic structures");
    groups.put("generic", "Keys");
    groups.put("pubsub", "Publish and subscribe");
    groups.put("transactions", "Transactions");
    groups.put("scripting", "Scripts and functions");
    groups.put("connection", "Connection");
    groups.put("server", "Server");
    groups.put("cluster", "Cluster");
    groups.put("sentinel", "Sentinel");
    return groups;
  }

  static String of(CommandRules rules) {
    Collection<CommandRule> all = rules.all();
    long refused = all.stream().filter(CommandRule::isRefused).count();
    StringBuilder page = new StringBuilder(64 * 1024);
    page.append(
        """
        # Commands

        What a tenant gets from each command and subcommand. This page is generated from the command table
        (`sdk/src/main/resources/io/tenantredis/internal/keyspace/commands.txt`), which the client itself uses: it cannot say anything
        else than what the client does. A command that is not listed is refused, and so is a list of arguments that does not follow the
        command's grammar, because its keys could not be located with certainty.

        - **rewritten** names the arguments that get the tenant's prefix (with `PrefixMode.REQUIRE`: that must have it). All other
          arguments are sent to the byte as they are. *names in the reply* says that the reply holds names too, which lose the prefix;
          a foreign one is not handed to the application.
        - **allowed** says that the command names nothing and tells nothing of other tenants.
        - **refused** says that no tenant may run it, why, and what to use instead.

        The arguments are written in the table's own language: `.` is any argument, `?`, `*` and `+` repeat, `#key` is a count and so
        many keys, `[ ]` is optional, `{ | }` are alternatives, and what stands behind `^` is what an option means for the call
        (`^refused`: not for tenants, `^once`: never sent a second time, `^blocking`: waits on the server).

        *Read at the primary* says that the command goes there also where replicas are read from
        ([replica-reads.md](replica-reads.md)). *Retried* says that the client may send the command a second time when it does not know whether the first one was executed.
        *Own connection* says that the command needs a dedicated connection (`TenantClient.dedicated`).

        Redis 8.0.2 as the project tests against it carries the vector sets and no other module, Redis 7.0.15 and Valkey 8.1.1 carry
        none. The rules for JSON, search, time series and probabilistic structures are therefore written from their documentation and
        not compared with a server.

        """);
    page.append(all.size())
        .append(" commands and subcommands: ")
        .append(all.size() - refused)
        .append(" allowed or rewritten, ");
    page.append(refused).append(" refused.\n");
    GROUPS.forEach(
        (group, title) -> {
          List<CommandRule> rows = all.stream().filter(rule -> rule.group().equals(group)).toList();
          if (!rows.isEmpty()) {
            group(page, title, rows);
          }
        });
    return page.toString();
  }

  /** Every group of the table has a title. */
  static boolean isComplete(CommandRules rules) {
    return rules.all().stream().allMatch(rule -> GROUPS.containsKey(rule.group()));
  }

  private static void group(StringBuilder page, String title, List<CommandRule> rows) {
    page.append("\n## ").append(title).append("\n\n");
    page.append(
        "| Command | Since | For a tenant | Arguments | Treatment |\n|---|---|---|---|---|\n");
    for (CommandRule rule : rows) {
      page.append("| `").append(rule.name()).append("` | ").append(rule.since()).append(" | ");
      page.append(cell(gets(rule))).append(" | ");
      page.append(
              rule.isRefused() || rule.signature().isEmpty()
                  ? ""
                  : "`" + cell(rule.signature()) + "`")
          .append(" | ");
      page.append(rule.isRefused() ? "" : String.join(", ", treatment(rule))).append(" |\n");
    }
  }

  private static String gets(CommandRule rule) {
    if (rule.isRefused()) {
      return "**refused**: " + rule.note();
    }
    List<String> words = new ArrayList<>();
    String kinds =
        KINDS.entrySet().stream()
            .filter(kind -> rule.grammar().mentions(kind.getKey()))
            .map(Map.Entry::getValue)
            .collect(Collectors.joining(", "));
    words.add(kinds.isEmpty() ? "allowed" : "**rewritten**: " + kinds);
    if (rule.isScoped()) {
      words.add("without a pattern it gets one over the tenant's names");
    }
    if (rule.reply().place() != ReplyNames.Place.NOWHERE) {
      words.add("names in the reply");
    }
    if (!rule.note().isEmpty()) {
      words.add(rule.note());
    }
    return String.join("; ", words);
  }

  private static List<String> treatment(CommandRule rule) {
    List<String> words = new ArrayList<>();
    if (rule.isRead()) {
      words.add(rule.isForReplicas() ? "read" : "read at the primary");
    }
    if (rule.isWrite()) {
      words.add("write");
    }
    if (rule.isIdempotent()) {
      words.add("retried");
    }
    if (rule.isBlocking()) {
      words.add("blocking");
    }
    if (rule.isScript()) {
      words.add("runs code");
    }
    if (rule.isPubSub()) {
      words.add("subscriber");
    } else if (rule.isStateful()) {
      words.add("own connection");
    }
    return words;
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replace("<", "&lt;");
  }
}
