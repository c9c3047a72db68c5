package io.tenantredis.internal.keyspace;

import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.MultiOutput;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the decoder and the application's output: passes a reply on as it arrives, but
 * holds back an error that is the whole reply until it is decided whether the command is sent
 * again, and lets nothing through once detached.
 *
 * <p>In a transaction the decoder goes over one output twice, first for {@code +QUEUED}, of which
 * it reports only the end, and then for the element of EXEC's reply.
 */
class ReplyOutput<K, V, T> extends CommandOutput<K, V, T> {

  /**
   * How many elements a reply may announce before they arrive. Outputs make room for what is
   * announced: a few bytes could take all memory.
   */
  static final int MAX_ANNOUNCED = 1 << 24;

  private static final int BEGUN = 1;
  private static final int DETACHED = 2;

  @SuppressWarnings("rawtypes")
  private static final AtomicIntegerFieldUpdater<ReplyOutput> STATE =
      AtomicIntegerFieldUpdater.newUpdater(ReplyOutput.class, "state");

  private final CommandOutput<K, V, T> target;
  private volatile int state;
  private @Nullable String heldError;

  /** How many aggregates are open. */
  private int depth;

  /** How many elements were announced and have not arrived. */
  private long announced;

  @SuppressWarnings("unchecked")
  ReplyOutput(CommandOutput<K, V, T> target) {
    super((RedisCodec<K, V>) StringCodec.UTF8, null);
    this.target = target;
  }

  final CommandOutput<K, V, T> target() {
    return target;
  }

  /**
   * Whether the target may be touched. Beginning and detaching exclude each other: either this
   * attempt writes into the target, and then there is no other, or it never does.
   */
  boolean isOpen() {
    int now = state;
    return now == BEGUN || (now == 0 && STATE.compareAndSet(this, 0, BEGUN));
  }

  /** Whether anything of a reply but an error reached the target. */
  final boolean hasBegun() {
    return (state & BEGUN) != 0;
  }

  /** From now on nothing reaches the target. */
  final void detach() {
    STATE.getAndUpdate(this, now -> now | DETACHED);
  }

  /** Whether the reply was withheld because it held foreign names. */
  boolean isWithheld() {
    return false;
  }

  /** The error that is the whole reply, or null. */
  @Nullable String heldError() {
    return heldError;
  }

  /**
   * The error that is an element of the reply, or null. Many outputs keep it beside what else
   * arrives, and Lettuce then fails the command with it.
   */
  final @Nullable String elementError() {
    return heldError() == null && target.hasError() ? target.getError() : null;
  }

  /** Gives the target what was held back. */
  final void release() {
    if ((state & DETACHED) != 0) {
      return;
    }
    String error = heldError();
    if (error == null) {
      releaseData();
      return;
    }
    target.setError(error);
    if (!endsAtOnce()) {
      target.complete(0);
    }
  }

  /** Gives the target data that was held back. */
  void releaseData() {}

  /**
   * EXEC's output completes the queued commands with its own end: holding that, or an error that
   * they share, back would leave them waiting.
   */
  private boolean endsAtOnce() {
    return target instanceof MultiOutput;
  }

  final int depth() {
    return depth;
  }

  final void down(int count) {
    announced += Math.max(0, count);
    if (count < -1 || announced > MAX_ANNOUNCED) {
      throw new ReplyTooLargeException(Integer.toUnsignedLong(count));
    }
    if (count > 0) {
      depth++;
      opened();
    }
  }

  /** An aggregate with elements begins; its elements are at {@link #depth()}. */
  void opened() {}

  /** Takes note of the end of an element that is not passed on. */
  final void closed(int completed) {
    depth = completed;
    announced = completed == 0 ? 0 : announced - 1;
  }

  @Override
  public T get() {
    return target.get();
  }

  @Override
  public void set(@Nullable ByteBuffer bytes) {
    if (isOpen()) {
      target.set(bytes);
    }
  }

  @Override
  public void setSingle(@Nullable ByteBuffer bytes) {
    if (isOpen()) {
      target.setSingle(bytes);
    }
  }

  @Override
  public void setBigNumber(@Nullable ByteBuffer bytes) {
    if (isOpen()) {
      target.setBigNumber(bytes);
    }
  }

  @Override
  public void set(long integer) {
    if (isOpen()) {
      target.set(integer);
    }
  }

  @Override
  public void set(double number) {
    if (isOpen()) {
      target.set(number);
    }
  }

  @Override
  public void set(boolean value) {
    if (isOpen()) {
      target.set(value);
    }
  }

  @Override
  public void multi(int count) {
    down(count);
    if (isOpen()) {
      target.multi(count);
    }
  }

  @Override
  public void multiArray(int count) {
    down(count);
    if (isOpen()) {
      target.multiArray(count);
    }
  }

  @Override
  public void multiPush(int count) {
    down(count);
    if (isOpen()) {
      target.multiPush(count);
    }
  }

  @Override
  public void multiMap(int count) {
    down(count);
    announced += Math.max(0, count);
    if (isOpen()) {
      target.multiMap(count);
    }
  }

  @Override
  public void multiSet(int count) {
    down(count);
    if (isOpen()) {
      target.multiSet(count);
    }
  }

  @Override
  public void setError(@Nullable ByteBuffer error) {
    if (depth == 0) {
      heldError = error == null ? "" : decodeString(error);
      if (endsAtOnce() && isOpen()) {
        target.setError(heldError);
      }
    } else if (isOpen()) {
      target.setError(error);
    }
  }

  /**
   * Called for the element of EXEC's reply, by a cluster redirect to clear an error, and when a
   * connection is reset.
   */
  @Override
  public void setError(@Nullable String error) {
    if (depth == 0) {
      heldError = error;
    } else if (isOpen()) {
      target.setError(error);
    }
  }

  @Override
  public boolean hasError() {
    return heldError() != null || target.hasError();
  }

  @Override
  public @Nullable String getError() {
    String error = heldError();
    return error != null ? error : target.getError();
  }

  @Override
  public void complete(int completed) {
    closed(completed);
    boolean passed = completed > 0 || endsAtOnce() || (heldError == null && hasBegun());
    if (passed && isOpen()) {
      target.complete(completed);
    }
  }

  /** The state without the data. */
  @Override
  public String toString() {
    return "ReplyOutput[begun=" + hasBegun() + ", error=" + (heldError() != null) + "]";
  }
}
