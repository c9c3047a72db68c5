package io.tenantredis.internal.keyspace;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The rules of all commands. What has no rule is refused: a command that nobody looked at, or a
 * subcommand that a newer server added to a known command.
 *
 * <p>Immutable and thread-safe.
 */
public final class CommandRules {

  private final Map<String, CommandRule> byName;
  private final Words words;

  private CommandRules(Map<String, CommandRule> byName) {
    this.byName = byName;
    this.words = Words.of(byName.values());
  }

  /**
   * The rules that the SDK ships.
   *
   * @return the same instance each time
   */
  public static CommandRules standard() {
    return Standard.RULES;
  }

  /** Rules from rows of a table, without those the SDK ships. */
  static CommandRules of(List<String> rows) {
    return of(CommandTable.parse(rows));
  }

  private static CommandRules of(Collection<CommandRule> rules) {
    Map<String, CommandRule> byName = new LinkedHashMap<>();
    for (CommandRule rule : rules) {
      if (byName.put(rule.name(), rule) != null) {
        throw new IllegalArgumentException("Two rules for " + rule.name() + ": keep one.");
      }
    }
    return new CommandRules(byName);
  }

  /**
   * These rules and an application's own, for instance for a module of its own.
   *
   * @param rows rows in the format of the command table
   * @return the extended rules
   * @throws IllegalArgumentException if a row cannot be read, or is about a command that has a rule
   *     already, or about a subcommand of one that has: rules can be added, never replaced
   */
  public CommandRules with(List<String> rows) {
    Map<String, CommandRule> all = new LinkedHashMap<>(byName);
    for (CommandRule rule : CommandTable.parse(rows)) {
      if (words.holds(firstWord(rule.name()))) {
        throw new IllegalArgumentException(
            "There is a rule for "
                + firstWord(rule.name())
                + " already: rules can be added for other commands, not replaced.");
      }
      if (all.put(rule.name(), rule) != null) {
        throw new IllegalArgumentException("Two rules for " + rule.name() + ": keep one.");
      }
    }
    return new CommandRules(all);
  }

  /**
   * These rules with fewer commands. A command that is refused stays refused.
   *
   * @param allowed asked once for each rule: whether tenants may still run the command
   * @return the narrowed rules
   */
  public CommandRules narrowed(Predicate<? super CommandRule> allowed) {
    Map<String, CommandRule> fewer = new LinkedHashMap<>();
    byName.forEach(
        (name, rule) ->
            fewer.put(name, rule.isRefused() || allowed.test(rule) ? rule : rule.taken()));
    return new CommandRules(fewer);
  }

  /**
   * The rule of a command.
   *
   * @param name the command, with its subcommand, in any case
   * @return its rule, or null if it has none
   */
  public @Nullable CommandRule find(String name) {
    return byName.get(name.toUpperCase(Locale.ROOT));
  }

  /**
   * The commands that wait on the server, always or with an option.
   *
   * @return their names
   */
  public Set<String> blockingNames() {
    return all().stream()
        .filter(CommandRule::mayBlock)
        .map(CommandRule::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * All rules.
   *
   * @return the rules in the order of the table
   */
  public Collection<CommandRule> all() {
    return List.copyOf(byName.values());
  }

  /** The rule for an encoded command by the bytes of its name, or null if it has none. */
  @Nullable CommandRule find(Scratch command) {
    Word word = words.find(command, 0);
    if (word == null) {
      return null;
    }
    if (word.subcommands != null && command.count() > 1) {
      Word subcommand = word.subcommands.find(command, 1);
      if (subcommand != null) {
        return subcommand.rule;
      }
    }
    return word.rule;
  }

  private static String firstWord(String name) {
    int space = name.indexOf(' ');
    return space < 0 ? name : name.substring(0, space);
  }

  /** The table is parsed when it is first needed, once. */
  private static final class Standard {
    static final CommandRules RULES = of(CommandTable.shipped());
  }

  /** One command's name, or one subcommand's. */
  private static final class Word {
    final byte[] upper;
    final @Nullable CommandRule rule;
    final @Nullable Words subcommands;

    Word(String upper, @Nullable CommandRule rule, @Nullable Words subcommands) {
      this.upper = upper.getBytes(StandardCharsets.US_ASCII);
      this.rule = rule;
      this.subcommands = subcommands;
    }
  }

  /**
   * A hash table with open addressing that is asked with bytes in a buffer, so that a look-up
   * allocates nothing.
   */
  private static final class Words {

    private final @Nullable Word[] slots;
    private final int longest;

    private Words(List<Word> words) {
      this.slots = new Word[Integer.highestOneBit(Math.max(1, words.size() * 2 - 1)) * 2];
      int max = 0;
      for (Word word : words) {
        int slot = slot(hash(word.upper, 0, word.upper.length));
        while (slots[slot] != null) {
          slot = slot(slot + 1);
        }
        slots[slot] = word;
        max = Math.max(max, word.upper.length);
      }
      this.longest = max;
    }

    static Words of(Collection<CommandRule> rules) {
      Map<String, List<CommandRule>> byFirstWord = new LinkedHashMap<>();
      for (CommandRule rule : rules) {
        byFirstWord.computeIfAbsent(firstWord(rule.name()), word -> new ArrayList<>()).add(rule);
      }
      List<Word> words = new ArrayList<>();
      byFirstWord.forEach((first, group) -> words.add(word(first, group)));
      return new Words(words);
    }

    private static Word word(String first, List<CommandRule> group) {
      CommandRule own = null;
      List<Word> subcommands = new ArrayList<>();
      for (CommandRule rule : group) {
        if (rule.name().equals(first)) {
          own = rule;
        } else {
          subcommands.add(new Word(rule.name().substring(first.length() + 1), rule, null));
        }
      }
      if (own != null
          && !subcommands.isEmpty()
          && own.grammar() != null
          && !own.grammar().takesNothing()) {
        throw new IllegalArgumentException(
            first
                + " has rules for its subcommands: its own must refuse, or take no arguments, so that an unknown one is refused.");
      }
      return new Word(first, own, subcommands.isEmpty() ? null : new Words(subcommands));
    }

    boolean holds(String upper) {
      byte[] bytes = upper.getBytes(StandardCharsets.US_ASCII);
      return find(bytes, 0, bytes.length) != null;
    }

    @Nullable Word find(Scratch command, int index) {
      return find(command.bytes(), command.start(index), command.end(index));
    }

    private @Nullable Word find(byte[] bytes, int from, int to) {
      if (to - from > longest) {
        return null;
      }
      int slot = slot(hash(bytes, from, to));
      while (true) {
        Word word = slots[slot];
        if (word == null || isWord(bytes, from, to, word.upper)) {
          return word;
        }
        slot = slot(slot + 1);
      }
    }

    private int slot(int hash) {
      return hash & (slots.length - 1);
    }

    private static int hash(byte[] bytes, int from, int to) {
      int hash = 0;
      for (int i = from; i < to; i++) {
        hash = hash * 31 + Ascii.upper(bytes[i]);
      }
      return hash ^ (hash >>> 15);
    }

    private static boolean isWord(byte[] bytes, int from, int to, byte[] upper) {
      if (to - from != upper.length) {
        return false;
      }
      for (int i = 0; i < upper.length; i++) {
        if (Ascii.upper(bytes[from + i]) != upper[i]) {
          return false;
        }
      }
      return true;
    }
  }
}
