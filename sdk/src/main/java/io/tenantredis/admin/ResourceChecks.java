package io.tenantredis.admin;

import java.util.List;

/**
 * What one tenant can take from the others by using it up, and what the server lets itself be told.
 */
final class ResourceChecks {

  private static final double NEARLY_ALL = 0.8;

  private ResourceChecks() {}

  static List<AuditCheck> all() {
    return List.of(
        protection("enable-debug-command", "DEBUG", SecurityLevel.BASIC),
        protection("enable-module-command", "MODULE LOAD", SecurityLevel.STANDARD),
        protection(
            "enable-protected-configs", "CONFIG SET of protected settings", SecurityLevel.STANDARD),
        new AuditCheck("maxmemory", SecurityLevel.STANDARD, ResourceChecks::maxmemory),
        new AuditCheck("eviction", SecurityLevel.HIGH, ResourceChecks::eviction),
        new AuditCheck("maxclients", SecurityLevel.STANDARD, ResourceChecks::maxclients),
        new AuditCheck("client-memory", SecurityLevel.HIGH, ResourceChecks::clientMemory),
        new AuditCheck("idle-connections", SecurityLevel.PARANOID, ResourceChecks::idle),
        new AuditCheck("dead-connections", SecurityLevel.HIGH, ResourceChecks::keepalive),
        new AuditCheck("restore-payload", SecurityLevel.HIGH, ResourceChecks::payload),
        new AuditCheck("replica-writable", SecurityLevel.STANDARD, ResourceChecks::replica),
        new AuditCheck("key-events", SecurityLevel.PARANOID, ResourceChecks::keyEvents));
  }

  private static AuditCheck protection(String setting, String what, SecurityLevel level) {
    return new AuditCheck(
        setting,
        level,
        view -> {
          if (!view.hasSetting(setting)) {
            return protectionMissing(setting, what, view);
          }
          return switch (view.setting(setting)) {
            case "no" -> List.of();
            case "local" ->
                List.of(
                    Finding.of(
                        setting,
                        Severity.INFO,
                        view.address(),
                        what + " is possible for local connections",
                        setting + " no"));
            default ->
                List.of(
                    Finding.of(
                        setting,
                        Severity.HIGH,
                        view.address(),
                        what + " is possible for every connection whose user may run it",
                        setting + " no, and restart: it cannot be set at run time"));
          };
        });
  }

  private static List<Finding> protectionMissing(String setting, String what, AuditView view) {
    // Throws where the server shows no settings at all: then this one is unknown, not missing.
    view.setting("maxclients");
    return List.of(
        Finding.of(
            setting,
            Severity.MEDIUM,
            view.address(),
            "this version has no protection for " + what + " but the users' rights",
            "Use Redis 7.0 or newer"));
  }

  private static List<Finding> maxmemory(AuditView view) {
    if (view.number("maxmemory") > 0) {
      return List.of();
    }
    return List.of(
        Finding.of(
            "maxmemory",
            Severity.MEDIUM,
            view.address(),
            "has no memory limit: one tenant can fill the machine, and the server with every tenant"
                + " is killed",
            "CONFIG SET maxmemory <bytes>"));
  }

  private static List<Finding> eviction(AuditView view) {
    String policy = view.setting("maxmemory-policy");
    if (policy.equals("noeviction")) {
      return List.of();
    }
    return List.of(
        Finding.of(
            "eviction",
            Severity.MEDIUM,
            view.address(),
            "with maxmemory-policy "
                + policy
                + " a tenant that fills the memory evicts the keys of the others: eviction does not"
                + " know tenants",
            "noeviction, with alerts on memory and limits for each tenant; or a server for each"
                + " tenant whose keys must stay"));
  }

  private static List<Finding> maxclients(AuditView view) {
    long limit = view.number("maxclients");
    long used = Long.parseLong(view.info("clients").getOrDefault("connected_clients", "0"));
    if (used < limit * NEARLY_ALL) {
      return List.of();
    }
    return List.of(
        Finding.of(
            "maxclients",
            Severity.HIGH,
            view.address(),
            used
                + " of "
                + limit
                + " connections are in use, and no server limits them for each tenant: the next"
                + " one can be refused to anybody",
            "CONFIG SET maxclients, and bound the connections of each tenant in the client"));
  }

  private static List<Finding> clientMemory(AuditView view) {
    boolean bounded =
        view.hasSetting("maxmemory-clients") && !view.setting("maxmemory-clients").equals("0");
    boolean normalBounded =
        !view.setting("client-output-buffer-limit").matches("(?i).*normal 0 0 0.*");
    if (bounded || normalBounded) {
      return List.of();
    }
    return List.of(
        Finding.of(
            "client-memory",
            Severity.MEDIUM,
            view.address(),
            "replies that a client does not read may grow without a bound (client-output-buffer-limit"
                + " normal 0 0 0, maxmemory-clients 0): one slow reader takes everybody's memory",
            view.hasSetting("maxmemory-clients")
                ? "CONFIG SET maxmemory-clients 10%"
                : "CONFIG SET client-output-buffer-limit \"normal 64mb 16mb 60\""));
  }

  private static List<Finding> idle(AuditView view) {
    if (view.number("timeout") > 0) {
      return List.of();
    }
    return List.of(
        Finding.of(
            "idle-connections",
            Severity.LOW,
            view.address(),
            "idle connections stay for ever (timeout 0)",
            "CONFIG SET timeout <seconds>, longer than the clients' own idle time"));
  }

  private static List<Finding> keepalive(AuditView view) {
    if (view.number("tcp-keepalive") > 0) {
      return List.of();
    }
    return List.of(
        Finding.of(
            "dead-connections",
            Severity.LOW,
            view.address(),
            "connections of clients that are gone are not noticed (tcp-keepalive 0)",
            "CONFIG SET tcp-keepalive 300"));
  }

  private static List<Finding> payload(AuditView view) {
    if (!view.setting("sanitize-dump-payload").equals("no")) {
      return List.of();
    }
    boolean restores =
        view.users().entrySet().stream()
            .anyMatch(
                user ->
                    user.getValue().on()
                        && !view.isOperator(user.getKey())
                        && user.getValue().root().commands().contains("restore"));
    return restores
        ? List.of(
            Finding.of(
                "restore-payload",
                Severity.MEDIUM,
                view.address(),
                "users may run RESTORE, and payloads are not checked in depth: a forged one can"
                    + " crash the server (sanitize-dump-payload no)",
                "CONFIG SET sanitize-dump-payload clients, or take RESTORE away"))
        : List.of();
  }

  private static List<Finding> replica(AuditView view) {
    if (view.setting("replica-read-only").equals("yes")
        || !"slave".equals(view.info("replication").get("role"))) {
      return List.of();
    }
    return List.of(
        Finding.of(
            "replica-writable",
            Severity.MEDIUM,
            view.address(),
            "is a replica and takes writes, which are lost",
            "CONFIG SET replica-read-only yes"));
  }

  private static List<Finding> keyEvents(AuditView view) {
    if (!view.setting("notify-keyspace-events").contains("E")) {
      return List.of();
    }
    return List.of(
        Finding.of(
            "key-events",
            Severity.LOW,
            view.address(),
            "publishes __keyevent@...__ messages, which name the keys of every tenant to whoever may"
                + " subscribe to them",
            "CONFIG SET notify-keyspace-events with K instead of E"));
  }
}
