package io.tenantredis.admin;

import java.util.List;

/**
 * A user that is not on a server as it should be.
 *
 * @param user its name
 * @param node host and port of the server
 * @param differences what differs, each in words
 */
public record UserDrift(String user, String node, List<String> differences) {

  /** Copies the list. */
  public UserDrift {
    differences = List.copyOf(differences);
  }

  /**
   * Drifts for programs.
   *
   * @param drifts the drifts
   * @return a JSON array of objects with the fields of this record
   */
  public static String toJson(List<UserDrift> drifts) {
    return Json.pretty(
        drifts.stream()
            .map(
                drift ->
                    Json.object(
                        "user", drift.user, "node", drift.node, "differences", drift.differences))
            .toList());
  }
}
