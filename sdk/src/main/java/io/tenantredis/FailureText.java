package io.tenantredis;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The one form of all failure messages: the text first, so that code which looks at a server's
 * error prefix keeps working.
 */
final class FailureText {

  private FailureText() {}

  static String of(
      ErrorCode code, TenantId tenant, @Nullable String command, Outcome outcome, String text) {
    StringBuilder message = new StringBuilder(text.length() + 64).append(text);
    message
        .append(" [")
        .append(code)
        .append(' ')
        .append(code.label())
        .append(", tenant ")
        .append(tenant);
    if (command != null) {
      message.append(", ").append(command);
    }
    return message
        .append(", ")
        .append(outcome.name().toLowerCase(Locale.ROOT).replace('_', ' '))
        .append(']')
        .toString();
  }
}
