package io.tenantredis.test;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A line of MONITOR: a command that the server executed, whoever sent it.
 *
 * @param address who sent it, or {@code lua} for a command of a script
 * @param args the name and the arguments, a character for each byte (ISO 8859-1)
 */
record MonitoredCommand(String address, List<String> args) {

  static final String SCRIPT = "lua";

  /** Reads a line such as {@code 1339518083.107412 [0 127.0.0.1:60866] "GET" "a\x00"}. */
  static @Nullable MonitoredCommand parse(String line) {
    int open = line.indexOf('[');
    int close = line.indexOf("] ", open);
    int space = line.indexOf(' ', open);
    if (open < 0 || close < 0 || space < 0 || space > close) {
      return null;
    }
    List<String> args = new ArrayList<>();
    int position = close + 2;
    while (position < line.length() && line.charAt(position) == '"') {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      position = unescape(line, position + 1, bytes) + 1;
      args.add(bytes.toString(StandardCharsets.ISO_8859_1));
    }
    return args.isEmpty() ? null : new MonitoredCommand(line.substring(space + 1, close), args);
  }

  /** Returns where the space behind the closing quotation mark stands, or the end. */
  private static int unescape(String line, int from, ByteArrayOutputStream bytes) {
    int i = from;
    while (i < line.length() && line.charAt(i) != '"') {
      char c = line.charAt(i++);
      if (c != '\\' || i == line.length()) {
        bytes.write(c);
        continue;
      }
      char escaped = line.charAt(i++);
      switch (escaped) {
        case 'n' -> bytes.write('\n');
        case 'r' -> bytes.write('\r');
        case 't' -> bytes.write('\t');
        case 'a' -> bytes.write(7);
        case 'b' -> bytes.write('\b');
        case 'x' -> {
          bytes.write(Integer.parseInt(line.substring(i, i + 2), 16));
          i += 2;
        }
        default -> bytes.write(escaped);
      }
    }
    return i + 1;
  }

  String name() {
    return args.get(0).toUpperCase(Locale.ROOT);
  }

  boolean isOfScript() {
    return address.equals(SCRIPT);
  }

  /** The beginning of the command, readable. */
  String shown() {
    StringBuilder text = new StringBuilder();
    for (String arg : args) {
      if (text.length() > 160) {
        return text.append(" ...").toString();
      }
      text.append(text.isEmpty() ? "" : " ").append(shown(arg));
    }
    return text.toString();
  }

  static String shown(String bytes) {
    String text =
        new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8)
            .replaceAll("\\p{Cntrl}", "?");
    return text.length() > 120 ? text.substring(0, 120) + "..." : text;
  }
}
