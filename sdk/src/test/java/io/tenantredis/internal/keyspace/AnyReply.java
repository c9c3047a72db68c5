package io.tenantredis.internal.keyspace;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes any reply: text byte by byte as a string, numbers, aggregates as lists whose first element
 * says what they are, errors inside aggregates as text.
 */
final class AnyReply extends CommandOutput<String, String, Object> {

  private final Deque<Open> open = new ArrayDeque<>();

  /** An aggregate of which elements are still to come. */
  private record Open(List<Object> elements, int size) {
    boolean isFull() {
      return elements.size() > size;
    }
  }

  AnyReply() {
    super(StringCodec.UTF8, null);
  }

  private void add(@Nullable Object value) {
    Object element = value == null ? "(nil)" : value;
    if (open.isEmpty()) {
      output = element;
    } else {
      open.peek().elements().add(element);
    }
  }

  private void aggregate(String kind, int size) {
    if (size < 0) {
      add(null);
      return;
    }
    List<Object> elements = new ArrayList<>();
    elements.add(kind);
    add(elements);
    open.push(new Open(elements, size));
    closeFull();
  }

  /** An empty aggregate is closed by nothing else. */
  private void closeFull() {
    while (!open.isEmpty() && open.peek().isFull()) {
      open.pop();
    }
  }

  private static @Nullable String text(@Nullable ByteBuffer bytes) {
    return bytes == null ? null : StandardCharsets.ISO_8859_1.decode(bytes.duplicate()).toString();
  }

  private void leaf(@Nullable Object value) {
    add(value);
    closeFull();
  }

  @Override
  public void set(@Nullable ByteBuffer bytes) {
    leaf(text(bytes));
  }

  @Override
  public void setSingle(@Nullable ByteBuffer bytes) {
    leaf(text(bytes));
  }

  @Override
  public void setBigNumber(@Nullable ByteBuffer bytes) {
    leaf(text(bytes));
  }

  @Override
  public void set(long integer) {
    leaf(integer);
  }

  @Override
  public void set(double number) {
    leaf(number);
  }

  @Override
  public void set(boolean value) {
    leaf(value);
  }

  @Override
  public void setError(@Nullable ByteBuffer message) {
    if (open.isEmpty()) {
      super.setError(message);
    } else {
      leaf("(error) " + text(message));
    }
  }

  @Override
  public void multiArray(int count) {
    aggregate("array", count);
  }

  @Override
  public void multi(int count) {
    aggregate("array", count);
  }

  @Override
  public void multiPush(int count) {
    aggregate("push", count);
  }

  @Override
  public void multiMap(int count) {
    aggregate("map", count * 2);
  }

  @Override
  public void multiSet(int count) {
    aggregate("set", count);
  }
}
