package io.tenantredis.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.common.docs.KeyName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * METRICS.md lists the meters and tags that there are. Run with {@code
 * -Dtenantredis.docs.write=true} to write its tables after a change of the declarations.
 */
class MetricsPageTest {

  private static final Path PAGE = Path.of("..", "METRICS.md");

  @Test
  void thePageSaysOfEachMeterAndTagWhatIsDeclared() throws IOException {
    String page = Files.readString(PAGE);
    String wanted = between(between(page, "meters", meters()), "tags", tags());
    wanted = between(wanted, "observations", observations());
    if (Boolean.getBoolean("tenantredis.docs.write")) {
      Files.writeString(PAGE, wanted);
      page = wanted;
    }
    assertThat(page)
        .as("METRICS.md is outdated: run this test with -Dtenantredis.docs.write=true")
        .isEqualTo(wanted);
  }

  @Test
  void noTwoMetersHaveTheSameName() {
    assertThat(TenantRedisMeter.values())
        .extracting(TenantRedisMeter::getName)
        .doesNotHaveDuplicates();
  }

  private static String between(String page, String name, String table) {
    String begin = "<!-- " + name + " -->\n\n";
    String end = "\n<!-- end of " + name + " -->";
    return page.substring(0, page.indexOf(begin) + begin.length())
        + table
        + page.substring(page.indexOf(end));
  }

  private static String meters() {
    StringBuilder table =
        new StringBuilder("| Meter | Type | Tags | What it says |\n| --- | --- | --- | --- |\n");
    for (TenantRedisMeter meter : TenantRedisMeter.values()) {
      table.append(
          "| `%s` | %s | %s | %s |\n"
              .formatted(
                  meter.getName(),
                  meter.getType().name().toLowerCase(Locale.ROOT),
                  Arrays.stream(meter.getKeyNames())
                      .map(KeyName::asString)
                      .filter(tag -> !isEverywhere(tag))
                      .map(tag -> "`" + tag + "`")
                      .collect(Collectors.joining(", ")),
                  meter.description()));
    }
    return table.toString();
  }

  private static String observations() {
    StringBuilder table =
        new StringBuilder(
            "| Observation | Low cardinality | High cardinality |\n| --- | --- | --- |\n");
    for (TenantRedisObservation observation : TenantRedisObservation.values()) {
      table.append(
          "| `%s` | %s | %s |\n"
              .formatted(
                  CommandConvention.NAME,
                  quoted(observation.getLowCardinalityKeyNames()),
                  quoted(observation.getHighCardinalityKeyNames())));
    }
    return table.toString();
  }

  private static String quoted(KeyName... names) {
    return Arrays.stream(names)
        .map(name -> "`" + name.asString() + "`")
        .collect(Collectors.joining(", "));
  }

  private static boolean isEverywhere(String tag) {
    return tag.equals(MeterTag.SYSTEM.asString()) || tag.equals(MeterTag.CLIENT.asString());
  }

  private static String tags() {
    StringBuilder table = new StringBuilder("| Tag | Values |\n| --- | --- |\n");
    for (MeterTag tag : MeterTag.values()) {
      table.append("| `%s` | %s |\n".formatted(tag.asString(), tag.valuesText()));
    }
    return table.toString();
  }
}
