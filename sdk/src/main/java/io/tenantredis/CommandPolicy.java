package io.tenantredis;

import io.tenantredis.internal.keyspace.CommandRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What tenants may run, where it differs from the rules that the SDK ships: rules for the commands
 * of an application's own modules, and commands that are withheld. It never allows what the SDK
 * refuses. Immutable and thread-safe.
 *
 * <p>{@code docs/commands.md} lists the commands and their rules. What is wrong with a policy is
 * reported when the {@link TenantRedis} is built.
 */
public final class CommandPolicy {

  private static final CommandPolicy STANDARD = builder().build();

  private final List<String> rows;
  private final List<String> withheld;
  private final boolean scripts;

  private CommandPolicy(Builder builder) {
    this.rows = List.copyOf(builder.rows);
    this.withheld = List.copyOf(builder.withheld);
    this.scripts = builder.scripts;
  }

  /**
   * The rules that the SDK ships and nothing else.
   *
   * @return the policy
   */
  public static CommandPolicy standard() {
    return STANDARD;
  }

  /**
   * Starts to describe a policy.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /** The rows of the application's own rules. */
  List<String> rows() {
    return rows;
  }

  /** The names of withheld commands, in upper case. */
  List<String> withheld() {
    return withheld;
  }

  /** Whether tenants may run scripts. */
  boolean allowsScripts() {
    return scripts;
  }

  /** Describes a {@link CommandPolicy}. Not thread-safe. */
  public static final class Builder {

    private final List<String> rows = new ArrayList<>();
    private final List<String> withheld = new ArrayList<>();
    private boolean scripts = true;

    private Builder() {}

    /**
     * Adds a rule for a command that the SDK has none for, of a module of the application's own.
     * The rule must name every argument that is a key or a channel: what it calls anything else is
     * sent as it is. Where a tenant's keys are spread over a cluster, a call without a key is
     * refused like that of any module: one node would answer for its own keys.
     *
     * @param command the command, or the command and its subcommand, such as {@code MYMOD.GET}
     * @param signature the arguments behind the name, in order: {@code key}, {@code channel},
     *     {@code keypattern} and {@code channelpattern} for names, {@code .} for anything, literal
     *     words in upper case, each with {@code ?}, {@code *} or {@code +} behind it where it is
     *     optional or repeats, {@code #key} for a number and as many keys. Calls that do not match
     *     are refused
     * @param reply where the reply holds names from which the prefix is taken: {@code -} for
     *     nowhere, {@code each} for the reply itself or each element, {@code first} for the first
     *     element
     * @param flags {@code read} (changes no data; replicas may answer it where reads go there) or
     *     {@code write}, and where it applies {@code idempotent} (may be sent twice when nobody
     *     knows whether the first one ran), {@code blocking}, {@code stateful}, {@code script};
     *     separated by spaces
     * @return this builder
     */
    public Builder rule(String command, String signature, String reply, String flags) {
      rows.add(
          String.join(
              " | ",
              command.toUpperCase(Locale.ROOT),
              "generic",
              CommandRule.OF_APPLICATION,
              signature,
              reply,
              flags,
              "a rule of the application"));
      return this;
    }

    /**
     * Withholds commands from all tenants. A call is refused with {@link RefusalReason#NARROWED}.
     *
     * @param commands their names; that of a command with subcommands stands for all of them
     * @return this builder
     */
    public Builder withhold(String... commands) {
      for (String command : commands) {
        withheld.add(command.toUpperCase(Locale.ROOT));
      }
      return this;
    }

    /**
     * Withholds everything that runs code on the server: {@code EVAL}, {@code FCALL} and their
     * variants, {@code SCRIPT}, and added rules with the flag {@code script}. A script can build
     * names of keys that nobody outside of it sees; where the server has no ACL user for each
     * tenant, this is what keeps scripts from other tenants' keys.
     *
     * @return this builder
     */
    public Builder withoutScripts() {
      this.scripts = false;
      return this;
    }

    /**
     * The policy.
     *
     * @return an immutable policy
     */
    public CommandPolicy build() {
      return new CommandPolicy(this);
    }
  }
}
