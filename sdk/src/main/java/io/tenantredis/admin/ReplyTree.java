package io.tenantredis.admin;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Any reply as texts, numbers and lists of these: administration asks for many replies whose shape
 * differs from version to version.
 */
final class ReplyTree extends CommandOutput<String, String, @Nullable Object> {

  private final Deque<Level> open = new ArrayDeque<>();
  private @Nullable Object reply;

  ReplyTree() {
    super(StringCodec.UTF8, null);
  }

  @Override
  public @Nullable Object get() {
    return reply;
  }

  @Override
  public void set(@Nullable ByteBuffer bytes) {
    add(bytes == null ? null : codec.decodeValue(bytes));
  }

  @Override
  public void set(long integer) {
    add(integer);
  }

  @Override
  public void set(double number) {
    add(number);
  }

  @Override
  public void set(boolean value) {
    add(value);
  }

  @Override
  public void multi(int count) {
    List<@Nullable Object> elements = new ArrayList<>(Math.max(count, 0));
    if (count <= 0) {
      add(elements);
    } else {
      open.push(new Level(elements, count));
    }
  }

  private void add(@Nullable Object value) {
    Object done = value;
    while (!open.isEmpty()) {
      Level level = open.getFirst();
      level.elements.add(done);
      if (level.elements.size() < level.count) {
        return;
      }
      done = level.elements;
      open.pop();
    }
    reply = done;
  }

  private record Level(List<@Nullable Object> elements, int count) {}
}
