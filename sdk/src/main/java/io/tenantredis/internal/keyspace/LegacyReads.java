package io.tenantredis.internal.keyspace;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.tenantredis.KeyPrefix;
import io.tenantredis.PrefixMode;
import java.util.Arrays;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads of one tenant that go on to the name a key had before it had its prefix, when it is absent
 * under its own. Immutable and thread-safe. Never blocks.
 */
public final class LegacyReads {

  private final Guard guard;
  private final PrefixMode mode;
  private final int prefixLength;
  private final byte[] legacyPrefix;
  private final Predicate<byte[]> ofTenants;
  private final Predicate<CommandRule> commands;

  /**
   * @param guard the tenant's guard
   * @param prefix the tenant's prefix
   * @param mode who writes the prefix
   * @param legacyPrefix what the tenant's keys began with before
   * @param ofTenants whether a name is inside the prefix of some tenant: such a name is never asked
   *     for as a legacy one, whoever's it is
   * @param commands which of the reads of one key go on to the legacy name
   */
  public LegacyReads(
      Guard guard,
      KeyPrefix prefix,
      PrefixMode mode,
      byte[] legacyPrefix,
      Predicate<byte[]> ofTenants,
      Predicate<CommandRule> commands) {
    this.guard = guard;
    this.mode = mode;
    this.prefixLength = prefix.bytes().length;
    this.legacyPrefix = legacyPrefix.clone();
    this.ofTenants = ofTenants;
    this.commands = commands;
  }

  /**
   * Whether a command can be one of those that go on: it reads, may name a key, and answers no
   * names. PFCOUNT is none: a server asks for the right to write to its key.
   */
  public static boolean canRead(CommandRule rule) {
    return !rule.isRefused()
        && rule.isRead()
        && rule.hasKeys()
        && !rule.reply().any()
        && !rule.isScript()
        && !rule.isStateful()
        && !rule.isBlocking()
        && !rule.name().equals("PFCOUNT");
  }

  /** Prepares a command that has not been dispatched yet: finds out whether its key is absent. */
  public void prepare(GuardedCommand<?, ?, ?> command) {
    if (command.readsOneKey()
        && canRead(command.rule())
        && commands.test(command.rule())
        && !(command.delegate() instanceof Presence)) {
      command.holdAbsence();
    }
  }

  /**
   * The same read for the legacy name.
   *
   * @return an attempt for the same application's command, or null if the name would be inside the
   *     prefix of a tenant
   */
  public @Nullable GuardedCommand<?, ?, ?> legacy(GuardedCommand<?, ?, ?> command) {
    byte[] name = legacyName(command.key());
    if (ofTenants.test(name)) {
      return null;
    }
    GuardedCommand<?, ?, ?> legacy = command.underLegacyName(name);
    legacy.holdAbsence();
    return legacy;
  }

  private byte[] legacyName(byte[] key) {
    int length = key.length - prefixLength;
    byte[] name = Arrays.copyOf(legacyPrefix, legacyPrefix.length + length);
    System.arraycopy(key, prefixLength, name, legacyPrefix.length, length);
    return name;
  }

  /**
   * The question whether the key of a command is there under its own name.
   *
   * @throws io.tenantredis.CommandRefusedException if the application withholds EXISTS
   */
  public Presence presence(GuardedCommand<?, ?, ?> command) {
    byte[] key = command.key();
    CommandArgs<byte[], byte[]> args = new CommandArgs<>(ByteArrayCodec.INSTANCE);
    args.addKey(
        mode == PrefixMode.PREFIX ? Arrays.copyOfRange(key, prefixLength, key.length) : key);
    return new Presence(args);
  }

  /** The question as the tenant's own command, confined like every other. */
  public GuardedCommand<byte[], byte[], Long> guarded(Presence presence) {
    return guard.guard(presence);
  }

  /** {@code EXISTS} of one key, asked by the client itself. */
  public static final class Presence extends AsyncCommand<byte[], byte[], Long> {

    private Presence(CommandArgs<byte[], byte[]> args) {
      super(new Command<>(CommandType.EXISTS, new IntegerOutput<>(ByteArrayCodec.INSTANCE), args));
    }
  }
}
