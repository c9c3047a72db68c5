package io.tenantredis.internal.keyspace;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads rows of the command table. The format is described at the top of {@code commands.txt}. */
final class CommandTable {

  static final String RESOURCE = "commands.txt";

  private static final int COLUMNS = 7;
  private static final int SIGNATURE = 3;
  private static final Pattern NAME = Pattern.compile("[A-Z0-9_.-]+( [A-Z0-9_.|-]+)?");
  private static final Set<String> GROUPS =
      Set.of(
          "string",
          "hash",
          "list",
          "set",
          "zset",
          "stream",
          "geo",
          "hyperloglog",
          "bitmap",
          "generic",
          "pubsub",
          "scripting",
          "transactions",
          "connection",
          "server",
          "cluster",
          "sentinel",
          "json",
          "search",
          "timeseries",
          "bloom",
          "vector",
          "array");

  private CommandTable() {}

  /** The rows that the SDK ships. */
  static List<CommandRule> shipped() {
    try (InputStream in = CommandTable.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(
            "The command table "
                + RESOURCE
                + " is missing from the SDK's jar: repackage it whole.");
      }
      BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      return parse(reader.lines().toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads rows.
   *
   * @throws IllegalArgumentException with the number of the line, if one is not a row
   */
  static List<CommandRule> parse(List<String> lines) {
    List<CommandRule> rules = new ArrayList<>(lines.size());
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).trim();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      try {
        rules.add(row(line));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "Line " + (i + 1) + " of the command table: " + e.getMessage(), e);
      }
    }
    return rules;
  }

  private static CommandRule row(String line) {
    List<String> columns = columns(line);
    String name = columns.get(0);
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("not a command's name in upper case: '" + name + "'");
    }
    String group = columns.get(1);
    if (!GROUPS.contains(group)) {
      throw new IllegalArgumentException("no such group: '" + group + "'");
    }
    String since = columns.get(2);
    if (since.isEmpty()) {
      throw new IllegalArgumentException("the version is missing");
    }
    String note = columns.get(6);
    boolean refused = columns.get(SIGNATURE).equals("refused");
    if (refused && note.isEmpty()) {
      throw new IllegalArgumentException("a refused command needs a note that says why");
    }
    return new CommandRule(
        name,
        group,
        since,
        refused ? null : SignatureParser.parse(columns.get(SIGNATURE)),
        ReplyNames.parse(columns.get(4)),
        flags(columns.get(5)),
        note,
        false);
  }

  /**
   * Splits at the first three bars and at the last three: those between them separate alternatives
   * of the signature.
   */
  private static List<String> columns(String line) {
    String[] parts = line.split("\\|", -1);
    if (parts.length < COLUMNS) {
      throw new IllegalArgumentException("expected " + COLUMNS + " columns, found " + parts.length);
    }
    int behind = parts.length - (COLUMNS - SIGNATURE - 1);
    List<String> columns = new ArrayList<>(COLUMNS);
    columns.addAll(Arrays.asList(parts).subList(0, SIGNATURE));
    columns.add(String.join("|", Arrays.asList(parts).subList(SIGNATURE, behind)));
    columns.addAll(Arrays.asList(parts).subList(behind, parts.length));
    columns.replaceAll(String::trim);
    return columns;
  }

  private static Set<CommandRule.Flag> flags(String text) {
    Set<CommandRule.Flag> flags = EnumSet.noneOf(CommandRule.Flag.class);
    for (String word : text.split(" +", -1)) {
      if (!word.isEmpty() && !word.equals("-")) {
        flags.add(flag(word));
      }
    }
    if (flags.contains(CommandRule.Flag.READ) && flags.contains(CommandRule.Flag.WRITE)) {
      throw new IllegalArgumentException("a command cannot be flagged both read and write");
    }
    return flags;
  }

  private static CommandRule.Flag flag(String word) {
    for (CommandRule.Flag flag : CommandRule.Flag.values()) {
      if (flag.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(word)) {
        return flag;
      }
    }
    throw new IllegalArgumentException("no such flag: '" + word + "'");
  }
}
