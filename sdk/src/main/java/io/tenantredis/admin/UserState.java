package io.tenantredis.admin;

import io.tenantredis.internal.keyspace.CommandRule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A user as a server knows it, in a form that can be compared: commands as the set they come down
 * to, keys and channels with their signs.
 */
record UserState(
    boolean on,
    boolean nopass,
    Set<String> passwords,
    Permissions root,
    List<Permissions> selectors) {

  /** What a user, or one selector of it, may do. */
  record Permissions(Set<String> commands, Set<String> keys, Set<String> channels) {

    static Permissions of(AclGrant grant, AclDialect dialect) {
      Set<String> commands = new TreeSet<>();
      for (CommandRule rule : grant.granted(dialect)) {
        commands.add(AclDialect.aclName(rule));
      }
      List<String> rules = grant.rules(dialect);
      return new Permissions(
          commands,
          rules.stream().filter(rule -> rule.matches("[~%].*")).collect(Collectors.toSet()),
          rules.stream().filter(rule -> rule.startsWith("&")).collect(Collectors.toSet()));
    }

    private static Permissions parse(Map<String, @Nullable Object> fields, CommandCatalog catalog) {
      return new Permissions(
          catalog.permitted(String.valueOf(fields.get("commands"))),
          patterns(fields.get("keys"), "~"),
          patterns(fields.get("channels"), "&"));
    }

    /** Redis 7.0 answers the patterns in one text with their signs, 6.2 as a list without. */
    private static Set<String> patterns(@Nullable Object value, String sign) {
      if (value instanceof Collection<?> list) {
        return list.stream().map(pattern -> sign + pattern).collect(Collectors.toSet());
      }
      return words(value);
    }
  }

  /** The user of this name, or null if the server has none. */
  static @Nullable UserState read(AdminNode node, String user) {
    Object reply = node.ask("ACL", "GETUSER", user);
    if (!(reply instanceof List<?> list) || list.isEmpty()) {
      return null;
    }
    Map<String, @Nullable Object> fields = AdminNode.toMap(list);
    Set<String> flags = texts(fields.get("flags"));
    List<Permissions> selectors = new ArrayList<>();
    if (fields.get("selectors") instanceof List<?> values) {
      for (Object value : values) {
        if (value instanceof List<?> selector) {
          selectors.add(Permissions.parse(AdminNode.toMap(selector), node.catalog()));
        }
      }
    }
    return new UserState(
        flags.contains("on"),
        flags.contains("nopass"),
        texts(fields.get("passwords")),
        Permissions.parse(fields, node.catalog()),
        selectors);
  }

  /** What a server should know of a user with this policy. */
  static UserState wanted(AclPolicy policy, AclDialect dialect, Set<String> passwords) {
    List<Permissions> permissions =
        policy.grants(dialect).stream().map(grant -> Permissions.of(grant, dialect)).toList();
    return new UserState(
        true, false, passwords, permissions.get(0), permissions.subList(1, permissions.size()));
  }

  /** Whether the user, or one selector of it, has a command. */
  boolean mayRun(String aclName) {
    return root.commands.contains(aclName)
        || selectors.stream().anyMatch(selector -> selector.commands.contains(aclName));
  }

  /** What is permitted here and not wanted, or wanted and not permitted; empty if nothing. */
  List<String> permissionDifferences(UserState wanted) {
    List<String> differences = new ArrayList<>();
    if (nopass) {
      differences.add("anybody can log in without a password (nopass)");
    }
    compare("", root, wanted.root, differences);
    if (sorted(selectors).equals(sorted(wanted.selectors))) {
      return differences;
    }
    if (selectors.size() == wanted.selectors.size()) {
      for (int i = 0; i < selectors.size(); i++) {
        compare(
            "selector " + (i + 1) + ": ",
            sorted(selectors).get(i),
            sorted(wanted.selectors).get(i),
            differences);
      }
    } else {
      differences.add(
          "has " + selectors.size() + " selectors, the policy " + wanted.selectors.size());
    }
    return differences;
  }

  private static List<Permissions> sorted(List<Permissions> selectors) {
    return selectors.stream()
        .sorted(
            Comparator.comparing((Permissions selector) -> new TreeSet<>(selector.keys).toString())
                .thenComparing(selector -> new TreeSet<>(selector.channels).toString())
                .thenComparing(selector -> new TreeSet<>(selector.commands).toString()))
        .toList();
  }

  private static void compare(
      String where, Permissions is, Permissions wanted, List<String> differences) {
    compare(where + "commands", is.commands, wanted.commands, differences);
    compare(where + "keys", is.keys, wanted.keys, differences);
    compare(where + "channels", is.channels, wanted.channels, differences);
  }

  private static void compare(
      String what, Set<String> is, Set<String> wanted, List<String> differences) {
    Set<String> more = new TreeSet<>(is);
    more.removeAll(wanted);
    if (!more.isEmpty()) {
      differences.add(what + " beyond the policy: " + String.join(" ", more));
    }
    Set<String> fewer = new TreeSet<>(wanted);
    fewer.removeAll(is);
    if (!fewer.isEmpty()) {
      differences.add(what + " of the policy missing: " + String.join(" ", fewer));
    }
  }

  private static Set<String> texts(@Nullable Object value) {
    return value instanceof Collection<?> list
        ? list.stream().map(String::valueOf).collect(Collectors.toSet())
        : Set.of();
  }

  private static Set<String> words(@Nullable Object value) {
    Set<String> words = new TreeSet<>();
    if (value != null) {
      for (String word : value.toString().split(" ", -1)) {
        if (!word.isEmpty()) {
          words.add(word);
        }
      }
    }
    return words;
  }

  /** Without the passwords' hashes. */
  @Override
  public String toString() {
    return "UserState[on=" + on + ", root=" + root + ", selectors=" + selectors + "]";
  }
}
