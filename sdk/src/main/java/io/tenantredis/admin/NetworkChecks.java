package io.tenantredis.admin;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Who can reach a server, and what can be read on the way. */
final class NetworkChecks {

  private static final Duration EXPIRES_SOON = Duration.ofDays(14);
  private static final Duration EXPIRES = Duration.ofDays(45);

  private NetworkChecks() {}

  static List<AuditCheck> all() {
    return List.of(
        new AuditCheck("protected-mode", SecurityLevel.BASIC, NetworkChecks::protectedMode),
        new AuditCheck("bind", SecurityLevel.STANDARD, NetworkChecks::bind),
        new AuditCheck("tls", SecurityLevel.HIGH, NetworkChecks::tls),
        new AuditCheck("tls-version", SecurityLevel.HIGH, NetworkChecks::tlsVersion),
        new AuditCheck("tls-between-servers", SecurityLevel.HIGH, NetworkChecks::tlsBetweenServers),
        new AuditCheck("certificate", SecurityLevel.HIGH, NetworkChecks::certificate),
        new AuditCheck("client-certificates", SecurityLevel.PARANOID, NetworkChecks::clients),
        new AuditCheck("known-problems", SecurityLevel.HIGH, NetworkChecks::knownProblems));
  }

  private static List<Finding> protectedMode(AuditView view) {
    if (view.setting("protected-mode").equals("yes")) {
      return List.of();
    }
    UserState everybody = view.users().get("default");
    boolean open = everybody != null && everybody.on() && everybody.nopass();
    return List.of(
        Finding.of(
            "protected-mode",
            open ? Severity.CRITICAL : Severity.LOW,
            view.address(),
            open
                ? "protected-mode is off, and the default user needs no password: whoever reaches the"
                    + " port is in"
                : "protected-mode is off: a default user without a password would be open to the"
                    + " network at once",
            "CONFIG SET protected-mode yes"));
  }

  private static List<Finding> bind(AuditView view) {
    String bind = view.setting("bind");
    if (!listensEverywhere(bind)) {
      return List.of();
    }
    return List.of(
        Finding.of(
            "bind",
            Severity.MEDIUM,
            view.address(),
            "listens on every network interface (bind " + (bind.isEmpty() ? "''" : bind) + ")",
            "bind to the addresses that clients use"));
  }

  static boolean listensEverywhere(String bind) {
    return Arrays.stream(bind.split(" ", -1))
        .map(address -> address.startsWith("-") ? address.substring(1) : address)
        .anyMatch(Set.of("", "*", "0.0.0.0", "::*", "::")::contains);
  }

  private static List<Finding> tls(AuditView view) {
    if (view.number("tls-port") == 0 && view.number("port") != 0) {
      return List.of(
          Finding.of(
              "tls",
              Severity.HIGH,
              view.address(),
              "has no TLS port: passwords and data travel in the clear",
              "tls-port, tls-cert-file, tls-key-file, tls-ca-cert-file; then port 0"));
    }
    if (view.number("port") != 0) {
      return List.of(
          Finding.of(
              "tls",
              Severity.MEDIUM,
              view.address(),
              "has a plain port (" + view.number("port") + ") beside the one with TLS",
              "port 0"));
    }
    return List.of();
  }

  private static List<Finding> tlsVersion(AuditView view) {
    if (view.number("tls-port") == 0) {
      return withoutTls("tls-version", view);
    }
    String protocols = view.setting("tls-protocols").toUpperCase(Locale.ROOT);
    if (protocols.matches(".*TLSV1(\\.1)?( .*|$)")) {
      return List.of(
          Finding.of(
              "tls-version",
              Severity.HIGH,
              view.address(),
              "accepts " + protocols,
              "tls-protocols \"TLSv1.2 TLSv1.3\""));
    }
    return List.of();
  }

  /** What is not there has not passed. */
  private static List<Finding> withoutTls(String check, AuditView view) {
    return List.of(
        Finding.of(
            check,
            Severity.INFO,
            view.address(),
            "nothing to look at: the server has no TLS port",
            "See the finding about tls"));
  }

  private static List<Finding> tlsBetweenServers(AuditView view) {
    List<Finding> findings = new ArrayList<>();
    Map<String, String> replication = view.info("replication");
    boolean replicates =
        "slave".equals(replication.get("role"))
            || !"0".equals(replication.getOrDefault("connected_slaves", "0"));
    if (replicates && view.setting("tls-replication").equals("no")) {
      findings.add(
          Finding.of(
              "tls-between-servers",
              Severity.HIGH,
              view.address(),
              "replicates every tenant's data in the clear (tls-replication no)",
              "tls-replication yes"));
    }
    if ("1".equals(view.info("cluster").get("cluster_enabled"))
        && view.setting("tls-cluster").equals("no")) {
      findings.add(
          Finding.of(
              "tls-between-servers",
              Severity.HIGH,
              view.address(),
              "the cluster's own connections are in the clear (tls-cluster no)",
              "tls-cluster yes"));
    }
    return findings;
  }

  private static List<Finding> certificate(AuditView view) {
    long port = view.number("tls-port");
    if (port == 0) {
      return withoutTls("certificate", view);
    }
    String host = view.node().uri().getHost();
    Instant expiry = CertificateProbe.expiry(host, (int) port, view.node().uri().getTimeout());
    Duration left = Duration.between(view.clock().instant(), expiry);
    if (left.compareTo(EXPIRES) >= 0) {
      return List.of();
    }
    Severity severity =
        left.isNegative()
            ? Severity.CRITICAL
            : left.compareTo(EXPIRES_SOON) < 0 ? Severity.HIGH : Severity.MEDIUM;
    return List.of(
        Finding.of(
            "certificate",
            severity,
            view.address(),
            "its certificate " + (left.isNegative() ? "expired " : "expires ") + expiry,
            "Install a new certificate; CONFIG SET tls-cert-file ... loads it without a restart"));
  }

  private static List<Finding> clients(AuditView view) {
    if (view.number("tls-port") != 0 && view.setting("tls-auth-clients").equals("yes")) {
      return List.of();
    }
    return List.of(
        Finding.of(
            "client-certificates",
            Severity.LOW,
            view.address(),
            "clients need no certificate",
            "tls-auth-clients yes"));
  }

  private static List<Finding> knownProblems(AuditView view) {
    Map<String, String> info = view.info("server");
    String valkey = info.get("valkey_version");
    String version = valkey != null ? valkey : info.getOrDefault("redis_version", "");
    return KnownProblems.of(valkey != null, version).stream()
        .map(
            problem ->
                Finding.of(
                    "known-problems",
                    problem.severity(),
                    view.address(),
                    (valkey != null ? "Valkey " : "Redis ")
                        + version
                        + " has "
                        + problem.description()
                        + ", unless its distributor has patched it without changing the version",
                    problem.remedy()))
        .toList();
  }
}
