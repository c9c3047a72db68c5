package io.tenantredis.admin;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a server's ACL log. Before Redis 7.2 it has no id.
 *
 * @param id null if the server numbers none
 * @param ageSeconds since the denial it was made for, or the last one that was joined to it
 * @param clientInfo a line as CLIENT LIST has them
 */
record AclLogEntry(
    @Nullable Long id,
    long count,
    String reason,
    String context,
    String object,
    String user,
    double ageSeconds,
    String clientInfo) {

  /** What the server compares before it joins a denial to an entry. */
  record Kind(String reason, String context, String object, String user) {}

  static AclLogEntry of(Map<String, @Nullable Object> fields) {
    return new AclLogEntry(
        fields.get("entry-id") instanceof Long id ? id : null,
        fields.get("count") instanceof Long count ? count : 1,
        text(fields, "reason"),
        text(fields, "context"),
        text(fields, "object"),
        text(fields, "username"),
        seconds(text(fields, "age-seconds")),
        text(fields, "client-info"));
  }

  private static String text(Map<String, @Nullable Object> fields, String name) {
    Object value = fields.get(name);
    return value == null ? "" : value.toString();
  }

  private static double seconds(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException unknown) {
      return 0;
    }
  }

  Kind kind() {
    return new Kind(reason, context, object, user);
  }

  AclDenial.Reason denialReason() {
    try {
      return AclDenial.Reason.valueOf(reason.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException newer) {
      return AclDenial.Reason.OTHER;
    }
  }

  /** The fields of a line of CLIENT LIST. */
  static Map<String, String> clientFields(String line) {
    Map<String, String> fields = new HashMap<>();
    for (String field : line.trim().split(" ", -1)) {
      int equals = field.indexOf('=');
      if (equals > 0) {
        fields.put(field.substring(0, equals), field.substring(equals + 1));
      }
    }
    return fields;
  }
}
