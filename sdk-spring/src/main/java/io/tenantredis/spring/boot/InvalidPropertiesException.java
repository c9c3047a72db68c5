package io.tenantredis.spring.boot;

import java.util.List;

/** The properties hold mistakes: all of them, for {@link InvalidPropertiesFailureAnalyzer}. */
final class InvalidPropertiesException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final List<String> problems;

  InvalidPropertiesException(List<String> problems) {
    super("Tenant Redis is not configured correctly: " + String.join(" ", problems));
    this.problems = List.copyOf(problems);
  }

  List<String> problems() {
    return problems;
  }
}
