package io.tenantredis.internal.keyspace;

import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Holds a reply back as long as it is one that a read of an absent key could give: nil, a list of
 * nothing but nils, an empty one, an empty text, zero, {@code none} for the type, -2 for the time
 * to live. With the first thing that is there, all goes on to the application's output.
 */
final class AbsenceOutput<K, V, T> extends ReplyOutput<K, V, T> {

  /** Nothing that exists gives them a nil, an empty list or a zero. */
  private static final Set<String> CERTAIN =
      Set.of(
          "GET",
          "DUMP",
          "TYPE",
          "EXISTS",
          "HGETALL",
          "HKEYS",
          "HVALS",
          "HLEN",
          "SMEMBERS",
          "SCARD",
          "LLEN",
          "ZCARD");

  private static final long NO_SUCH_KEY = -2;
  private static final ByteBuffer NONE =
      ByteBuffer.wrap(new byte[] {'n', 'o', 'n', 'e'}).asReadOnlyBuffer();

  private final List<Consumer<CommandOutput<K, V, T>>> held = new ArrayList<>(2);
  private boolean text;
  private boolean passing;

  AbsenceOutput(CommandOutput<K, V, T> target) {
    super(target);
  }

  /** What the whole reply says. */
  Absence absence(String command) {
    if (passing || held.isEmpty() || heldError() != null) {
      return Absence.NO;
    }
    return CERTAIN.contains(command) && (!text || command.equals("TYPE"))
        ? Absence.CERTAIN
        : Absence.POSSIBLE;
  }

  /** Something is there: what was held back belongs to it. */
  private void pass() {
    if (!passing) {
      passing = true;
      if (!held.isEmpty() && isOpen()) {
        held.forEach(event -> event.accept(target()));
      }
    }
  }

  @Override
  void releaseData() {
    if (!passing) {
      pass();
      super.complete(0);
    }
  }

  /** Lettuce also brings a status here. */
  @Override
  public void set(@Nullable ByteBuffer bytes) {
    if (!passing && bytes == null) {
      held.add(to -> to.set((ByteBuffer) null));
    } else if (!passing && depth() == 0 && bytes != null && isAbsentText(bytes)) {
      text = true;
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      held.add(to -> to.set(ByteBuffer.wrap(copy)));
    } else {
      pass();
      super.set(bytes);
    }
  }

  private static boolean isAbsentText(ByteBuffer bytes) {
    return !bytes.hasRemaining() || bytes.equals(NONE);
  }

  @Override
  public void setSingle(@Nullable ByteBuffer bytes) {
    pass();
    super.setSingle(bytes);
  }

  @Override
  public void set(long integer) {
    if (!passing && depth() == 0 && (integer == 0 || integer == NO_SUCH_KEY)) {
      held.add(to -> to.set(integer));
    } else {
      pass();
      super.set(integer);
    }
  }

  @Override
  public void setBigNumber(@Nullable ByteBuffer bytes) {
    pass();
    super.setBigNumber(bytes);
  }

  @Override
  public void set(double number) {
    pass();
    super.set(number);
  }

  @Override
  public void set(boolean value) {
    pass();
    super.set(value);
  }

  @Override
  public void multi(int count) {
    if (holdAggregate(count, to -> to.multi(count))) {
      return;
    }
    super.multi(count);
  }

  @Override
  public void multiArray(int count) {
    if (holdAggregate(count, to -> to.multiArray(count))) {
      return;
    }
    super.multiArray(count);
  }

  @Override
  public void multiMap(int count) {
    if (holdAggregate(count, to -> to.multiMap(count))) {
      return;
    }
    super.multiMap(count);
  }

  @Override
  public void multiSet(int count) {
    if (holdAggregate(count, to -> to.multiSet(count))) {
      return;
    }
    super.multiSet(count);
  }

  /** Whether an aggregate is held back: the outermost, and with it empty ones inside. */
  private boolean holdAggregate(int count, Consumer<CommandOutput<K, V, T>> event) {
    if (passing || (depth() > 0 && count > 0)) {
      pass();
      return false;
    }
    held.add(event);
    down(count);
    return true;
  }

  @Override
  public void setError(@Nullable ByteBuffer error) {
    if (depth() > 0) {
      pass();
    }
    super.setError(error);
  }

  @Override
  public void complete(int completed) {
    if (!passing && completed > 0) {
      held.add(to -> to.complete(completed));
      closed(completed);
    } else {
      super.complete(completed);
    }
  }
}
