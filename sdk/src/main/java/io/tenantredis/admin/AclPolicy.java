package io.tenantredis.admin;

import io.tenantredis.KeyPrefix;
import io.tenantredis.TenantId;
import io.tenantredis.internal.keyspace.CommandRule;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the ACL user of one tenant may do, and nothing else: the commands of {@linkplain AclProfile
 * profiles} and what the client itself needs ({@code ACL WHOAMI}, {@code PING}, {@code CLIENT
 * SETNAME} and the like), over the tenant's keys and channels.
 *
 * <p>The commands come from the same rules by which the client confines a tenant. Each is granted
 * by its name: a command that a newer server adds is not granted until this SDK has a rule for it.
 * A command that the server's key and channel patterns do not confine is in no profile; {@link
 * #withheld()} names these with the reason.
 *
 * <pre>{@code
 * AclPolicy policy = AclPolicy.forTenant(tenant, template.prefixOf(tenant))
 *     .profile(AclProfile.READ_ONLY)
 *     .profile(AclProfile.SESSION, "session:")
 *     .build();
 * }</pre>
 *
 * <p>Two limits of the server to know. {@code SORT} with {@code BY} or {@code GET} is answered with
 * an error whatever a policy says, because it needs the right to read all keys. And {@code
 * PSUBSCRIBE} is permitted for exactly the patterns a user has, not for narrower ones: name them
 * with {@link Builder#channelPattern(String)}.
 *
 * <p>Immutable and thread-safe.
 */
public final class AclPolicy {

  private final TenantId tenant;
  private final KeyPrefix prefix;
  private final String user;
  private final AclGrant root;
  private final List<AclGrant> selectors;

  private AclPolicy(
      TenantId tenant, KeyPrefix prefix, String user, AclGrant root, List<AclGrant> selectors) {
    this.tenant = tenant;
    this.prefix = prefix;
    this.user = user;
    this.root = root;
    this.selectors = selectors;
  }

  /**
   * Begins a policy that permits nothing but what the client itself needs.
   *
   * @param tenant the tenant
   * @param prefix what its keys and channels begin with
   * @return a builder
   */
  public static Builder forTenant(TenantId tenant, KeyPrefix prefix) {
    return new Builder(tenant, prefix);
  }

  /**
   * The tenant.
   *
   * @return the tenant
   */
  public TenantId tenant() {
    return tenant;
  }

  /**
   * What the tenant's keys and channels begin with.
   *
   * @return the prefix
   */
  public KeyPrefix prefix() {
    return prefix;
  }

  /**
   * The name of the tenant's ACL user.
   *
   * @return the name
   */
  public String user() {
    return user;
  }

  /**
   * What follows {@code ACL SETUSER}: the user's name, {@code reset}, {@code on}, the passwords as
   * hashes, and the permissions. The server applies all of it at once or none; connections of the
   * user stay open. Without a password nobody can log in as the user.
   *
   * @param dialect the server it is for
   * @param passwords each of them lets the user in
   * @return the arguments
   * @throws UnsupportedByServerException if the policy has selectors and the server does not
   */
  public List<String> setUserArguments(AclDialect dialect, AclPassword... passwords) {
    List<String> arguments = new ArrayList<>();
    arguments.add(user);
    arguments.add("reset");
    arguments.add("on");
    for (AclPassword password : passwords) {
      arguments.add(password.rule());
    }
    arguments.addAll(permissions(dialect));
    return Collections.unmodifiableList(arguments);
  }

  /**
   * Only the permissions, as rules for a user that has none: keys, channels, commands and
   * selectors.
   *
   * @param dialect the server they are for
   * @return the rules, each an argument of {@code ACL SETUSER}
   * @throws UnsupportedByServerException if the policy has selectors and the server does not
   */
  public List<String> permissions(AclDialect dialect) {
    List<AclGrant> grants = grants(dialect);
    List<String> rules = new ArrayList<>(grants.get(0).rules(dialect));
    for (AclGrant selector : grants.subList(1, grants.size())) {
      rules.add("(" + String.join(" ", selector.rules(dialect)) + ")");
    }
    return Collections.unmodifiableList(rules);
  }

  /**
   * The user as a line of a server's {@code aclfile}.
   *
   * @param dialect the server it is for
   * @param passwords each of them lets the user in
   * @return the line, without a line end
   * @throws UnsupportedByServerException if the policy has selectors and the server does not
   */
  public String aclFileLine(AclDialect dialect, AclPassword... passwords) {
    return "user " + String.join(" ", setUserArguments(dialect, passwords));
  }

  /**
   * The user as a line of a server's {@code redis.conf}. A server takes users either from there or
   * from an {@code aclfile}, not from both.
   *
   * @param dialect the server it is for
   * @param passwords each of them lets the user in
   * @return the line, without a line end
   * @throws UnsupportedByServerException if the policy has selectors and the server does not
   */
  public String redisConfLine(AclDialect dialect, AclPassword... passwords) {
    return AclTexts.configLine(setUserArguments(dialect, passwords));
  }

  /**
   * The user as an access string of Amazon ElastiCache or MemoryDB, which takes passwords
   * elsewhere.
   *
   * @param dialect the engine and version of the service
   * @return the access string
   * @throws UnsupportedByServerException if the policy has selectors and the engine does not
   */
  public String accessString(AclDialect dialect) {
    return "on " + String.join(" ", permissions(dialect));
  }

  /**
   * The user as a Terraform configuration in JSON: an {@code aws_elasticache_user}, and a sensitive
   * variable for its passwords. Write it to a file that ends in {@code .tf.json}.
   *
   * @param dialect the engine and version of the service
   * @return the JSON text
   * @throws UnsupportedByServerException if the policy has selectors and the engine does not
   */
  public String terraformJson(AclDialect dialect) {
    return AclTexts.terraform(user, accessString(dialect), dialect);
  }

  /**
   * The commands that a user with this policy has on a server.
   *
   * @param dialect the server
   * @return their names in upper case, with subcommands, in alphabetical order
   * @throws UnsupportedByServerException if the policy has selectors and the server does not
   */
  public Set<String> commands(AclDialect dialect) {
    Set<String> names = new TreeSet<>();
    grants(dialect)
        .forEach(grant -> grant.granted(dialect).forEach(rule -> names.add(rule.name())));
    return Collections.unmodifiableSet(names);
  }

  /**
   * The commands that this policy keeps from the tenant although an application might ask for them,
   * because they reach beyond one tenant: {@code SCAN}, {@code KEYS}, {@code RANDOMKEY}, {@code
   * DBSIZE} and so on.
   *
   * @return the commands with the reasons, in alphabetical order
   */
  public List<WithheldCommand> withheld() {
    Set<CommandRule> granted = new LinkedHashSet<>(root.commands());
    granted.addAll(root.always());
    selectors.forEach(selector -> granted.addAll(selector.commands()));
    Map<String, WithheldCommand> withheld = new TreeMap<>();
    for (CommandRule rule : ProfileCommands.RULES.all()) {
      String reason = rule.isRefused() ? rule.note() : ProfileCommands.reasonToWithhold(rule);
      if (reason != null && !granted.contains(rule)) {
        withheld.put(rule.name(), new WithheldCommand(rule.name(), reason));
      }
    }
    return List.copyOf(withheld.values());
  }

  /** The same user, who may change no key: what writes is answered with an error. */
  AclPolicy frozen() {
    return new AclPolicy(
        tenant, prefix, user, root.frozen(), selectors.stream().map(AclGrant::frozen).toList());
  }

  /** What the user gets on a server: first what it has itself, then its selectors. */
  List<AclGrant> grants(AclDialect dialect) {
    if (!dialect.hasSelectors()) {
      if (root.legacyNames() != null) {
        throw new UnsupportedByServerException(
            "The policy of tenant "
                + tenant
                + " opens keys for reading only, and "
                + dialect
                + " cannot: use Redis 7.0 or newer.");
      }
      if (!selectors.isEmpty()) {
        throw new UnsupportedByServerException(
            "The policy of tenant "
                + tenant
                + " has selectors (a profile on a part of the keys), and "
                + dialect
                + " has none: use Redis 7.0 or newer, or profiles on all keys.");
      }
      return List.of(root);
    }
    List<AclGrant> grants = new ArrayList<>();
    grants.add(root.readingOnly());
    root.readingWithWriteAccess().ifPresent(grants::add);
    for (AclGrant selector : selectors) {
      grants.add(selector.readingOnly());
      selector.readingWithWriteAccess().ifPresent(grants::add);
    }
    grants.subList(1, grants.size()).removeIf(selector -> selector.granted(dialect).isEmpty());
    return grants;
  }

  /** The tenant and the user. */
  @Override
  public String toString() {
    return "AclPolicy[tenant=" + tenant + ", user=" + user + "]";
  }

  /** Describes a policy. Not thread-safe. */
  public static final class Builder {

    private final TenantId tenant;
    private final KeyPrefix prefix;
    private final String escapedPrefix;
    private final Map<String, Set<AclProfile>> profiles = new LinkedHashMap<>();
    private final Set<CommandRule> allowed = new LinkedHashSet<>();
    private final Set<CommandRule> excepted = new LinkedHashSet<>();
    private final Set<CommandRule> needed = new LinkedHashSet<>(ProfileCommands.NEEDED);
    private final Set<String> channels = new LinkedHashSet<>();
    private String user;
    private @Nullable String legacyNames;

    private Builder(TenantId tenant, KeyPrefix prefix) {
      this.tenant = tenant;
      this.prefix = prefix;
      this.escapedPrefix = new String(prefix.globEscapedBytes(), StandardCharsets.US_ASCII);
      this.user = "tenant_" + tenant;
    }

    /**
     * The ACL user of the tenant. Default: {@code tenant_} and the tenant's id.
     *
     * @param user printable ASCII without spaces, the same that the client's {@code identity(...)}
     *     makes of the tenant; never {@code default}
     * @return this builder
     * @throws IllegalArgumentException for another name
     */
    public Builder user(String user) {
      requirePrintable("The name of the user", user);
      if (user.equals("default")) {
        throw new IllegalArgumentException(
            "A tenant's user cannot be 'default': every connection begins as that one.");
      }
      this.user = user;
      return this;
    }

    /**
     * Adds the commands of a profile, on all keys and channels of the tenant.
     *
     * @param profile the profile
     * @return this builder
     */
    public Builder profile(AclProfile profile) {
      return profile(profile, "");
    }

    /**
     * Adds the commands of a profile, on a part of the tenant's keys and channels: as a selector,
     * which needs Redis 7.0 or newer. A call must be permitted by one selector as a whole: a
     * command with keys of two parts is refused.
     *
     * @param profile the profile
     * @param part what the keys and channels go on with behind the tenant's prefix, for example
     *     {@code session:}; printable ASCII without spaces; empty for all of them
     * @return this builder
     * @throws IllegalArgumentException if the part, or the tenant's prefix, cannot stand in a
     *     selector: servers read quotes there as their own, and would ignore the whole selector
     */
    public Builder profile(AclProfile profile, String part) {
      if (!part.isEmpty()) {
        requirePrintable("The part of the keys", part);
        if ((escapedPrefix + part).matches(".*[\"'].*")) {
          throw new IllegalArgumentException(
              "A prefix or a part of the keys with a quotation mark cannot stand in a selector.");
        }
      }
      profiles.computeIfAbsent(part, p -> new LinkedHashSet<>()).add(profile);
      return this;
    }

    /**
     * Adds commands, on all keys and channels of the tenant. Also those that profiles withhold:
     * what the reason in {@link AclPolicy#withheld()} says is then accepted.
     *
     * @param commands names of commands, with subcommands as in {@code XGROUP CREATE}
     * @return this builder
     * @throws IllegalArgumentException for a command that the SDK refuses to tenants
     */
    public Builder allow(String... commands) {
      for (String command : commands) {
        allowed.add(ProfileCommands.grantable(command));
      }
      return this;
    }

    /**
     * Takes commands away again, whichever profile brings them.
     *
     * @param commands names of commands, with subcommands as in {@code XGROUP CREATE}
     * @return this builder
     * @throws IllegalArgumentException for a command that the SDK refuses to tenants anyway, or
     *     that the client itself needs
     */
    public Builder except(String... commands) {
      for (String command : commands) {
        CommandRule rule = ProfileCommands.grantable(command);
        if (ProfileCommands.NEEDED.contains(rule)) {
          throw new IllegalArgumentException(
              rule.name() + " is needed by the client itself and cannot be taken away.");
        }
        excepted.add(rule);
      }
      return this;
    }

    /**
     * Adds {@code SCAN}, which the SDK's {@code keys().scan()}, {@code count()} and {@code
     * deleteAll()} use. The server's ACL does not confine it: who gets hold of the tenant's
     * credentials and connects without the SDK can list the key names of all tenants (not their
     * values).
     *
     * @return this builder
     */
    public Builder allowScan() {
      allowed.addAll(ProfileCommands.SCAN);
      return this;
    }

    /**
     * Adds what this client sends to a Redis Cluster on the tenant's connections: {@code CLUSTER
     * SLOTS}, {@code ASKING} and, for reading from replicas, {@code READONLY}. They show the
     * addresses of the nodes and nothing of tenants.
     *
     * @return this builder
     */
    public Builder cluster() {
      needed.addAll(ProfileCommands.CLUSTER);
      return this;
    }

    /**
     * Adds what {@link #cluster} does and what other clients of a Redis Cluster send besides:
     * {@code CLUSTER NODES}, {@code CLUSTER KEYSLOT}, {@code CLUSTER MYID} and {@code READWRITE}.
     * For tenants that are reached without this client, too; these commands show the addresses of
     * all nodes and nothing of tenants.
     *
     * @return this builder
     */
    public Builder clusterOfOtherClients() {
      needed.addAll(ProfileCommands.CLUSTER_OF_OTHERS);
      return cluster();
    }

    /**
     * Permits {@code PSUBSCRIBE} with this pattern. It opens no channel that the tenant did not
     * have.
     *
     * @param pattern as the application gives it to {@code PSUBSCRIBE}, without the tenant's prefix
     * @return this builder
     * @throws IllegalArgumentException if the pattern cannot stand in an ACL rule
     */
    public Builder channelPattern(String pattern) {
      requirePrintable("The channel pattern", pattern);
      channels.add(escapedPrefix + pattern);
      return this;
    }

    /**
     * Opens the channels on which the server tells what happens to the tenant's keys, {@code
     * __keyspace@<database>__:<key>}. The other form, {@code __keyevent@...}, names the keys of all
     * tenants and cannot be opened to one.
     *
     * @param database the number of the database the keys are in, 0 or more
     * @return this builder
     * @throws IllegalArgumentException if the number is negative
     */
    public Builder keyspaceEvents(int database) {
      if (database < 0) {
        throw new IllegalArgumentException("A database has a number from 0 on, not " + database);
      }
      channels.add("__keyspace@" + database + "__:" + escapedPrefix + "*");
      return this;
    }

    /**
     * Opens, for reading only, the keys that the tenant had before it had its prefix, to the
     * commands of profiles on all keys. For the time in which they are moved; needs Redis 7.0 or
     * newer. The {@link PolicyVerifier} reports the names as outside of the tenant's prefix, which
     * they are.
     *
     * @param legacyPrefix what these keys begin with, as in {@link io.tenantredis.LegacyKeys};
     *     printable ASCII without spaces, not empty
     * @return this builder
     * @throws IllegalArgumentException if it is empty, for then the tenant could read every key, or
     *     cannot stand in an ACL rule
     */
    public Builder readingLegacyKeys(String legacyPrefix) {
      requirePrintable("The legacy prefix", legacyPrefix);
      legacyNames = AclTexts.escapeGlob(legacyPrefix) + "*";
      return this;
    }

    /**
     * The policy.
     *
     * @return the policy
     */
    public AclPolicy build() {
      Set<CommandRule> everywhere = commandsOf(profiles.getOrDefault("", Set.of()));
      everywhere.addAll(allowed);
      everywhere.removeAll(excepted);
      AclGrant root =
          new AclGrant(
              Set.copyOf(needed),
              Set.copyOf(everywhere),
              escapedPrefix + "*",
              false,
              List.copyOf(channels),
              legacyNames);
      List<AclGrant> selectors = new ArrayList<>();
      profiles.forEach(
          (part, wanted) -> {
            if (!part.isEmpty()) {
              selectors.add(selector(part, wanted));
            }
          });
      return new AclPolicy(tenant, prefix, user, root, List.copyOf(selectors));
    }

    private AclGrant selector(String part, Set<AclProfile> wanted) {
      Set<CommandRule> commands = commandsOf(wanted);
      commands.removeAll(excepted);
      commands.removeIf(
          rule -> !ProfileCommands.opensKeys(rule) && !ProfileCommands.opensChannels(rule));
      String names = escapedPrefix + AclTexts.escapeGlob(part) + "*";
      return new AclGrant(Set.of(), Set.copyOf(commands), names, false, List.of(), null);
    }

    private static Set<CommandRule> commandsOf(Set<AclProfile> wanted) {
      Set<CommandRule> commands = new LinkedHashSet<>();
      wanted.forEach(profile -> commands.addAll(ProfileCommands.of(profile)));
      return commands;
    }

    private static void requirePrintable(String what, String text) {
      if (text.isEmpty()) {
        throw new IllegalArgumentException(what + " is empty.");
      }
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c <= ' ' || c > '~') {
          throw new IllegalArgumentException(
              String.format(
                  "%s holds U+%04X at index %d: use printable ASCII without spaces.",
                  what, (int) c, i));
        }
      }
    }
  }
}
