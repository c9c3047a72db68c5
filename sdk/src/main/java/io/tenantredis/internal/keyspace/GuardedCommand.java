package io.tenantredis.internal.keyspace;

import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CompleteableCommand;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at one command of one tenant, with its final bytes. Only a {@link Guard} makes them:
 * to have one is the proof that every name in it is inside the tenant's prefix. The one exception
 * is an attempt of {@link LegacyReads} at a read, whose only key is inside the prefix that the
 * tenant's keys had before.
 *
 * <p>The reply goes through an output that takes the prefix off names and holds an error back. When
 * it is complete, or will never come, a {@link ReplyListener} decides what the application's
 * command gets; without a listener that command gets it at once. A listener hears nothing of an
 * attempt that Lettuce skips because {@link #isDone()} before it was written: whoever {@linkplain
 * #detach() detaches} an attempt, or lets the application cancel its command, settles its own
 * books.
 *
 * <p>It offers Lettuce no back-pressure: on a shared connection one slow subscriber would stop
 * everybody's replies.
 *
 * <p>Thread-safe, but for {@link #listener(ReplyListener)} and {@link #setOutput(CommandOutput)},
 * which are called before the command is dispatched.
 *
 * @param <K> the application's key type
 * @param <V> the application's value type
 * @param <T> the result type
 */
public final class GuardedCommand<K, V, T>
    implements RedisCommand<K, V, T>, CompleteableCommand<T> {

  /** {@link #slot()} of a command without keys. */
  public static final int NO_SLOT = -1;

  /** {@link #slot()} of a command whose keys are not in one slot. */
  public static final int SEVERAL_SLOTS = -2;

  private static final byte[] CRLF = {'\r', '\n'};

  private static final int ANSWERED = 1;
  private static final int UNANSWERED = 2;

  @SuppressWarnings("rawtypes")
  private static final AtomicIntegerFieldUpdater<GuardedCommand> SETTLED =
      AtomicIntegerFieldUpdater.newUpdater(GuardedCommand.class, "settled");

  private final RedisCommand<K, V, T> delegate;
  private final Guard guard;
  private final CommandRule rule;
  private final byte[] wire;
  private final int callFlags;
  private final int routingFrom;
  private final int routingTo;
  private final int slot;
  private final boolean oneName;
  private final boolean legacy;
  private ReplyOutput<K, V, T> output;
  private @Nullable ReplyListener listener;
  private boolean hasDeadline;
  private long deadlineNanos;
  private volatile boolean sent;
  private volatile boolean detached;
  private volatile boolean cancelled;
  private volatile boolean askingDenied;
  private volatile int settled;

  /** The command whose final bytes are {@code wire}; the scratch says the rest. */
  GuardedCommand(
      RedisCommand<K, V, T> delegate, Guard guard, CommandRule rule, byte[] wire, Scratch found) {
    this.delegate = delegate;
    this.guard = guard;
    this.rule = rule;
    this.wire = wire;
    this.callFlags = found.callFlags();
    this.routingFrom = found.routingFrom();
    this.routingTo = found.routingTo();
    this.slot = guard.findsSlots() ? slotOf(wire, found.routed()) : NO_SLOT;
    this.oneName = found.names() == 1;
    this.legacy = false;
    this.output = output(delegate.getOutput());
  }

  private GuardedCommand(GuardedCommand<K, V, T> before) {
    this(before, before.wire, before.routingFrom, before.routingTo, before.legacy);
    if (before.output instanceof AbsenceOutput<?, ?, ?>) {
      holdAbsence();
    }
  }

  private GuardedCommand(
      GuardedCommand<K, V, T> before, byte[] wire, int routingFrom, int routingTo, boolean legacy) {
    this.delegate = before.delegate;
    this.guard = before.guard;
    this.rule = before.rule;
    this.wire = wire;
    this.callFlags = before.callFlags;
    this.routingFrom = routingFrom;
    this.routingTo = routingTo;
    this.slot =
        wire == before.wire || !guard.findsSlots()
            ? before.slot
            : slotOf(wire, new int[] {routingFrom, routingTo});
    this.oneName = before.oneName;
    this.legacy = legacy;
    this.output = output(delegate.getOutput());
  }

  /** A part of a command whose keys are in several slots. */
  private GuardedCommand(
      GuardedCommand<?, ?, ?> whole, RedisCommand<K, V, T> delegate, byte[] wire, int slot) {
    this.delegate = delegate;
    this.guard = whole.guard;
    this.rule = whole.rule;
    this.wire = wire;
    this.callFlags = whole.callFlags;
    this.routingFrom = 0;
    this.routingTo = 0;
    this.slot = slot;
    this.oneName = false;
    this.legacy = false;
    this.output = output(delegate.getOutput());
  }

  /**
   * A command that names some of the keys that this one names, for a command of the client itself.
   *
   * @param delegate gets the reply
   * @param arguments those that are kept, with their prefix, as {@link #arguments()} gave them
   * @param slot the slot of all of its keys
   */
  <A, B, R> GuardedCommand<A, B, R> part(
      RedisCommand<A, B, R> delegate, List<byte[]> arguments, int slot) {
    List<byte[]> words = new ArrayList<>();
    words.add(rule.name().getBytes(StandardCharsets.US_ASCII));
    words.addAll(arguments);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(("*" + words.size() + "\r\n").getBytes(StandardCharsets.US_ASCII));
    for (byte[] word : words) {
      bytes.writeBytes(("$" + word.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
      bytes.writeBytes(word);
      bytes.writeBytes(CRLF);
    }
    return new GuardedCommand<>(this, delegate, bytes.toByteArray(), slot);
  }

  private static int slotOf(byte[] wire, int[] routed) {
    int slot = NO_SLOT;
    for (int i = 0; i < routed.length; i += 2) {
      int next = SlotHash.getSlot(Arrays.copyOfRange(wire, routed[i], routed[i + 1]));
      if (slot != NO_SLOT && slot != next) {
        return SEVERAL_SLOTS;
      }
      slot = next;
    }
    return slot;
  }

  /**
   * The slot of the command's keys and sharded channels in a cluster.
   *
   * @return 0 to 16383, {@link #NO_SLOT} for a command without keys or a guard that does not look
   *     for them, or {@link #SEVERAL_SLOTS}
   */
  public int slot() {
    return slot;
  }

  private ReplyOutput<K, V, T> output(CommandOutput<K, V, T> target) {
    return rule.reply().any()
        ? new NameReplyOutput<>(target, guard, rule, CallFlags.documentElements(callFlags))
        : new ReplyOutput<>(target);
  }

  /**
   * What is known of the command.
   *
   * @return its row of the command table
   */
  public CommandRule rule() {
    return rule;
  }

  /**
   * The command with its subcommand.
   *
   * @return the name in upper case
   */
  public String name() {
    return rule.name();
  }

  /**
   * The application's command.
   *
   * @return the command that the guard was given
   */
  public RedisCommand<K, V, T> delegate() {
    return delegate;
  }

  private boolean has(int flag) {
    return (callFlags & flag) != 0;
  }

  /**
   * Whether the command only reads.
   *
   * @return whether it changes nothing
   */
  public boolean isReadOnly() {
    return rule.isRead();
  }

  /**
   * Whether a replica may answer this call, with its options.
   *
   * @return whether it need not go to the primary
   */
  public boolean isForReplicas() {
    return rule.isForReplicas() && !isBlocking() && !legacy;
  }

  /**
   * Whether the application could not tell if this call, with its options, were executed twice.
   *
   * @return whether it may be sent again when it is not known whether it was executed
   */
  public boolean isIdempotent() {
    return rule.isIdempotent() && !has(CallFlags.ONCE);
  }

  /**
   * Whether this call, with its options, waits on the server and so keeps its connection from
   * answering others.
   *
   * @return whether it is blocking
   */
  public boolean isBlocking() {
    return rule.isBlocking() || has(CallFlags.BLOCKING);
  }

  /**
   * How long this call may wait on the server before it answers.
   *
   * @return nanoseconds; zero if it does not wait, {@link Long#MAX_VALUE} if there is no bound
   */
  public long blockNanos() {
    return isBlocking() ? BlockTime.nanos(name(), arguments()) : 0;
  }

  /**
   * What follows the command's name, as the server gets it: names have their prefix.
   *
   * @return copies of the arguments
   */
  public List<byte[]> arguments() {
    List<byte[]> parts = new ArrayList<>();
    int at = lineEnd(0);
    while (at < wire.length) {
      int end = lineEnd(at);
      int length =
          Integer.parseInt(new String(wire, at + 1, end - at - 3, StandardCharsets.US_ASCII));
      parts.add(Arrays.copyOfRange(wire, end, end + length));
      at = end + length + 2;
    }
    return parts.subList(rule.words(), parts.size());
  }

  /** The index behind the next end of line. */
  private int lineEnd(int from) {
    int at = from;
    while (wire[at] != '\n') {
      at++;
    }
    return at + 1;
  }

  /**
   * Whether the command changes the state of its connection or depends on it.
   *
   * @return whether it needs a connection that nobody shares
   */
  public boolean isStateful() {
    return rule.isStateful();
  }

  /**
   * Whether the command runs code on the server, so that an error does not prove that nothing was
   * changed.
   *
   * @return whether it does
   */
  public boolean isScript() {
    return rule.isScript();
  }

  /**
   * Whether the bytes were taken for writing to a connection.
   *
   * @return false if the command surely never left
   */
  public boolean isEncoded() {
    return sent;
  }

  /**
   * How much the command is on the wire.
   *
   * @return bytes
   */
  public int size() {
    return wire.length;
  }

  /**
   * Whether anything of a reply reached the application's output. An error that is the whole reply
   * is held back and does not count.
   *
   * @return whether the command can no longer be sent again
   */
  public boolean replyBegun() {
    return output.hasBegun();
  }

  /** The server refused the {@code ASKING} in front of this command. */
  public void askingDenied() {
    askingDenied = true;
  }

  /** Whether the server refused the {@code ASKING} in front of this command. */
  public boolean isAskingDenied() {
    return askingDenied;
  }

  /**
   * The error that is the whole reply.
   *
   * @return the server's text, or null if the reply is not an error or has not arrived
   */
  public @Nullable String replyError() {
    return output.heldError();
  }

  /**
   * The error that is an element of a reply whose output has no place for one, such as that of a
   * script which returns an error in a table.
   *
   * @return the server's text, or null if there is none or the output takes it as a value
   */
  public @Nullable String elementError() {
    return output.elementError();
  }

  /**
   * Whether the reply held names of somebody else where they say whose the data is. Nothing more of
   * it was given to the application's output, {@link #replyError()} says so, and the guard's
   * listener was told.
   *
   * @return whether the reply was withheld
   */
  public boolean isWithheld() {
    return output.isWithheld();
  }

  /**
   * Sets who decides what becomes of this attempt's end. Called at most once, before the command is
   * dispatched.
   *
   * @param replyListener the listener
   */
  public void listener(ReplyListener replyListener) {
    this.listener = replyListener;
  }

  /**
   * Sets when this attempt ends if no reply has come. Called at most once, before the command is
   * dispatched.
   *
   * @param nanoTime a {@link System#nanoTime()}
   */
  public void deadlineNanos(long nanoTime) {
    deadlineNanos = nanoTime;
    hasDeadline = true;
  }

  /**
   * Whether there is a time at which this attempt ends without a reply.
   *
   * @return whether {@link #deadlineNanos()} has a meaning
   */
  public boolean hasDeadline() {
    return hasDeadline;
  }

  /**
   * When this attempt ends if no reply has come.
   *
   * @return a {@link System#nanoTime()}
   */
  public long deadlineNanos() {
    return deadlineNanos;
  }

  /** Gives the reply, be it data or an error, to the application's command and completes it. */
  public void deliver() {
    output.release();
    delegate.complete();
  }

  /**
   * Completes the application's command with a failure.
   *
   * @param cause the failure
   */
  public void deliverFailure(Throwable cause) {
    delegate.completeExceptionally(cause);
  }

  /**
   * A fresh attempt for the same application's command with the same bytes. This one must have
   * ended, or be {@linkplain #detach() detached}.
   *
   * @return the new attempt, without a listener
   * @throws IllegalStateException if the application's output holds something of a reply already,
   *     or could still get it
   */
  public GuardedCommand<K, V, T> again() {
    if (output.hasBegun()) {
      throw new IllegalStateException(
          name() + " cannot be sent again: its reply has begun to arrive.");
    }
    if (settled == 0 && !detached) {
      throw new IllegalStateException(
          name() + " cannot be sent again: this attempt has not ended, detach it first.");
    }
    return new GuardedCommand<>(this);
  }

  /** Whether this call reads one key and names nothing else. */
  boolean readsOneKey() {
    return oneName
        && routingTo > 0
        && rule.isRead()
        && rule.hasKeys()
        && !rule.reply().any()
        && !rule.isScript()
        && !isStateful()
        && !isBlocking();
  }

  /** The bytes of the first key. */
  byte[] key() {
    return Arrays.copyOfRange(wire, routingFrom, routingTo);
  }

  /**
   * Holds a reply back that an absent key could have given. Called before the command is
   * dispatched.
   */
  void holdAbsence() {
    output = new AbsenceOutput<>(delegate.getOutput());
  }

  /**
   * What the reply says of the key, if that was to be found out.
   *
   * @return whether, and how surely, the key is absent; {@link Absence#NO} if nobody asked
   */
  public Absence absence() {
    return output instanceof AbsenceOutput<?, ?, ?> held ? held.absence(name()) : Absence.NO;
  }

  /** A fresh attempt that asks for another key in place of this one. */
  GuardedCommand<K, V, T> underLegacyName(byte[] key) {
    byte[] header = ("$" + key.length + "\r\n").getBytes(StandardCharsets.US_ASCII);
    int from = headerOf(routingFrom);
    int start = from + header.length;
    byte[] other = new byte[start + key.length + wire.length - routingTo];
    System.arraycopy(wire, 0, other, 0, from);
    System.arraycopy(header, 0, other, from, header.length);
    System.arraycopy(key, 0, other, start, key.length);
    System.arraycopy(wire, routingTo, other, start + key.length, wire.length - routingTo);
    return new GuardedCommand<>(this, other, start, start + key.length, true);
  }

  /** Where {@code $<length>CRLF} before an argument begins. */
  private int headerOf(int start) {
    int at = start - 2;
    while (wire[at] != '$') {
      at--;
    }
    return at;
  }

  /**
   * Whether this attempt asks for the name under which the key was kept before it had its prefix.
   *
   * @return whether {@link LegacyReads} made it
   */
  public boolean isLegacy() {
    return legacy;
  }

  /**
   * From now on nothing of a reply reaches the application's output, and the command is not written
   * if it was not yet. If a reply is arriving at this moment, it counts as {@linkplain
   * #replyBegun() begun}.
   */
  public void detach() {
    output.detach();
    detached = true;
  }

  @Override
  public CommandOutput<K, V, T> getOutput() {
    return rule.repliesLater() ? output.target() : output;
  }

  /** Called by Lettuce with the output that collects a transaction's replies. */
  @Override
  public void setOutput(CommandOutput<K, V, T> replacement) {
    delegate.setOutput(replacement);
    output = output(replacement);
  }

  @Override
  public void complete() {
    if (!settle(ANSWERED)) {
      return;
    }
    ReplyListener to = listener;
    if (to == null) {
      deliver();
      return;
    }
    try {
      to.onReply(this);
    } catch (RuntimeException broken) {
      // Nobody could end it any more.
      deliverFailure(broken);
    }
  }

  @Override
  public boolean completeExceptionally(Throwable cause) {
    if (!settle(UNANSWERED)) {
      return false;
    }
    ReplyListener to = listener;
    if (to == null) {
      deliverFailure(cause);
      return true;
    }
    try {
      to.onFailure(this, cause);
    } catch (RuntimeException broken) {
      deliverFailure(cause);
    }
    return true;
  }

  @Override
  public void cancel() {
    if (!settle(UNANSWERED)) {
      return;
    }
    cancelled = true;
    ReplyListener to = listener;
    if (to == null) {
      delegate.cancel();
    } else {
      to.onFailure(this, new CancellationException(name() + " was cancelled by its connection."));
    }
  }

  private boolean settle(int how) {
    return SETTLED.compareAndSet(this, 0, how);
  }

  /**
   * What Lettuce may know of the arguments: the first key, by which a cluster routes, and nothing
   * else.
   *
   * @return arguments that hold the first key with its prefix, or none
   */
  @Override
  @SuppressWarnings("unchecked")
  public CommandArgs<K, V> getArgs() {
    CommandArgs<byte[], byte[]> args = new CommandArgs<>(ByteArrayCodec.INSTANCE);
    if (routingTo > 0) {
      args.addKey(Arrays.copyOfRange(wire, routingFrom, routingTo));
    }
    return (CommandArgs<K, V>) args;
  }

  @Override
  public ProtocolKeyword getType() {
    return rule.type();
  }

  @Override
  public void encode(ByteBuf buffer) {
    sent = true;
    buffer.writeBytes(wire);
  }

  /**
   * Whether this attempt has ended: its reply has come, or will not be waited for. Other than
   * {@link #isDone()} it does not ask whether the application still wants the result.
   *
   * @return whether the listener was told
   */
  public boolean isSettled() {
    return settled != 0;
  }

  /**
   * Whether this attempt has ended with its reply, which {@link #replyError()} may call an error.
   *
   * @return whether the server did, or refused, what it was told
   */
  public boolean isAnswered() {
    return settled == ANSWERED;
  }

  @Override
  public boolean isCancelled() {
    return cancelled || delegate.isCancelled();
  }

  @Override
  public boolean isDone() {
    return settled != 0 || detached || delegate.isDone();
  }

  @Override
  @SuppressWarnings("unchecked")
  public void onComplete(Consumer<? super T> action) {
    if (delegate instanceof CompleteableCommand<?>) {
      ((CompleteableCommand<T>) delegate).onComplete(action);
    }
  }

  @Override
  @SuppressWarnings("unchecked")
  public void onComplete(BiConsumer<? super T, Throwable> action) {
    if (delegate instanceof CompleteableCommand<?>) {
      ((CompleteableCommand<T>) delegate).onComplete(action);
    }
  }

  /** The name and the state, never an argument. */
  @Override
  public String toString() {
    return "GuardedCommand[" + name() + ", encoded=" + sent + ", done=" + isDone() + "]";
  }
}
