package io.tenantredis.admin;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * What the server says about the rights of tenants' users.
 *
 * @param node host and port of the server that was asked
 * @param users the users that were checked
 * @param questions how many calls the server was asked about
 * @param findings what was found, the worst first; empty if nothing
 */
public record VerificationReport(
    String node, List<String> users, int questions, List<Finding> findings) {

  /** Sorts the findings. */
  public VerificationReport {
    users = List.copyOf(users);
    findings =
        findings.stream()
            .distinct()
            .sorted(
                Comparator.comparing(Finding::severity)
                    .reversed()
                    .thenComparing(Finding::subject)
                    .thenComparing(Finding::check)
                    .thenComparing(Finding::evidence))
            .toList();
  }

  /**
   * Whether nothing of a severity, or worse, was found. What could not be checked counts as found.
   *
   * @param threshold the least severity that matters
   * @return whether the users pass
   */
  public boolean passes(Severity threshold) {
    return findings.stream()
        .allMatch(finding -> finding.severity().compareTo(threshold) < 0 && !finding.unknown());
  }

  /**
   * This report, when some commands of the users' rules could not be loaded into the server that
   * was asked: nothing was proven of them.
   *
   * @param commands their names
   * @return a report with a finding more, if there is one
   */
  public VerificationReport withUnknownCommands(Collection<String> commands) {
    if (commands.isEmpty()) {
      return this;
    }
    List<Finding> more = new ArrayList<>(findings);
    more.add(
        Finding.unknown(
            "command-not-known",
            node,
            "the server that was asked has no " + String.join(", ", new TreeSet<>(commands)),
            "Verify with the server that the users are for"));
    return new VerificationReport(node, users, questions, more);
  }

  /**
   * This report for programs.
   *
   * @return a JSON object: {@code node}, {@code users}, {@code questions}, {@code findings}
   */
  public String toJson() {
    return Json.pretty(
        Json.object(
            "node", node,
            "users", users,
            "questions", questions,
            "findings", Finding.json(findings)));
  }
}
