package io.tenantredis.admin.cli;

import io.tenantredis.TenantId;
import io.tenantredis.admin.AclPolicy;
import io.tenantredis.admin.AclProfile;
import io.tenantredis.admin.Tenancy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Option;

/** What a tenant's user may do. */
final class PolicyOptions {

  @Option(
      names = "--profile",
      paramLabel = "PROFILE[=PART]",
      split = ",",
      description =
          "cache, session, queue, pubsub, read_only or full; with =PART on the keys that go on with"
              + " that behind the tenant's prefix, for example session=session:. Repeatable.")
  private List<String> profiles = new ArrayList<>();

  @Option(
      names = "--allow",
      paramLabel = "COMMAND",
      split = ",",
      description = "A further command, for example LPUSH or \"XGROUP CREATE\". Repeatable.")
  private List<String> allowed = new ArrayList<>();

  @Option(
      names = "--except",
      paramLabel = "COMMAND",
      split = ",",
      description = "A command to take away from the profiles. Repeatable.")
  private List<String> excepted = new ArrayList<>();

  @Option(
      names = "--allow-scan",
      description = "SCAN, which shows the key names of all tenants to a client without the SDK.")
  private boolean scan;

  @Option(names = "--cluster", description = "What the client sends to a Redis Cluster.")
  private boolean cluster;

  @Option(
      names = "--cluster-other-clients",
      description = "The same, and what other clients send to a Redis Cluster.")
  private boolean otherClients;

  @Option(
      names = "--channel-pattern",
      paramLabel = "PATTERN",
      description = "A pattern for PSUBSCRIBE, without the tenant's prefix. Repeatable.")
  private List<String> channelPatterns = new ArrayList<>();

  @Option(
      names = "--keyspace-events",
      paramLabel = "DATABASE",
      description = "Messages about the tenant's keys in this database. Repeatable.")
  private List<Integer> databases = new ArrayList<>();

  boolean isGiven() {
    return !profiles.isEmpty() || !allowed.isEmpty();
  }

  AclPolicy policy(Tenancy tenancy, TenantId tenant) {
    if (!isGiven()) {
      throw new IllegalArgumentException("Say what the tenant may do: --profile or --allow.");
    }
    AclPolicy.Builder policy = tenancy.policyOf(tenant);
    parts().forEach((part, wanted) -> wanted.forEach(profile -> policy.profile(profile, part)));
    policy.allow(allowed.toArray(new String[0])).except(excepted.toArray(new String[0]));
    if (scan) {
      policy.allowScan();
    }
    if (cluster) {
      policy.cluster();
    }
    if (otherClients) {
      policy.clusterOfOtherClients();
    }
    channelPatterns.forEach(policy::channelPattern);
    databases.forEach(policy::keyspaceEvents);
    return policy.build();
  }

  private Map<String, List<AclProfile>> parts() {
    Map<String, List<AclProfile>> parts = new LinkedHashMap<>();
    for (String given : profiles) {
      int equals = given.indexOf('=');
      String name = equals < 0 ? given : given.substring(0, equals);
      String part = equals < 0 ? "" : given.substring(equals + 1);
      parts.computeIfAbsent(part, p -> new ArrayList<>()).add(profile(name));
    }
    return parts;
  }

  private static AclProfile profile(String name) {
    try {
      return AclProfile.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "There is no profile '"
              + name
              + "': choose cache, session, queue, pubsub, read_only or full.");
    }
  }
}
