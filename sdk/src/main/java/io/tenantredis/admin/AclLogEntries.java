package io.tenantredis.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a server remembers of denied commands and logins, as it shows it. */
final class AclLogEntries {

  private static final String MOST = "10000";

  private AclLogEntries() {}

  /** The entries about a user, the newest first, each with the names that the server gives. */
  static List<Map<String, @Nullable Object>> of(AdminNode node, String user) {
    List<Map<String, @Nullable Object>> entries = new ArrayList<>();
    for (Object entry : node.list("ACL", "LOG", MOST)) {
      if (entry instanceof List<?> fields) {
        Map<String, @Nullable Object> named = AdminNode.toMap(fields);
        if (user.equals(named.get("username"))) {
          entries.add(named);
        }
      }
    }
    return entries;
  }
}
