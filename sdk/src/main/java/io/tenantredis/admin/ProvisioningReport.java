package io.tenantredis.admin;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What became of a change to a user on every server.
 *
 * @param action what was to be done
 * @param user whose user it is
 * @param nodes one result for each server
 */
public record ProvisioningReport(String action, String user, List<NodeResult> nodes) {

  /** Copies the list. */
  public ProvisioningReport {
    nodes = List.copyOf(nodes);
  }

  /**
   * Whether every server is as wanted.
   *
   * @return whether all results are done
   */
  public boolean isComplete() {
    return nodes.stream().allMatch(NodeResult::isDone);
  }

  /**
   * Insists that every server is as wanted.
   *
   * @return this report
   * @throws AdminException with the servers that are not; running the same again is safe
   */
  public ProvisioningReport requireComplete() {
    if (!isComplete()) {
      throw new AdminException(
          action
              + " of user "
              + user
              + " is not complete; running it again is safe. "
              + nodes.stream()
                  .filter(node -> !node.isDone())
                  .map(node -> node.node() + ": " + node.detail())
                  .collect(Collectors.joining("; ")));
    }
    return this;
  }

  /**
   * This report for programs.
   *
   * @return a JSON object: {@code action}, {@code user}, {@code complete}, {@code nodes} with
   *     {@code node}, {@code status}, {@code detail}
   */
  public String toJson() {
    return Json.pretty(json());
  }

  Map<String, @Nullable Object> json() {
    return Json.object(
        "action", action, "user", user, "complete", isComplete(), "nodes", NodeResult.json(nodes));
  }
}
