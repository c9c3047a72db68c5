package io.tenantredis.test;

import io.tenantredis.TenantId;
import io.tenantredis.admin.Tenancy;
import io.tenantredis.test.server.SeenCommand;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The commands that a test's clients sent, by the tenant whose user they were logged in as. What
 * clients send on their own account (HELLO, AUTH, ACL WHOAMI, CLIENT, PING and so on) is left out.
 * The last 10,000 commands of a test are known. Immutable.
 */
public final class CommandReport {

  /** Under this name stand the commands of connections that were no tenant's. */
  public static final String NO_TENANT = "(no tenant)";

  private static final Set<String> UPKEEP =
      Set.of("HELLO", "AUTH", "PING", "QUIT", "RESET", "CLIENT", "COMMAND", "READONLY");

  private final Map<String, List<SeenCommand>> byTenant;

  private CommandReport(Map<String, List<SeenCommand>> byTenant) {
    this.byTenant = byTenant;
  }

  static boolean isUpkeep(SeenCommand command) {
    return UPKEEP.contains(command.name()) || command.fullName().equals("ACL WHOAMI");
  }

  static CommandReport of(List<SeenCommand> commands, Tenancy tenancy) {
    Map<Integer, String> tenants = new HashMap<>();
    Map<String, List<SeenCommand>> byTenant = new TreeMap<>();
    for (SeenCommand command : commands) {
      String user = login(command.args());
      if (user != null) {
        tenants.put(
            command.connection(), tenancy.tenantOf(user).map(TenantId::value).orElse(NO_TENANT));
      }
      if (!isUpkeep(command)) {
        byTenant
            .computeIfAbsent(
                tenants.getOrDefault(command.connection(), NO_TENANT), absent -> new ArrayList<>())
            .add(command);
      }
    }
    return new CommandReport(byTenant);
  }

  /** The user that a command logs in, or null if it logs nobody in. */
  private static @Nullable String login(List<String> args) {
    if (args.size() == 3 && args.get(0).equalsIgnoreCase("AUTH")) {
      return args.get(1);
    }
    if (!args.isEmpty() && args.get(0).equalsIgnoreCase("HELLO")) {
      for (int i = 2; i + 2 < args.size(); i++) {
        if (args.get(i).equalsIgnoreCase("AUTH")) {
          return args.get(i + 1);
        }
      }
    }
    return null;
  }

  /** The ids of the tenants that sent commands, in alphabetical order. */
  public Set<String> tenants() {
    Set<String> tenants = new TreeSet<>(byTenant.keySet());
    tenants.remove(NO_TENANT);
    return Collections.unmodifiableSet(tenants);
  }

  /**
   * What a tenant sent, in the order it arrived.
   *
   * @param tenant the tenant's id, or {@link #NO_TENANT}
   * @return the commands with their arguments as they were on the wire, with the prefix
   */
  public List<SeenCommand> of(String tenant) {
    return List.copyOf(byTenant.getOrDefault(tenant, List.of()));
  }

  /**
   * How often a tenant sent a command.
   *
   * @param tenant the tenant's id, or {@link #NO_TENANT}
   * @param command such as {@code GET} or {@code XGROUP CREATE}
   * @return how often
   */
  public long count(String tenant, String command) {
    String name = command.toUpperCase(Locale.ROOT);
    return byTenant.getOrDefault(tenant, List.of()).stream()
        .filter(seen -> seen.name().equals(name) || seen.fullName().equals(name))
        .count();
  }

  /** A line for each tenant: the commands with how often each was sent. No arguments. */
  @Override
  public String toString() {
    return byTenant.entrySet().stream()
        .map(
            entry ->
                entry.getKey()
                    + ": "
                    + entry.getValue().stream()
                        .collect(
                            Collectors.groupingBy(
                                SeenCommand::fullName, TreeMap::new, Collectors.counting()))
                        .entrySet()
                        .stream()
                        .map(count -> count.getKey() + " x" + count.getValue())
                        .collect(Collectors.joining(", ")))
        .collect(Collectors.joining("\n"));
  }
}
