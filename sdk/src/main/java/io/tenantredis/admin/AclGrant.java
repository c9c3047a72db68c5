package io.tenantredis.admin;

import io.tenantredis.internal.keyspace.CommandRule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Commands together with the keys and channels they may touch: what a user, or one selector of it,
 * has.
 *
 * @param always commands that open neither keys nor channels by being there
 * @param commands what was asked for
 * @param names the glob over the keys and channels, escaped
 * @param morePatterns further globs over channels, escaped
 */
record AclGrant(
    Collection<CommandRule> always,
    Collection<CommandRule> commands,
    String names,
    Collection<String> morePatterns) {

  /** The rules of this grant, in an order that means the same on every server. */
  List<String> rules(AclDialect dialect) {
    List<String> rules = new ArrayList<>();
    rules.add("resetchannels");
    if (commands.stream().anyMatch(ProfileCommands::opensKeys)) {
      boolean readable =
          dialect.hasSelectors()
              && commands.stream().allMatch(ProfileCommands::isContentWithReadableKeys);
      rules.add((readable ? "%R~" : "~") + names);
    }
    if (commands.stream().anyMatch(ProfileCommands::opensChannels)) {
      rules.add("&" + names);
      morePatterns.stream().map(pattern -> "&" + pattern).forEach(rules::add);
    }
    rules.add("-@all");
    granted(dialect).stream().map(rule -> "+" + AclDialect.aclName(rule)).forEach(rules::add);
    return rules;
  }

  /** What of this grant the server has, in alphabetical order. */
  List<CommandRule> granted(AclDialect dialect) {
    return Stream.concat(always.stream(), commands.stream())
        .distinct()
        .filter(dialect::knows)
        .sorted(Comparator.comparing(CommandRule::name))
        .toList();
  }
}
