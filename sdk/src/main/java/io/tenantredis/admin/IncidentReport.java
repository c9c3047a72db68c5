package io.tenantredis.admin;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * What became of an incident's containment.
 *
 * @param user the blocked user
 * @param at when it began
 * @param nodes one result for each server: whether the user is blocked and without connections
 *     there
 * @param evidence the file with what was seen before the connections ended
 * @param sha256 the file's checksum, to prove later that it is unchanged
 */
public record IncidentReport(
    String user, Instant at, List<NodeResult> nodes, Path evidence, String sha256) {

  /** Copies the list. */
  public IncidentReport {
    nodes = List.copyOf(nodes);
  }

  /**
   * Whether the user is blocked and without connections on every server.
   *
   * @return whether all results are done
   */
  public boolean isContained() {
    return nodes.stream().allMatch(NodeResult::isDone);
  }

  /**
   * This report for programs.
   *
   * @return a JSON object: {@code user}, {@code at}, {@code contained}, {@code nodes}, {@code
   *     evidence}, {@code sha256}
   */
  public String toJson() {
    return Json.pretty(
        Json.object(
            "user", user,
            "at", at,
            "contained", isContained(),
            "nodes", NodeResult.json(nodes),
            "evidence", evidence,
            "sha256", sha256));
  }
}
