package io.tenantredis.admin;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The commands of one server and their ACL categories: what the command rules of a user come down
 * to. Servers show rules in different words for the same set (Redis 7.0 writes {@code +@hash} where
 * all commands of that category were named), so only the sets can be compared.
 *
 * <p>All names are in lower case, subcommands as in {@code xgroup|create}. Not thread-safe.
 */
final class CommandCatalog {

  private final Set<String> commands;
  private final Function<String, Set<String>> categories;
  private final Map<String, Set<String>> known = new HashMap<>();

  /**
   * A catalog.
   *
   * @param commands all commands and subcommands
   * @param categories answers the commands of a category, as {@code ACL CAT} does; asked at most
   *     once for each
   */
  CommandCatalog(Set<String> commands, Function<String, Set<String>> categories) {
    this.commands =
        commands.stream()
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet());
    this.categories = categories;
  }

  Set<String> commands() {
    return commands;
  }

  /**
   * The commands that are left after these rules, applied from left to right to a user that has
   * none.
   */
  Set<String> permitted(String rules) {
    Set<String> permitted = new TreeSet<>();
    for (String word : rules.toLowerCase(Locale.ROOT).split(" ", -1)) {
      if (word.startsWith("+")) {
        permitted.addAll(named(word.substring(1)));
      } else if (word.startsWith("-")) {
        permitted.removeAll(named(word.substring(1)));
      }
    }
    return permitted;
  }

  private Set<String> named(String name) {
    if (name.equals("@all")) {
      return commands;
    }
    if (name.startsWith("@")) {
      return known.computeIfAbsent(name.substring(1), this::category);
    }
    Set<String> withSubcommands = new TreeSet<>(Set.of(name));
    commands.stream()
        .filter(command -> command.startsWith(name + "|"))
        .forEach(withSubcommands::add);
    return withSubcommands;
  }

  private Set<String> category(String name) {
    Set<String> all = new TreeSet<>();
    for (String command : categories.apply(name)) {
      all.addAll(named(command.toLowerCase(Locale.ROOT)));
    }
    return all;
  }
}
