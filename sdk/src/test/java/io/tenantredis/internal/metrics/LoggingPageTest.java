package io.tenantredis.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/logging.md lists the events that there are, and each line of the log has an id. */
class LoggingPageTest {

  private static final Pattern ROW =
      Pattern.compile("^\\| `([A-Z_]+)` \\| `([a-z.]+)` \\| ([a-z]+) \\|", Pattern.MULTILINE);
  private static final Pattern LINE =
      Pattern.compile("LOG\\s*\\.(trace|debug|info|warn|error)\\(\\s*\"([^\"]*)\"");
  private static final Pattern LOGGER = Pattern.compile("getLogger\\(\"([a-z.]+)\"\\)");

  @Test
  void thePageListsEachEventWithItsLoggerAndLevelAndNoOther() throws IOException {
    Set<String> listed =
        ROW.matcher(Files.readString(Path.of("../docs/logging.md")))
            .results()
            .map(row -> row.group(1) + " " + row.group(2) + " " + row.group(3))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> there = new TreeSet<>(linesInSources());
    Arrays.stream(LogEvent.values())
        .map(
            event ->
                event.name() + " " + event.logger() + " " + lowerCase(event.level().toString()))
        .forEach(there::add);
    assertThat(listed).isEqualTo(there);
  }

  private static Set<String> linesInSources() throws IOException {
    Set<String> lines = new TreeSet<>();
    try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
      sources
          .filter(source -> source.toString().endsWith(".java"))
          .forEach(
              source -> {
                String code = read(source);
                Matcher line = LINE.matcher(code);
                while (line.find()) {
                  lines.add(
                      line.group(2).split(" ", 2)[0] + " " + loggerOf(code) + " " + line.group(1));
                }
              });
    }
    return lines;
  }

  private static String loggerOf(String code) {
    Matcher logger = LOGGER.matcher(code);
    return logger.find() ? logger.group(1) : "unknown";
  }

  private static String lowerCase(String level) {
    return level.toLowerCase(Locale.ROOT);
  }

  private static String read(Path source) {
    try {
      return Files.readString(source);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
