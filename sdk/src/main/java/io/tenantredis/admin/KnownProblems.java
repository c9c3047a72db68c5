package io.tenantredis.admin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Problems of server versions that matter where tenants share a server. The list ends with what was
 * known when this SDK was built; a version without a row is not thereby proven good.
 */
final class KnownProblems {

  /**
   * A problem of the version that was asked about.
   *
   * @param severity how much it matters
   * @param description what it is, with the CVE's number
   * @param remedy what to install
   */
  record Problem(Severity severity, String description, String remedy) {}

  /**
   * A problem, the first version that has it, and the first version of each series without it. A
   * series between these that is not listed has no version without it.
   */
  private record Row(
      String name,
      String what,
      Severity severity,
      boolean valkey,
      String since,
      List<String> fixed) {

    boolean affects(int[] version) {
      int[] newest = {0, 0, 0};
      for (String first : fixed) {
        int[] good = parse(first);
        if (good[0] == version[0] && good[1] == version[1]) {
          return version[2] < good[2];
        }
        newest = Arrays.compare(good, newest) > 0 ? good : newest;
      }
      return Arrays.compare(version, parse(since)) >= 0 && Arrays.compare(version, newest) < 0;
    }

    Problem problem() {
      return new Problem(
          severity, name + ", " + what, "Install " + String.join(", ", fixed) + " or newer");
    }
  }

  private static final String ALWAYS = "0.0.0";

  private static final String SEVERAL =
      "of which some let whoever may log in run code of his own in the server";
  private static final String OTHER_USERS_SCRIPTS =
      "a script of one user can run with the rights of another";
  private static final String LUA_CODE =
      "whoever may run scripts can run code of his own in the server";
  private static final String COUNTERS =
      "PFCOUNT and PFMERGE of forged values can run code in the server";
  private static final String UNSENT =
      "clients that never logged in can use up the server's memory";
  private static final String PATTERNS =
      "long patterns crash the server, also from SCAN and PSUBSCRIBE";
  private static final String UNBLOCKING =
      "blocking commands together with client eviction can run code in the server";
  private static final String FORGED_VALUES =
      "values that RESTORE or a replication stream brings can run code in the server";

  private static final List<Row> ROWS =
      List.of(
          redis(
              "the security releases of August 2026",
              SEVERAL,
              Severity.HIGH,
              ALWAYS,
              "6.2.24 7.2.16 7.4.11 8.2.9 8.4.6 8.6.6 8.8.2"),
          valkey(
              "CVE-2026-63639",
              FORGED_VALUES,
              Severity.HIGH,
              ALWAYS,
              "7.2.14 8.0.10 8.1.9 9.0.5 9.1.1"),
          redis(
              "CVE-2026-23479",
              UNBLOCKING,
              Severity.HIGH,
              "7.2.0",
              "7.2.14 7.4.9 8.2.6 8.4.3 8.6.3"),
          valkey("CVE-2026-23479", UNBLOCKING, Severity.HIGH, ALWAYS, "7.2.13 8.0.9 8.1.7 9.0.4"),
          redis(
              "CVE-2025-46818",
              OTHER_USERS_SCRIPTS,
              Severity.HIGH,
              ALWAYS,
              "6.2.20 7.2.11 7.4.6 8.0.4 8.2.2"),
          valkey(
              "CVE-2025-46818", OTHER_USERS_SCRIPTS, Severity.HIGH, ALWAYS, "7.2.11 8.0.6 8.1.4"),
          redis(
              "CVE-2025-49844", LUA_CODE, Severity.HIGH, ALWAYS, "6.2.20 7.2.11 7.4.6 8.0.4 8.2.2"),
          valkey("CVE-2025-49844", LUA_CODE, Severity.HIGH, ALWAYS, "7.2.11 8.0.6 8.1.4"),
          redis("CVE-2025-32023", COUNTERS, Severity.HIGH, ALWAYS, "6.2.19 7.2.10 7.4.5 8.0.3"),
          valkey("CVE-2025-32023", COUNTERS, Severity.HIGH, ALWAYS, "7.2.10 8.0.4 8.1.3"),
          redis("CVE-2025-21605", UNSENT, Severity.MEDIUM, ALWAYS, "6.2.18 7.2.8 7.4.3"),
          valkey("CVE-2025-21605", UNSENT, Severity.MEDIUM, ALWAYS, "7.2.9 8.0.3 8.1.1"),
          redis("CVE-2024-31228", PATTERNS, Severity.MEDIUM, ALWAYS, "6.2.16 7.2.6 7.4.1"),
          valkey("CVE-2024-31228", PATTERNS, Severity.MEDIUM, ALWAYS, "7.2.7 8.0.1"));

  private static Row redis(
      String name, String what, Severity severity, String since, String fixed) {
    return new Row(name, what, severity, false, since, List.of(fixed.split(" ", -1)));
  }

  private static Row valkey(
      String name, String what, Severity severity, String since, String fixed) {
    return new Row(name, what, severity, true, since, List.of(fixed.split(" ", -1)));
  }

  private KnownProblems() {}

  static List<Problem> of(boolean valkey, String version) {
    List<Problem> problems = new ArrayList<>();
    int[] numbers = parse(version);
    for (Row row : ROWS) {
      if (row.valkey == valkey && row.affects(numbers)) {
        problems.add(row.problem());
      }
    }
    return problems;
  }

  private static int[] parse(String version) {
    String[] parts = version.split("[.-]", -1);
    int[] numbers = new int[3];
    try {
      for (int i = 0; i < 3; i++) {
        numbers[i] = Integer.parseInt(parts[i]);
      }
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new AuditView.NotVisible("not a version number: " + version);
    }
    return numbers;
  }
}
