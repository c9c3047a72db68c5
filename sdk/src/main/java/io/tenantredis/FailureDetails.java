package io.tenantredis;

import java.io.Serializable;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is known about one failure. Immutable.
 *
 * @param code the stable code
 * @param tenant the tenant whose command or connection failed
 * @param command the command with its subcommand, or null when no command was involved
 * @param outcome what is known about the effect on the server
 */
public record FailureDetails(
    ErrorCode code, TenantId tenant, @Nullable String command, Outcome outcome)
    implements Serializable {

  /**
   * A message in the one form that all failures have: the text first, so that code which looks at a
   * server's error prefix keeps working, the details behind it.
   *
   * @param text what happened and what to do; no argument of a command, no secret
   * @return the message
   */
  String message(String text) {
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
