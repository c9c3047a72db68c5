package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The options of subscriptions, their limits and their page. */
class PubSubOptionsTest {

  private static final Pattern ROW = Pattern.compile("(?m)^\\| `(\\w+)` \\| ([^|]+) \\|");

  @Test
  void thePageListsEveryOptionWithItsDefault() throws Exception {
    PubSubOptions defaults = PubSubOptions.builder().build();
    Map<String, String> coded = new TreeMap<>();
    for (Method method : PubSubOptions.class.getDeclaredMethods()) {
      if (Modifier.isPublic(method.getModifiers()) && !Modifier.isStatic(method.getModifiers())) {
        coded.put(method.getName(), method.invoke(defaults).toString());
      }
    }
    coded.put("executor", "Reactor's `boundedElastic`");
    Map<String, String> documented = new TreeMap<>();
    Matcher row =
        ROW.matcher(
            Files.readString(Path.of("").toAbsolutePath().getParent().resolve("docs/pubsub.md")));
    while (row.find()) {
      documented.put(row.group(1), row.group(2));
    }
    assertThat(documented).isEqualTo(coded);
  }

  @Test
  void everyMistakeIsNamedAtOnce() {
    assertThatThrownBy(
            () ->
                PubSubOptions.builder()
                    .maxSubscriptions(0)
                    .maxQueuedMessages(0)
                    .maxQueuedBytes(1)
                    .maxMessageBytes(1)
                    .livenessInterval(Duration.ZERO)
                    .build())
        .isInstanceOfSatisfying(
            ConfigurationException.class, mistakes -> assertThat(mistakes.problems()).hasSize(5));
  }
}
