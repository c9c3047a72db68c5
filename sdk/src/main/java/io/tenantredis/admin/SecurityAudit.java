package io.tenantredis.admin;

import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every server for what weakens the wall between tenants, and changes nothing.
 *
 * <p>It reads settings ({@code CONFIG GET}, one by one, none that holds a secret), {@code INFO},
 * users, and the certificate that the server presents. What it cannot see it reports as unknown,
 * never as passed. It does not see: firewalls, the operating system, who knows a password, command
 * renaming, and patches that a distribution applied without changing the version.
 *
 * <p>Immutable and thread-safe. Blocks, see {@link TenantRedisAdmin}.
 */
public final class SecurityAudit {

  private static final List<AuditCheck> CHECKS =
      Stream.of(NetworkChecks.all(), UserChecks.all(), ResourceChecks.all())
          .flatMap(List::stream)
          .toList();

  private final AdminNodes nodes;
  private final @Nullable Tenancy tenancy;
  private final Set<String> operators;
  private final Set<String> accepted;
  private final Clock clock;

  SecurityAudit(AdminNodes nodes) {
    this(nodes, null, Set.of(), Set.of(), Clock.systemUTC());
  }

  private SecurityAudit(
      AdminNodes nodes,
      @Nullable Tenancy tenancy,
      Set<String> operators,
      Set<String> accepted,
      Clock clock) {
    this.nodes = nodes;
    this.tenancy = tenancy;
    this.operators = operators;
    this.accepted = accepted;
    this.clock = clock;
  }

  /**
   * Says how tenants are named, so that each tenant's user is checked against its tenant. Without
   * it, that check is reported as unknown.
   *
   * @param tenancy how tenants are named
   * @return an audit that knows
   */
  public SecurityAudit tenancy(Tenancy tenancy) {
    return new SecurityAudit(
        nodes, Objects.requireNonNull(tenancy, "tenancy"), operators, accepted, clock);
  }

  /**
   * Says which users, besides the administrator's own, may have more than a tenant: for backups,
   * monitoring, replication.
   *
   * @param users their names
   * @return an audit that knows
   */
  public SecurityAudit operators(String... users) {
    Set<String> all = new HashSet<>(operators);
    all.addAll(List.of(users));
    return new SecurityAudit(nodes, tenancy, Set.copyOf(all), accepted, clock);
  }

  /**
   * Says what was looked into and is known to be no problem here, such as {@code known-problems} of
   * a version that the distributor has patched. What these checks find stays in the report, as
   * {@link Severity#INFO} with the severity it would have; what they cannot see stays unknown.
   *
   * @param checks names of checks, as {@link Finding#check()} gives them
   * @return an audit that knows
   * @throws IllegalArgumentException if there is no such check
   */
  public SecurityAudit accept(String... checks) {
    Set<String> all = new HashSet<>(accepted);
    for (String check : checks) {
      if (!levels().containsKey(check)) {
        throw new IllegalArgumentException(
            "There is no check '" + check + "'; there are " + levels().keySet() + ".");
      }
      all.add(check);
    }
    return new SecurityAudit(nodes, tenancy, operators, Set.copyOf(all), clock);
  }

  /**
   * Says what time it is, for the expiry of certificates. Default: the system's clock.
   *
   * @param clock the clock
   * @return an audit that uses it
   */
  public SecurityAudit clock(Clock clock) {
    return new SecurityAudit(
        nodes, tenancy, operators, accepted, Objects.requireNonNull(clock, "clock"));
  }

  /**
   * Looks at every server.
   *
   * @return the report
   * @throws AdminException if the server that was named when connecting cannot be reached; another
   *     that cannot is reported as unknown
   */
  public AuditReport run() {
    List<AdminNode> all = nodes.all();
    Map<String, List<Finding>> byCheck = new TreeMap<>();
    List<AuditView> views = new ArrayList<>();
    for (AdminNode node : all) {
      AuditView view = new AuditView(node, tenancy, operators, clock);
      views.add(view);
      AdminException unreachable = view.unreachable();
      for (AuditCheck check : CHECKS) {
        byCheck
            .computeIfAbsent(check.name(), name -> new ArrayList<>())
            .addAll(
                unreachable == null
                    ? check.findings(view)
                    : List.of(check.unreachable(view, unreachable)));
      }
    }
    AuditCheck agreement = agreement(views, nodes::isPartial);
    byCheck.put(agreement.name(), agreement.findings(views.get(0)));

    for (String check : accepted) {
      byCheck.computeIfPresent(
          check, (name, findings) -> findings.stream().map(Finding::accepted).toList());
    }
    List<AuditCheck> checks = new ArrayList<>(CHECKS);
    checks.add(agreement);
    return report(all, checks, byCheck);
  }

  private static AuditCheck agreement(List<AuditView> views, BooleanSupplier partial) {
    return new AuditCheck(
        "servers-agree", SecurityLevel.HIGH, view -> UserChecks.agreement(views, partial));
  }

  /** Every check with the level that needs it. */
  static Map<String, SecurityLevel> levels() {
    Map<String, SecurityLevel> levels = new TreeMap<>();
    CHECKS.forEach(check -> levels.put(check.name(), check.level()));
    AuditCheck agreement = agreement(List.of(), () -> true);
    levels.put(agreement.name(), agreement.level());
    return levels;
  }

  private static AuditReport report(
      List<AdminNode> all, List<AuditCheck> checks, Map<String, List<Finding>> byCheck) {
    SecurityLevel reached = SecurityLevel.NONE;
    List<Finding> lacking = new ArrayList<>();
    for (SecurityLevel level : SecurityLevel.values()) {
      checks.stream()
          .filter(check -> check.level() == level)
          .flatMap(check -> byCheck.getOrDefault(check.name(), List.of()).stream())
          .filter(SecurityAudit::countsAgainstALevel)
          .forEach(lacking::add);
      if (!lacking.isEmpty()) {
        break;
      }
      reached = level;
    }
    return new AuditReport(
        all.stream().map(AdminNode::address).toList(),
        reached,
        byCheck.values().stream().flatMap(List::stream).toList(),
        lacking,
        byCheck.entrySet().stream()
            .filter(entry -> entry.getValue().isEmpty())
            .map(Map.Entry::getKey)
            .toList());
  }

  private static boolean countsAgainstALevel(Finding finding) {
    return finding.unknown() || finding.severity() != Severity.INFO;
  }
}
