package io.tenantredis;

import java.util.List;

/** A {@link TenantRedis.Builder} holds mistakes. All of them are listed; nothing was started. */
public final class ConfigurationException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  private final List<String> problems;

  ConfigurationException(List<String> problems) {
    super(text(problems));
    this.problems = List.copyOf(problems);
  }

  private static String text(List<String> problems) {
    StringBuilder text = new StringBuilder("TenantRedis cannot be built:");
    for (String problem : problems) {
      text.append(System.lineSeparator()).append("  - ").append(problem);
    }
    return text.toString();
  }

  /**
   * Every mistake, each with what to do.
   *
   * @return an immutable list, not empty
   */
  public List<String> problems() {
    return problems;
  }
}
