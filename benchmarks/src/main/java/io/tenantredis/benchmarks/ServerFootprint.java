package io.tenantredis.benchmarks;

import io.tenantredis.ConnectionOptions;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantRedis;
import io.tenantredis.TlsOptions;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.TestCertificates;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * What ACL users and connections cost the server: the figures that {@link Sizing} counts with.
 * Usage: {@code ServerFootprint [USERS [CONNECTIONS]]}, 20000 and 5000 by default. The open files
 * that the process may have bound the connections.
 *
 * <p>Prints {@code what, value}, tab-separated. Memory is the server's own {@code used_memory},
 * without what TLS takes; that of the process has it. Buffers of the operating system come on top.
 * The processor's time is the server's, so that the load of the client beside it does not count.
 */
public final class ServerFootprint {

  private static final String ADMIN = "admin";
  private static final String ADMIN_PASSWORD = "footprint";

  private static final Duration IDLE = Duration.ofSeconds(20);

  /** What the README gives a tenant. */
  private static final String[] BY_CATEGORY = {
    "+@read",
    "+@write",
    "-@dangerous",
    "-keys",
    "-randomkey",
    "-dbsize",
    "-scan",
    "+ping",
    "+hello",
    "+auth",
    "+acl|whoami"
  };

  private final int users;
  private final int connections;

  private ServerFootprint(int users, int connections) {
    this.users = users;
    this.connections = connections;
  }

  /**
   * Measures.
   *
   * @param arguments see the class
   */
  public static void main(String[] arguments) {
    int users = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 20_000;
    int connections = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5_000;
    ServerFootprint footprint = new ServerFootprint(users, connections);
    footprint.users();
    footprint.connections(false);
    footprint.connections(true);
  }

  private static void print(String what, double value) {
    System.out.printf(Locale.ROOT, "%s\t%.3f%n", what, value);
  }

  private static RedisServer start(boolean tls) {
    RedisServer.Builder builder =
        RedisServer.builder().adminUser(ADMIN, ADMIN_PASSWORD).setting("maxclients", "30000");
    return (tls ? builder.tls() : builder).start();
  }

  private void users() {
    try (RedisServer server = start(false)) {
      RespConnection admin = administrator(server);
      System.out.println(server.version());
      long before = usedMemory(admin);
      addUsers(admin, users);
      print("bytes a user", (usedMemory(admin) - before) / (double) users);
      double cpu = cpuSeconds(admin);
      admin.command("ACL", "SAVE");
      print("ACL SAVE, ms for 1000 users", (cpuSeconds(admin) - cpu) * 1e6 / users);
      cpu = cpuSeconds(admin);
      int logins = 2_000;
      for (int i = 0; i < logins; i++) {
        admin.command("AUTH", user(i % users), password(i % users));
      }
      admin.command("AUTH", ADMIN, ADMIN_PASSWORD);
      print(
          "AUTH, microseconds of the server's processor", (cpuSeconds(admin) - cpu) / logins * 1e6);
      RespConnection tenant = server.connect(user(0), password(0));
      cpu = cpuSeconds(admin);
      admin.command("ACL", "LOAD");
      // It may have ended the connection that asked for it.
      print("ACL LOAD, ms for 1000 users", (cpuSeconds(administrator(server)) - cpu) * 1e6 / users);
      print("ACL LOAD ends connections of unchanged users", isEnded(tenant) ? 1 : 0);
    }
  }

  private static boolean isEnded(RespConnection connection) {
    try {
      connection.command("PING");
      return false;
    } catch (UncheckedIOException ended) {
      return true;
    }
  }

  private static RespConnection administrator(RedisServer server) {
    return server.connect(ADMIN, ADMIN_PASSWORD).timeout(Duration.ofMinutes(5));
  }

  private void connections(boolean tls) {
    String name = tls ? "TLS " : "";
    try (RedisServer server = start(tls)) {
      RespConnection admin = administrator(server);
      addUsers(admin, connections);
      TenantRedis.Builder builder =
          TenantRedis.builder(tls ? server.tlsUri() : server.uri())
              .identity("tenant_{tenant}")
              .credentials(
                  TenantCredentialsProvider.of(
                      tenant -> TenantCredentials.of("tenant_" + tenant, "secret-of-" + tenant)))
              .connectTimeout(Duration.ofSeconds(60))
              .commandTimeout(Duration.ofSeconds(60))
              .connections(ConnectionOptions.builder().idleTime(Duration.ZERO).build());
      if (tls) {
        builder.tls(TlsOptions.builder().trust(TestCertificates.shared().caPem()).build());
      }
      try (TenantRedis redis = builder.build()) {
        long before = usedMemory(admin);
        double residentBefore = resident(admin);
        connect(redis, 0, connections / 10);
        double cpu = cpuSeconds(admin);
        long started = System.nanoTime();
        connect(redis, connections / 10, connections);
        int made = connections - connections / 10;
        print(name + "connects of one client a second", made / (millisSince(started) / 1000));
        print(
            name + "connect, microseconds of the server's processor",
            (cpuSeconds(admin) - cpu) / made * 1e6);
        print(
            name + "bytes a fresh connection", (usedMemory(admin) - before) / (double) connections);
        // The server takes buffers back that a connection did not use for some seconds.
        LockSupport.parkNanos(IDLE.toNanos());
        print(
            name + "bytes an idle connection", (usedMemory(admin) - before) / (double) connections);
        print(
            name + "bytes of the process an idle connection",
            (resident(admin) - residentBefore) / connections);
      }
    }
  }

  private static void connect(TenantRedis redis, int from, int to) {
    List<CompletableFuture<String>> replies = new ArrayList<>();
    for (int i = from; i < to; i++) {
      replies.add(redis.tenant("t" + i).async().get("k").toCompletableFuture());
    }
    replies.forEach(CompletableFuture::join);
  }

  private static String user(int i) {
    return "tenant_t" + i;
  }

  private static String password(int i) {
    return "secret-of-t" + i;
  }

  private static void addUsers(RespConnection admin, int count) {
    for (int i = 0; i < count; i++) {
      String[] command = new String[7 + BY_CATEGORY.length];
      command[0] = "ACL";
      command[1] = "SETUSER";
      command[2] = user(i);
      command[3] = "on";
      command[4] = ">" + password(i);
      command[5] = "~tenant:t" + i + ":*";
      command[6] = "&tenant:t" + i + ":*";
      System.arraycopy(BY_CATEGORY, 0, command, 7, BY_CATEGORY.length);
      admin.command(command);
    }
  }

  private static double millisSince(long started) {
    return (System.nanoTime() - started) / 1e6;
  }

  private static long usedMemory(RespConnection admin) {
    return (long) field(admin, "memory", "used_memory");
  }

  private static double resident(RespConnection admin) {
    return field(admin, "memory", "used_memory_rss");
  }

  private static double cpuSeconds(RespConnection admin) {
    return field(admin, "cpu", "used_cpu_user") + field(admin, "cpu", "used_cpu_sys");
  }

  private static double field(RespConnection admin, String section, String name) {
    return admin
        .text("INFO", section)
        .lines()
        .filter(line -> line.startsWith(name + ":"))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1).strip()))
        .findFirst()
        .orElseThrow();
  }
}
