package io.tenantredis.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** METRICS.md lists the meters that there are. */
class MetricsPageTest {

  private static final Pattern METER_ROW =
      Pattern.compile("^\\| `((?:db\\.client|tenant\\.redis)\\.[^`]+)` \\|", Pattern.MULTILINE);

  @Test
  void thePageListsEachMeterAndNoOther() throws IOException {
    String page = Files.readString(Path.of("..", "METRICS.md"));
    List<String> listed =
        METER_ROW.matcher(page).results().map(row -> row.group(1)).sorted().toList();
    assertThat(listed)
        .containsExactlyElementsOf(
            Arrays.stream(TenantRedisMeter.values())
                .map(TenantRedisMeter::meterName)
                .sorted()
                .toList());
  }

  @Test
  void thePageListsEachTag() throws IOException {
    assertThat(Files.readString(Path.of("..", "METRICS.md")))
        .contains(
            MeterTag.TENANT,
            MeterTag.OPERATION,
            MeterTag.SYSTEM,
            MeterTag.ERROR,
            MeterTag.OUTCOME,
            MeterTag.REASON,
            MeterTag.STATE);
  }
}
