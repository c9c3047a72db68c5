package io.tenantredis.internal.keyspace;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line of MONITOR: a command as the server executed it.
 *
 * @param port the client's port, or 0 for a command of a script
 * @param words the command and its arguments
 */
record MonitorLine(int port, List<String> words) {

  /** Reads {@code 1339518083.107412 [0 127.0.0.1:60866] "get" "x"}. */
  static @Nullable MonitorLine parse(String line) {
    int from = line.indexOf('[');
    int to = line.indexOf("] ", from);
    if (from < 0 || to < 0) {
      return null;
    }
    String source = line.substring(from + 1, to);
    int port =
        source.endsWith(" lua")
            ? 0
            : Integer.parseInt(source.substring(source.lastIndexOf(':') + 1));
    return new MonitorLine(port, words(line, to + 2));
  }

  private static List<String> words(String line, int from) {
    List<String> words = new ArrayList<>();
    int at = from;
    while (at < line.length()) {
      ByteArrayOutputStream word = new ByteArrayOutputStream();
      at++;
      while (line.charAt(at) != '"') {
        char next = line.charAt(at++);
        if (next != '\\') {
          word.write(next);
          continue;
        }
        char escaped = line.charAt(at++);
        if (escaped == 'x') {
          word.write(Integer.parseInt(line.substring(at, at + 2), 16));
          at += 2;
        } else {
          word.write(unescaped(escaped));
        }
      }
      words.add(word.toString(StandardCharsets.UTF_8));
      at += 2;
    }
    return words;
  }

  private static int unescaped(char escaped) {
    return switch (escaped) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'a' -> 7;
      case 'b' -> '\b';
      default -> escaped;
    };
  }

  String command() {
    return words.get(0).toUpperCase(java.util.Locale.ROOT);
  }
}
