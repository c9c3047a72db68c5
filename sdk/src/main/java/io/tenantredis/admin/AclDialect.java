package io.tenantredis.admin;

import io.tenantredis.internal.keyspace.CommandRule;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the ACL of one server understands: its commands, selectors, read-only keys. {@code ACL
 * SETUSER} fails as a whole on a command that the server does not know, so a policy is written for
 * a dialect.
 *
 * <p>A dialect of a version knows the commands of that version and none of modules; a running
 * server can be asked for its own, which knows what modules have added.
 *
 * <p>Immutable and thread-safe.
 */
public final class AclDialect {

  /** The groups that come with modules, which a version number says nothing about. */
  private static final Set<String> MODULE_GROUPS = Set.of("json", "search", "timeseries", "bloom");

  private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(?:\\..*)?");
  private static final Pattern SINCE = Pattern.compile("(?:(valkey) )?(\\d+)\\.(\\d+)");

  private final boolean valkey;
  private final int major;
  private final int minor;
  private final @Nullable Set<String> commands;

  private AclDialect(boolean valkey, int major, int minor, @Nullable Set<String> commands) {
    this.valkey = valkey;
    this.major = major;
    this.minor = minor;
    this.commands = commands;
  }

  /**
   * The dialect of a Redis without modules.
   *
   * @param version for example {@code 7.0} or {@code 7.0.15}; 6.2 or newer
   * @return the dialect
   * @throws IllegalArgumentException for another text or an older version
   */
  public static AclDialect redis(String version) {
    return parse(false, version, null);
  }

  /**
   * The dialect of a Valkey without modules.
   *
   * @param version for example {@code 8.1}; 7.2 or newer
   * @return the dialect
   * @throws IllegalArgumentException for another text or an older version
   */
  public static AclDialect valkey(String version) {
    return parse(true, version, null);
  }

  /** The dialect of a running server, with the lower-case names of all its commands. */
  static AclDialect of(boolean valkey, String version, Set<String> commands) {
    return parse(valkey, version, Set.copyOf(commands));
  }

  private static AclDialect parse(boolean valkey, String version, @Nullable Set<String> commands) {
    Matcher matcher = VERSION.matcher(version);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "Not a server version: '" + version + "'. Write major.minor, for example 7.0.");
    }
    AclDialect dialect =
        new AclDialect(
            valkey,
            Integer.parseInt(matcher.group(1)),
            Integer.parseInt(matcher.group(2)),
            commands);
    if (valkey ? !dialect.isAtLeast(7, 2) : !dialect.isAtLeast(6, 2)) {
      throw new IllegalArgumentException(
          dialect + " is too old: Redis 6.2 or newer, or Valkey 7.2 or newer, is needed.");
    }
    return dialect;
  }

  /**
   * Whether a user can have selectors, and keys that it may only read or only write.
   *
   * @return true from Redis 7.0 on
   */
  public boolean hasSelectors() {
    return isAtLeast(7, 0);
  }

  /**
   * Whether the server answers {@code ACL DRYRUN}, which proofs about policies need.
   *
   * @return true from Redis 7.0 on
   */
  public boolean hasDryRun() {
    return isAtLeast(7, 0);
  }

  boolean isValkey() {
    return valkey;
  }

  /** Whether this server has the command of a rule. */
  boolean knows(CommandRule rule) {
    return commands != null ? isListed(rule) : isOfVersion(rule);
  }

  private boolean isListed(CommandRule rule) {
    String name = aclName(rule);
    if (commands == null || commands.contains(name)) {
      return true;
    }
    // Before 7.0 the server lists no subcommands and takes any name for one.
    int bar = name.indexOf('|');
    return !hasSelectors()
        && bar > 0
        && commands.contains(name.substring(0, bar))
        && isOfVersion(rule);
  }

  private boolean isOfVersion(CommandRule rule) {
    if (MODULE_GROUPS.contains(rule.group())) {
      return false;
    }
    if (rule.name().startsWith("STRALGO")) {
      return !isAtLeast(7, 0);
    }
    Matcher since = SINCE.matcher(rule.since());
    if (!since.matches()) {
      return false;
    }
    int sinceMajor = Integer.parseInt(since.group(2));
    int sinceMinor = Integer.parseInt(since.group(3));
    if (since.group(1) != null) {
      return valkey && isAtLeast(sinceMajor, sinceMinor);
    }
    // Valkey is a fork of Redis 7.2: it has what Redis had then, and its own since.
    boolean beforeTheFork = sinceMajor < 7 || (sinceMajor == 7 && sinceMinor <= 2);
    return isAtLeast(sinceMajor, sinceMinor) && (beforeTheFork || !valkey);
  }

  /** How an ACL rule writes the command: {@code xgroup|create}. */
  static String aclName(CommandRule rule) {
    return rule.name().toLowerCase(Locale.ROOT).replace(' ', '|');
  }

  private boolean isAtLeast(int otherMajor, int otherMinor) {
    return major > otherMajor || (major == otherMajor && minor >= otherMinor);
  }

  /** For example {@code Redis 7.0}. */
  @Override
  public String toString() {
    return (valkey ? "Valkey " : "Redis ") + major + "." + minor;
  }
}
