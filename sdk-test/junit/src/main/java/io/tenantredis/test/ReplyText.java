package io.tenantredis.test;

import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All text in an object that code answered with. */
final class ReplyText {

  private static final int DEPTH = 20;

  private ReplyText() {}

  static String of(@Nullable Object reply) {
    StringBuilder text = new StringBuilder();
    append(reply, text, DEPTH);
    return text.toString();
  }

  private static void append(@Nullable Object part, StringBuilder text, int depth) {
    if (part == null || depth == 0) {
      return;
    }
    if (part instanceof byte[] bytes) {
      text.append(new String(bytes, StandardCharsets.ISO_8859_1)).append('\n');
    } else if (part instanceof ByteBuffer buffer) {
      text.append(StandardCharsets.ISO_8859_1.decode(buffer.duplicate())).append('\n');
    } else if (part instanceof Map<?, ?> map) {
      map.forEach(
          (key, value) -> {
            append(key, text, depth - 1);
            append(value, text, depth - 1);
          });
    } else if (part instanceof Iterable<?> parts) {
      parts.forEach(one -> append(one, text, depth - 1));
    } else if (part instanceof Optional<?> optional) {
      optional.ifPresent(one -> append(one, text, depth - 1));
    } else if (part.getClass().isArray()) {
      for (int i = 0; i < Array.getLength(part); i++) {
        append(Array.get(part, i), text, depth - 1);
      }
    } else {
      text.append(part).append('\n');
    }
  }
}
