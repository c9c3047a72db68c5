package io.tenantredis.spring.boot;

import io.tenantredis.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The mistakes of the properties, collected so that all are reported at once. */
final class Problems {

  private final List<String> all = new ArrayList<>();

  void add(String problem) {
    all.add(problem);
  }

  /** What is built of a group of properties, or null with the mistakes that keep it from that. */
  <T> @Nullable T built(String properties, Supplier<T> build) {
    try {
      return build.get();
    } catch (ConfigurationException mistakes) {
      mistakes.problems().forEach(problem -> all.add(properties + ": " + problem));
    } catch (IllegalArgumentException | ArithmeticException mistake) {
      all.add(properties + ": " + mistake.getMessage());
    }
    return null;
  }

  void addAll(List<String> problems) {
    all.addAll(problems);
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  InvalidPropertiesException exception() {
    return new InvalidPropertiesException(all);
  }
}
