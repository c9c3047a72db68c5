package io.tenantredis.test.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The lines of a redis.conf or sentinel.conf. */
final class ConfigFile {

  private final List<String> lines = new ArrayList<>();

  /** Adds a line; each value is one argument, quoted as the server's parser wants it. */
  ConfigFile add(String name, Object... values) {
    StringBuilder line = new StringBuilder(name);
    for (Object value : values) {
      line.append(' ').append(quote(value.toString()));
    }
    lines.add(line.toString());
    return this;
  }

  ConfigFile add(List<Setting> settings) {
    settings.forEach(setting -> add(setting.name(), setting.values().toArray()));
    return this;
  }

  void write(Path file) {
    try {
      Files.writeString(file, String.join("\n", lines) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String quote(String value) {
    StringBuilder quoted = new StringBuilder("\"");
    for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
      if (b == '"' || b == '\\') {
        quoted.append('\\').append((char) b);
      } else if (b >= ' ' && b < 0x7f) {
        quoted.append((char) b);
      } else {
        quoted.append(String.format("\\x%02x", b));
      }
    }
    return quoted.append('"').toString();
  }

  /** One setting as the user gave it. */
  record Setting(String name, List<String> values) {}
}
