package io.tenantredis.admin;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that a check found, or could not find out.
 *
 * @param check the name of the check, stable, for example {@code foreign-key}
 * @param severity how much it matters
 * @param unknown true if the check could not look: that is no finding of something bad, and no pass
 * @param subject what it is about: a user, a server, a setting
 * @param evidence what was seen; never a password or its hash
 * @param remedy what to do
 */
public record Finding(
    String check,
    Severity severity,
    boolean unknown,
    String subject,
    String evidence,
    String remedy) {

  static Finding of(
      String check, Severity severity, String subject, String evidence, String remedy) {
    return new Finding(check, severity, false, subject, evidence, remedy);
  }

  static Finding unknown(String check, String subject, String evidence, String remedy) {
    return new Finding(check, Severity.MEDIUM, true, subject, evidence, remedy);
  }

  /** This finding, when the operator knows of it and lives with it. */
  Finding accepted() {
    return unknown || severity == Severity.INFO
        ? this
        : new Finding(
            check,
            Severity.INFO,
            false,
            subject,
            "accepted (" + severity + "): " + evidence,
            remedy);
  }

  Map<String, @Nullable Object> json() {
    return Json.object(
        "check", check,
        "severity", severity,
        "unknown", unknown,
        "subject", subject,
        "evidence", evidence,
        "remedy", remedy);
  }

  static List<Map<String, @Nullable Object>> json(List<Finding> findings) {
    return findings.stream().map(Finding::json).toList();
  }
}
