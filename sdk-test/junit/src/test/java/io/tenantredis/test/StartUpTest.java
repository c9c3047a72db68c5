package io.tenantredis.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.testcontainers.DockerClientFactory;

/**
 * How long tests wait for their server, beside Testcontainers and an embedded-redis alone. Each
 * measurement has a JVM of its own; rounds go in turns, so that what else the machine does strikes
 * all. Prints what docs/testing.md shows.
 */
@EnabledIfSystemProperty(
    named = "tenantredis.long",
    matches = "true",
    disabledReason = "takes minutes: -Plong")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class StartUpTest {

  private static final int ROUNDS = 5;

  @Test
  void compare() throws Exception {
    List<String> subjects = new ArrayList<>(List.of("fixture", "embedded"));
    if (DockerClientFactory.instance().isDockerAvailable()) {
      subjects.add("container");
    }
    Map<String, List<double[]>> times = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (String subject : subjects) {
        double[] row = measure(subject);
        if (row == null) {
          System.out.println(subject + ": a run failed and is left out");
        } else {
          times.computeIfAbsent(subject, absent -> new ArrayList<>()).add(row);
        }
      }
    }
    System.out.println(
        "milliseconds: median of "
            + ROUNDS
            + " (least to most); in brackets the ratio to the fixture");
    for (String subject : subjects) {
      System.out.println(row(subject, times));
    }
    assertThat(median(times.get("fixture"), 1)).isLessThan(median(times.get("fixture"), 0));
  }

  private static String row(String subject, Map<String, List<double[]>> times) {
    String[] what = {"first", "second", "parallel"};
    List<String> cells = new ArrayList<>();
    for (int i = 0; i < what.length; i++) {
      int column = i;
      double median = median(times.get(subject), i);
      cells.add(
          String.format(
              Locale.ROOT,
              "%s %.0f (%.0f to %.0f) [%.1f]",
              what[i],
              median,
              times.get(subject).stream().mapToDouble(row -> row[column]).min().orElse(0),
              times.get(subject).stream().mapToDouble(row -> row[column]).max().orElse(0),
              median / median(times.get("fixture"), i)));
    }
    return cells.stream().collect(Collectors.joining(", ", subject + ": ", ""));
  }

  private static double median(List<double[]> rows, int column) {
    double[] sorted = rows.stream().mapToDouble(row -> row[column]).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static double[] measure(String subject) throws Exception {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                StartUpSubjects.class.getName(),
                subject)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader out = jvm.inputReader()) {
      double[] times = null;
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith("times ")) {
          String[] words = line.split(" ");
          times =
              new double[] {
                Double.parseDouble(words[1]),
                Double.parseDouble(words[2]),
                Double.parseDouble(words[3])
              };
        }
      }
      assertThat(jvm.waitFor() == 0 || !subject.equals("fixture")).isTrue();
      return times;
    } finally {
      jvm.destroyForcibly();
    }
  }
}
