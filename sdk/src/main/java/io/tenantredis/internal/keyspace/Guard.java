package io.tenantredis.internal.keyspace;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.KeyPrefix;
import io.tenantredis.PrefixMode;
import io.tenantredis.RefusalReason;
import io.tenantredis.TenantId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Confines the commands of one tenant to its names.
 *
 * <p>It looks at the bytes that a command encodes to, whatever its class: the name in them selects
 * the rule, the rule's grammar says which arguments are names, and these, and only these, get the
 * prefix (or, with {@link PrefixMode#REQUIRE}, are checked to have it). What does not match a rule
 * is refused.
 *
 * <p>Immutable and thread-safe. Never blocks.
 */
public final class Guard {

  private static final String UNKNOWN = "unknown";
  private static final byte[] NOTHING = {};
  private static final Rewriter UNCHANGED = new Rewriter(NOTHING, NOTHING, NOTHING);
  private static final byte[] KEYSPACE = "__keyspace@".getBytes(StandardCharsets.US_ASCII);
  private static final ScratchPool SCRATCHES =
      new ScratchPool(4 * Runtime.getRuntime().availableProcessors());

  private final TenantId tenant;
  private final PrefixMode mode;
  private final CommandRules rules;
  private final GuardListener listener;
  private final byte[] prefix;
  private final byte[] globPrefix;
  private final String prefixText;
  private final Rewriter rewriter;
  private final boolean slots;

  /**
   * A guard.
   *
   * @param tenant the tenant
   * @param prefix the prefix of all its names
   * @param mode who writes the prefix
   * @param rules the rules
   * @param listener told of refusals and violations
   */
  public Guard(
      TenantId tenant,
      KeyPrefix prefix,
      PrefixMode mode,
      CommandRules rules,
      GuardListener listener) {
    this(tenant, prefix, mode, rules, listener, false);
  }

  /**
   * A guard, maybe of a tenant in a cluster.
   *
   * @param tenant the tenant
   * @param prefix the prefix of all its names
   * @param mode who writes the prefix
   * @param rules the rules
   * @param listener told of refusals and violations
   * @param slots whether commands know the slots of all their keys
   */
  public Guard(
      TenantId tenant,
      KeyPrefix prefix,
      PrefixMode mode,
      CommandRules rules,
      GuardListener listener,
      boolean slots) {
    this.slots = slots;
    this.tenant = tenant;
    this.mode = mode;
    this.rules = rules;
    this.listener = listener;
    this.prefix = prefix.bytes();
    this.globPrefix = prefix.globEscapedBytes();
    this.prefixText = prefix.toString();
    boolean insert = mode == PrefixMode.PREFIX;
    this.rewriter =
        new Rewriter(
            insert ? this.prefix : NOTHING, insert ? globPrefix : NOTHING, withStar(globPrefix));
  }

  /**
   * Confines a command. The command is encoded once, here, on the caller's thread; what its
   * arguments' codecs throw is thrown.
   *
   * @param command any command, also a hand-made one
   * @return the command with its final bytes
   * @throws CommandRefusedException if the tenant may not run it, or its names cannot be located
   *     with certainty, or one is foreign
   * @throws IllegalArgumentException if the command was guarded already
   */
  public <K, V, T> GuardedCommand<K, V, T> guard(RedisCommand<K, V, T> command) {
    if (command instanceof GuardedCommand<?, ?, ?>) {
      throw new IllegalArgumentException(
          "This command was guarded already: its names would get the prefix twice.");
    }
    Scratch scratch = SCRATCHES.take();
    try {
      command.encode(scratch.cleared());
      CommandRule rule = checked(scratch);
      if (command.getOutput() == null) {
        throw refusal(
            rule.name(),
            RefusalReason.MALFORMED,
            rule.name()
                + " has no output, so that its reply would be taken for the next command's: give it an output.");
      }
      return new GuardedCommand<>(command, this, rule, rewritten(scratch, rule), scratch);
    } finally {
      SCRATCHES.give(scratch);
    }
  }

  /**
   * Takes the prefix off a name that came from the server in a message: a channel, an invalidated
   * key.
   *
   * @param name the name; its position does not change
   * @return the name as the application knows it, or null if it is foreign
   */
  public @Nullable ByteBuffer strip(ByteBuffer name) {
    ByteBuffer stripped = name.duplicate();
    return stripInPlace(stripped) ? stripped : null;
  }

  /**
   * Moves the position behind the prefix; false, and the position stays, if the name is foreign.
   */
  boolean stripInPlace(ByteBuffer name) {
    if (name.remaining() < prefix.length) {
      return false;
    }
    int from = name.position();
    for (int i = 0; i < prefix.length; i++) {
      if (name.get(from + i) != prefix[i]) {
        return false;
      }
    }
    if (mode == PrefixMode.PREFIX) {
      name.position(from + prefix.length);
    }
    return true;
  }

  /**
   * Takes the prefix off a pattern over channels that came back from the server.
   *
   * @param pattern the pattern; its position does not change
   * @return the pattern as the application gave it, or null if it is foreign
   */
  public @Nullable ByteBuffer stripPattern(ByteBuffer pattern) {
    int length = globPrefix.length;
    if (pattern.remaining() < length
        || !pattern.slice(pattern.position(), length).equals(ByteBuffer.wrap(globPrefix))) {
      return null;
    }
    ByteBuffer stripped = pattern.duplicate();
    return mode == PrefixMode.PREFIX ? stripped.position(pattern.position() + length) : stripped;
  }

  /**
   * Confines a subscription to what the server tells of the tenant's keys.
   *
   * @param type PSUBSCRIBE or PUNSUBSCRIBE
   * @param database where the keys are
   * @return the command, with the pattern over the events of all keys of the tenant
   */
  public GuardedCommand<byte[], byte[], String> guardKeyEvents(CommandType type, int database) {
    byte[] head = ("__keyspace@" + database + "__:").getBytes(StandardCharsets.US_ASCII);
    byte[] all = withStar(globPrefix);
    byte[] pattern = Arrays.copyOf(head, head.length + all.length);
    System.arraycopy(all, 0, pattern, head.length, all.length);
    Command<byte[], byte[], String> command =
        new Command<>(
            type,
            new StatusOutput<>(ByteArrayCodec.INSTANCE),
            new CommandArgs<>(ByteArrayCodec.INSTANCE).addKey(pattern));
    Scratch scratch = SCRATCHES.take();
    try {
      command.encode(scratch.cleared());
      CommandRule rule = checked(scratch);
      byte[] wire = UNCHANGED.rewrite(scratch, Rewriter.Addition.NOTHING);
      if (wire == null) {
        throw new IllegalStateException("A prefix is never this long");
      }
      return new GuardedCommand<>(command, this, rule, wire, scratch);
    } finally {
      SCRATCHES.give(scratch);
    }
  }

  /**
   * Takes what stands before the tenant's key off the channel of an event of that key.
   *
   * @param channel a channel as the server names it; its position does not change
   * @return the key as the application knows it, or null if this is no event of a key of the tenant
   */
  public @Nullable ByteBuffer stripKeyEvent(ByteBuffer channel) {
    int at = channel.position();
    int end = channel.limit();
    if (end - at < KEYSPACE.length
        || channel.slice(at, KEYSPACE.length).compareTo(ByteBuffer.wrap(KEYSPACE)) != 0) {
      return null;
    }
    at += KEYSPACE.length;
    int database = at;
    while (at < end && channel.get(at) >= '0' && channel.get(at) <= '9') {
      at++;
    }
    if (at == database
        || end - at < 3
        || channel.get(at) != '_'
        || channel.get(at + 1) != '_'
        || channel.get(at + 2) != ':') {
      return null;
    }
    return strip(channel.duplicate().position(at + 3));
  }

  /** Whether commands know the slots of all their keys. */
  boolean findsSlots() {
    return slots;
  }

  void violation(CommandRule rule, int names) {
    listener.violation(rule.name(), names);
  }

  /** Finds the rule, and with it the names; or refuses. */
  private CommandRule checked(Scratch scratch) {
    if (!scratch.parse()) {
      throw refusal(
          UNKNOWN,
          RefusalReason.MALFORMED,
          "The command does not encode to one RESP array of bulk strings: check its encode method.");
    }
    CommandRule rule = rules.find(scratch);
    if (rule == null) {
      throw unknown(scratch);
    }
    Signature grammar = rule.grammar();
    if (grammar == null || rule.isRefused()) {
      throw rule.isNarrowed()
          ? refusal(
              rule.name(),
              RefusalReason.NARROWED,
              rule.name() + " was taken away from tenants by this application.")
          : refusal(
              rule.name(),
              RefusalReason.REFUSED,
              "Tenants may not run " + rule.name() + ": " + rule.note());
    }
    if (!grammar.match(scratch, rule.words())) {
      String option = scratch.refusedOption();
      throw option != null
          ? refusal(
              rule.name(),
              RefusalReason.OPTION,
              "Tenants may not use the option "
                  + option
                  + " of "
                  + rule.name()
                  + ". "
                  + rule.note())
          : refusal(
              rule.name(),
              RefusalReason.SYNTAX,
              "The arguments of "
                  + rule.name()
                  + " do not follow its grammar ("
                  + grammar
                  + "), so that its keys cannot be located. "
                  + rule.note());
    }
    return rule;
  }

  private CommandRefusedException unknown(Scratch scratch) {
    String name = Ascii.shown(scratch.bytes(), scratch.start(0), scratch.end(0));
    return refusal(
        name,
        UNKNOWN,
        RefusalReason.NO_RULE,
        "There is no rule for "
            + name
            + (scratch.count() > 1 ? ", or not for this subcommand of it" : "")
            + ", so that its keys cannot be located: register a rule for the command.");
  }

  private CommandRefusedException refusal(String command, RefusalReason reason, String message) {
    return refusal(command, command, reason, message);
  }

  private CommandRefusedException refusal(
      String command, String counted, RefusalReason reason, String message) {
    listener.refused(counted, reason);
    return new CommandRefusedException(tenant, command, reason, message);
  }

  private byte[] rewritten(Scratch scratch, CommandRule rule) {
    if (mode == PrefixMode.REQUIRE) {
      checkNames(scratch, rule);
    }
    byte[] wire = rewriter.rewrite(scratch, addition(scratch, rule));
    if (wire == null) {
      throw refusal(
          rule.name(),
          RefusalReason.MALFORMED,
          "With its prefixes " + rule.name() + " is larger than 2 GiB: send it in parts.");
    }
    return wire;
  }

  private static Rewriter.Addition addition(Scratch scratch, CommandRule rule) {
    if (!rule.isScoped() || scratch.hasPattern()) {
      return Rewriter.Addition.NOTHING;
    }
    return rule.hasMatch() ? Rewriter.Addition.MATCH_AND_PATTERN : Rewriter.Addition.PATTERN;
  }

  private void checkNames(Scratch scratch, CommandRule rule) {
    for (int i = 0; i < scratch.names(); i++) {
      NameKind kind = scratch.nameKind(i);
      int index = scratch.nameIndex(i);
      boolean names = kind != NameKind.LOOKUP || scratch.holds(index, '*');
      if (names && !scratch.startsWith(index, kind.isPattern() ? globPrefix : prefix)) {
        throw refusal(
            rule.name(),
            RefusalReason.FOREIGN_NAME,
            "Argument "
                + (index - rule.words() + 1)
                + " of "
                + rule.name()
                + " is a "
                + kind.word()
                + " outside of the tenant's prefix '"
                + prefixText
                + "': pass names that begin with it"
                + (kind.isPattern() ? ", glob-escaped in patterns." : "."));
      }
    }
  }

  private static byte[] withStar(byte[] literal) {
    byte[] pattern = Arrays.copyOf(literal, literal.length + 1);
    pattern[literal.length] = '*';
    return pattern;
  }
}
