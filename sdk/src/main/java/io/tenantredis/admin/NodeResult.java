package io.tenantredis.admin;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of one step on one server.
 *
 * @param node host and port
 * @param status how it went
 * @param detail what was done or found, or why it failed; never a password
 */
public record NodeResult(String node, Status status, String detail) {

  /** How a step went on one server. */
  public enum Status {
    /** The server was changed, and was read again to see it. */
    CHANGED,
    /** The server was as wanted already. */
    UNCHANGED,
    /**
     * The server was changed, and shows something else: somebody changes the user at this moment.
     */
    CONFLICT,
    /** The server could not be reached, or refused. It may or may not have been changed. */
    FAILED
  }

  /**
   * Whether the server is as wanted.
   *
   * @return whether the status is {@link Status#CHANGED} or {@link Status#UNCHANGED}
   */
  public boolean isDone() {
    return status == Status.CHANGED || status == Status.UNCHANGED;
  }

  /** A step on one server, which may fail. */
  interface Step {
    NodeResult run();
  }

  /** The result of a step; a failure of the server is a result too. */
  static NodeResult attempt(AdminNode node, Step step) {
    try {
      return step.run();
    } catch (AdminException e) {
      return new NodeResult(node.address(), Status.FAILED, String.valueOf(e.getMessage()));
    }
  }

  static List<Map<String, @Nullable Object>> json(List<NodeResult> results) {
    return results.stream()
        .map(
            result ->
                Json.object("node", result.node, "status", result.status, "detail", result.detail))
        .toList();
  }
}
