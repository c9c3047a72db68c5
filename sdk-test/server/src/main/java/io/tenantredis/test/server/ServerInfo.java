package io.tenantredis.test.server;

import java.util.HashMap;
import java.util.Map;

/** The fields of an {@code INFO} reply. */
final class ServerInfo {

  private final Map<String, String> fields = new HashMap<>();

  ServerInfo(String reply) {
    reply
        .lines()
        .forEach(
            line -> {
              int colon = line.indexOf(':');
              if (colon > 0 && line.charAt(0) != '#') {
                fields.put(line.substring(0, colon), line.substring(colon + 1));
              }
            });
  }

  boolean has(String field) {
    return fields.containsKey(field);
  }

  /** The field's value; empty when the server did not send it. */
  String get(String field) {
    return fields.getOrDefault(field, "");
  }
}
