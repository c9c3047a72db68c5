package io.tenantredis.admin;

import io.tenantredis.internal.keyspace.CommandRule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Commands together with the keys and channels they may touch: what a user, or one selector of it,
 * has.
 *
 * @param always commands that open neither keys nor channels by being there
 * @param commands what was asked for
 * @param names the glob over the keys and channels, escaped
 * @param readable whether the keys are opened for reading only
 * @param morePatterns further globs over channels, escaped
 * @param legacyNames a glob over keys that may be read besides, escaped; null for none
 */
record AclGrant(
    Collection<CommandRule> always,
    Collection<CommandRule> commands,
    String names,
    boolean readable,
    Collection<String> morePatterns,
    @Nullable String legacyNames) {

  /**
   * If all commands with keys only read: this grant with the keys open for reading only, and
   * without the commands for which the server wants more. Otherwise this grant.
   */
  AclGrant readingOnly() {
    if (!isSplit()) {
      return this;
    }
    List<CommandRule> content =
        commands.stream().filter(rule -> !ProfileCommands.needsWriteAccessToRead(rule)).toList();
    return new AclGrant(always, content, names, true, morePatterns, legacyNames);
  }

  /** What {@link #readingOnly()} leaves out. */
  Optional<AclGrant> readingWithWriteAccess() {
    List<CommandRule> demanding =
        commands.stream().filter(ProfileCommands::needsWriteAccessToRead).toList();
    return isSplit() && !demanding.isEmpty()
        ? Optional.of(new AclGrant(List.of(), demanding, names, false, List.of(), null))
        : Optional.empty();
  }

  /** This grant without the right to change any key. */
  AclGrant frozen() {
    List<CommandRule> content =
        commands.stream().filter(rule -> !ProfileCommands.needsWriteAccessToRead(rule)).toList();
    return new AclGrant(always, content, names, true, morePatterns, legacyNames);
  }

  /** Where a selector could be needed it must be possible: see the quotation marks in a prefix. */
  private boolean isSplit() {
    return commands.stream().anyMatch(ProfileCommands::opensKeys)
        && commands.stream().allMatch(rule -> rule.isRead() || !ProfileCommands.opensKeys(rule))
        && names.indexOf('"') < 0
        && names.indexOf('\'') < 0;
  }

  /** The rules of this grant, in an order that means the same on every server. */
  List<String> rules(AclDialect dialect) {
    List<String> rules = new ArrayList<>();
    rules.add("resetchannels");
    if (commands.stream().anyMatch(ProfileCommands::opensKeys)) {
      rules.add((readable ? "%R~" : "~") + names);
      if (legacyNames != null) {
        rules.add("%R~" + legacyNames);
      }
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
