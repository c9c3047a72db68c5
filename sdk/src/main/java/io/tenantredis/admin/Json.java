package io.tenantredis.admin;

import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON from maps, collections, texts, numbers, booleans and nulls. Any other value is
 * written as its text.
 */
final class Json {

  private Json() {}

  /** A map of alternating names and values, in this order; null values are kept. */
  static Map<String, @Nullable Object> object(@Nullable Object... namesAndValues) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      object.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
    }
    return object;
  }

  /** The value in several lines, indented by two spaces. */
  static String pretty(@Nullable Object value) {
    StringBuilder text = new StringBuilder();
    write(value, text, "\n");
    return text.append('\n').toString();
  }

  /** The value in one line. */
  static String line(@Nullable Object value) {
    StringBuilder text = new StringBuilder();
    write(value, text, null);
    return text.toString();
  }

  private static void write(
      @Nullable Object value, StringBuilder text, @Nullable String lineBreak) {
    if (value == null || value instanceof Number || value instanceof Boolean) {
      text.append(value);
    } else if (value instanceof Map<?, ?> map) {
      writeMap(map, text, lineBreak);
    } else if (value instanceof Collection<?> collection) {
      writeArray(collection, text, lineBreak);
    } else {
      writeText(value.toString(), text);
    }
  }

  private static void writeMap(Map<?, ?> map, StringBuilder text, @Nullable String lineBreak) {
    if (map.isEmpty()) {
      text.append("{}");
      return;
    }
    String separator = "{";
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      text.append(separator);
      breakLine(text, deeper(lineBreak));
      writeText(String.valueOf(entry.getKey()), text);
      text.append(": ");
      write(entry.getValue(), text, deeper(lineBreak));
      separator = ",";
    }
    breakLine(text, lineBreak);
    text.append('}');
  }

  private static void writeArray(
      Collection<?> values, StringBuilder text, @Nullable String lineBreak) {
    if (values.isEmpty()) {
      text.append("[]");
      return;
    }
    String separator = "[";
    for (Iterator<?> iterator = values.iterator(); iterator.hasNext(); separator = ",") {
      text.append(separator);
      breakLine(text, deeper(lineBreak));
      write(iterator.next(), text, deeper(lineBreak));
    }
    breakLine(text, lineBreak);
    text.append(']');
  }

  private static @Nullable String deeper(@Nullable String lineBreak) {
    return lineBreak == null ? null : lineBreak + "  ";
  }

  private static void breakLine(StringBuilder text, @Nullable String lineBreak) {
    if (lineBreak != null) {
      text.append(lineBreak);
    }
  }

  private static void writeText(String value, StringBuilder text) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          if (c < ' ' || c == 0x7f) {
            text.append(String.format("\\u%04x", (int) c));
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }
}
