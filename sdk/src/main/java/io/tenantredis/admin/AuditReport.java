package io.tenantredis.admin;

import java.util.Comparator;
import java.util.List;

/**
 * What a security audit found.
 *
 * @param nodes the servers that were looked at
 * @param level the level that was reached
 * @param findings everything found and everything that could not be looked at, the worst first
 * @param lacking the findings that stand between this level and the next; empty at the highest
 * @param passed the checks that found nothing on any server
 */
public record AuditReport(
    List<String> nodes,
    SecurityLevel level,
    List<Finding> findings,
    List<Finding> lacking,
    List<String> passed) {

  private static final Comparator<Finding> WORST_FIRST =
      Comparator.comparing(Finding::severity)
          .reversed()
          .thenComparing(Finding::check)
          .thenComparing(Finding::subject)
          .thenComparing(Finding::evidence);

  /** Sorts the findings. */
  public AuditReport {
    nodes = List.copyOf(nodes);
    findings = findings.stream().distinct().sorted(WORST_FIRST).toList();
    lacking = lacking.stream().distinct().sorted(WORST_FIRST).toList();
    passed = List.copyOf(passed);
  }

  /**
   * Whether nothing of a severity, or worse, was found. What could not be looked at counts as
   * found.
   *
   * @param threshold the least severity that matters
   * @return whether the deployment passes
   */
  public boolean passes(Severity threshold) {
    return findings.stream()
        .allMatch(finding -> finding.severity().compareTo(threshold) < 0 && !finding.unknown());
  }

  /**
   * This report for programs.
   *
   * @return a JSON object: {@code nodes}, {@code level}, {@code findings}, {@code lacking}, {@code
   *     passed}
   */
  public String toJson() {
    return Json.pretty(
        Json.object(
            "nodes", nodes,
            "level", level,
            "findings", Finding.json(findings),
            "lacking", Finding.json(lacking),
            "passed", passed));
  }
}
