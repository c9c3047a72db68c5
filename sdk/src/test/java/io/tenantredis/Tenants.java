package io.tenantredis;

import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** Two tenants on one server, for tests: each with a user of its own. */
public final class Tenants {

  /**
   * What the SDK itself needs, and the data commands; neither SCAN nor other commands that see all
   * tenants.
   */
  static final String[] LEAST_PRIVILEGE = {
    "+@read",
    "+@write",
    "-@dangerous",
    "-randomkey",
    "-dbsize",
    "+@connection",
    "+@transaction",
    "+@scripting",
    "+@pubsub",
    "-client",
    "+client|setname",
    "+client|id",
    "+acl|whoami",
    "+scan"
  };

  private static final AtomicBoolean WARM = new AtomicBoolean();

  private Tenants() {}

  /** A server on which each tenant's user may touch only the tenant's keys and channels. */
  public static RedisServer.Builder confined() {
    return server(true);
  }

  /** A server on which each tenant's user may do everything: only the guard is left. */
  public static RedisServer.Builder unconfined() {
    return server(false);
  }

  private static RedisServer.Builder server(boolean confined) {
    RedisServer.Builder builder = RedisServer.builder().adminUser("admin", "admin-secret");
    for (String tenant : new String[] {"acme", "globex"}) {
      builder = builder.user("tenant_" + tenant, rules(tenant, confined));
    }
    return builder;
  }

  static String[] rules(String tenant, boolean confined) {
    if (!confined) {
      return new String[] {"on", ">" + password(tenant), "~*", "&*", "+@all"};
    }
    String[] rules = new String[LEAST_PRIVILEGE.length + 4];
    rules[0] = "on";
    rules[1] = ">" + password(tenant);
    rules[2] = "~tenant:" + tenant + ":*";
    rules[3] = "&tenant:" + tenant + ":*";
    System.arraycopy(LEAST_PRIVILEGE, 0, rules, 4, LEAST_PRIVILEGE.length);
    return rules;
  }

  public static String password(String tenant) {
    return "secret-of-" + tenant;
  }

  public static TenantCredentialsProvider credentials() {
    warmUp();
    return TenantCredentialsProvider.of(
        tenant -> TenantCredentials.of("tenant_" + tenant, password(tenant.value())));
  }

  /** The first connection of a JVM can take seconds, which no test's deadline is meant for. */
  private static void warmUp() {
    if (!WARM.compareAndSet(false, true)) {
      return;
    }
    try (RedisServer server = server(true).start();
        TenantRedis redis =
            client(server)
                .connectTimeout(Duration.ofMinutes(1))
                .commandTimeout(Duration.ofMinutes(1))
                .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      acme.<String>dedicated(connection -> connection.sync().ping());
    }
  }

  /** A client for a server of this class. */
  public static TenantRedis.Builder client(RedisServer server) {
    return TenantRedis.builder("redis://" + server.host() + ":" + server.port())
        .keyPrefix("tenant:{tenant}:")
        .identity("tenant_{tenant}")
        .credentials(credentials());
  }
}
