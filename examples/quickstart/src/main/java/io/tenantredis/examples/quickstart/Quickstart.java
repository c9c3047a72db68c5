package io.tenantredis.examples.quickstart;

import io.lettuce.core.RedisException;
import io.lettuce.core.ScanArgs;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.PrefixMode;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespError;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Starts a real Redis, makes two tenants on it and tries the wall between them from both sides.
 * Exits with 1 if anything did not happen as it should.
 */
public final class Quickstart {

  private static final String ACME = "acme";
  private static final String GLOBEX = "globex";

  private final Servers servers;
  private final Map<String, String> passwords;
  private final List<TenantRedis> clients = new ArrayList<>();
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final Screen screen;

  private Quickstart(Servers servers, Map<String, String> passwords, Screen screen) {
    this.servers = servers;
    this.passwords = passwords;
    this.screen = screen;
  }

  /**
   * Runs it.
   *
   * @param args {@code cluster} to run on a Redis Cluster
   */
  public static void main(String[] args) {
    Screen screen = new Screen(new PrintStream(System.out, true, StandardCharsets.UTF_8));
    Map<String, String> passwords = Map.of(ACME, newPassword(), GLOBEX, newPassword());
    int status;
    boolean cluster = List.of(args).contains("cluster");
    RedisServer.Builder server =
        RedisServer.builder()
            .adminUser("admin", newPassword())
            // What many servers look like: whoever does not authenticate may do everything.
            .user("default", "on", "nopass", "~*", "&*", "+@all")
            .user("tenant_acme", leastPrivilege(ACME, passwords))
            .user("tenant_globex", leastPrivilege(GLOBEX, passwords));
    try (Servers servers = cluster ? Servers.cluster(server) : Servers.one(server)) {
      status = new Quickstart(servers, passwords, screen).run();
    }
    System.exit(status);
  }

  /**
   * A user who may touch the tenant's keys and channels alone. SCAN is granted to show what the
   * guard is for.
   */
  private static String[] leastPrivilege(String tenant, Map<String, String> passwords) {
    return new String[] {
      "on",
      ">" + passwords.get(tenant),
      "~tenant:" + tenant + ":*",
      "&tenant:" + tenant + ":*",
      // The same with a cluster's hash tag.
      "~tenant:{" + tenant + "}:*",
      "&tenant:{" + tenant + "}:*",
      "+@read",
      "+@write",
      "-@dangerous",
      "-keys",
      "-randomkey",
      "-dbsize",
      "+acl|whoami",
      "+ping",
      "+hello",
      "+auth",
      "+cluster|slots",
      "+asking"
    };
  }

  private static String newPassword() {
    byte[] random = new byte[16];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  private int run() {
    screen.title("Tenant Redis · " + servers);
    try {
      TenantRedis redis = client(this::credentials);
      sameKeyName(redis);
      foreignKey();
      scan(redis);
      wrongIdentity();
      killedConnection(redis);
      metrics();
    } finally {
      clients.forEach(TenantRedis::close);
    }
    return screen.finish();
  }

  private String password(String tenant) {
    return Objects.requireNonNull(passwords.get(tenant));
  }

  private TenantRedis client(TenantCredentialsProvider credentials) {
    return opened(settings(credentials));
  }

  /** A client that is closed at the end: its meters go with it. */
  private TenantRedis opened(TenantRedis.Builder settings) {
    TenantRedis redis = settings.build();
    clients.add(redis);
    return redis;
  }

  private TenantRedis.Builder settings(TenantCredentialsProvider credentials) {
    return TenantRedis.builder(servers.uri())
        .keyPrefix(servers.keyPrefix())
        .identity("tenant_{tenant}")
        .credentials(credentials)
        .meterRegistry(metrics);
  }

  private CompletionStage<TenantCredentials> credentials(TenantId tenant) {
    return CompletableFuture.completedFuture(
        TenantCredentials.of("tenant_" + tenant, password(tenant.value())));
  }

  private void sameKeyName(TenantRedis redis) {
    screen.step("Two tenants use the same key name");
    TenantClient<String, String> acme = redis.tenant(ACME);
    TenantClient<String, String> globex = redis.tenant(GLOBEX);
    acme.sync().set("cart:7", "espresso");
    globex.sync().set("cart:7", "anvil");
    screen.check(
        "espresso".equals(acme.sync().get("cart:7")),
        "acme    GET cart:7 → espresso   (" + name(ACME) + " on the server)");
    screen.check(
        "anvil".equals(globex.sync().get("cart:7")),
        "globex  GET cart:7 → anvil      (" + name(GLOBEX) + ")");
  }

  private void foreignKey() {
    screen.step("acme asks for " + name(GLOBEX));
    long sentBefore = count("get", "calls");
    TenantRedis whole = opened(settings(this::credentials).prefixMode(PrefixMode.REQUIRE));
    try {
      whole.tenant(ACME).sync().get(name(GLOBEX));
      screen.check(false, "the client refuses it");
    } catch (CommandRefusedException refused) {
      screen.check(
          count("get", "calls") == sentBefore,
          "the client refuses it before anything is sent: "
              + refused.code()
              + " "
              + refused.code().label());
    }
    long deniedBefore = count("get", "rejected_calls");
    List<RespConnection> raw = servers.connect("tenant_acme", password(ACME));
    try {
      Object answer = raw.get(0).tryCommand("GET", name(GLOBEX));
      screen.check(
          answer instanceof RespError error
              && error.message().startsWith("NOPERM")
              && count("get", "rejected_calls") == deniedBefore + 1,
          "a raw connection of the same user gets NOPERM from the server, tried exactly once");
    } finally {
      raw.forEach(RespConnection::close);
    }
  }

  private void scan(TenantRedis redis) {
    screen.step("acme looks around with SCAN");
    List<String> guarded = redis.tenant(ACME).sync().scan(ScanArgs.Builder.limit(1000)).getKeys();
    screen.check(guarded.equals(List.of("cart:7")), "the tenant's handle sees " + guarded);
    List<RespConnection> raw = servers.connect("tenant_acme", password(ACME));
    try {
      String unguarded =
          raw.stream()
              .map(node -> String.valueOf(node.list("SCAN", "0", "COUNT", "1000")))
              .collect(Collectors.joining());
      screen.check(
          unguarded.contains(name(ACME)) && unguarded.contains(name(GLOBEX)),
          "an unguarded client of the same user sees both tenants' names: the ACL does not confine SCAN");
    } finally {
      raw.forEach(RespConnection::close);
    }
  }

  private void wrongIdentity() {
    screen.step("acme's application has the wrong credentials");
    refusedConnection(
        "no password: the server would silently keep the user 'default'",
        TenantCredentialsProvider.of(tenant -> TenantCredentials.of("tenant_acme", "")));
    refusedConnection(
        "the credentials of globex",
        TenantCredentialsProvider.of(
            tenant -> TenantCredentials.of("tenant_globex", password(GLOBEX))));
  }

  private void refusedConnection(String what, TenantCredentialsProvider credentials) {
    TenantRedis redis = client(credentials);
    try {
      redis.tenant(ACME).sync().get("cart:7");
      screen.check(false, what + " → no connection");
    } catch (RedisException refused) {
      screen.check(
          refused instanceof TenantRedisFailure failure && failure.code().name().startsWith("SEC"),
          what
              + " → no connection: "
              + (refused instanceof TenantRedisFailure failure
                  ? failure.code() + " " + failure.code().label()
                  : refused.getClass().getSimpleName()));
    }
  }

  private void killedConnection(TenantRedis redis) {
    screen.step("An operator kills acme's connection");
    TenantClient<String, String> acme = redis.tenant(ACME);
    long killed = servers.sum(node -> node.integer("CLIENT", "KILL", "USER", "tenant_acme"));
    boolean back = false;
    for (int attempt = 0; attempt < 50 && !back; attempt++) {
      try {
        back = "espresso".equals(acme.sync().get("cart:7"));
      } catch (RedisException lost) {
        screen.note("one command met the lost connection: " + lost.getClass().getSimpleName());
      }
    }
    String clients = servers.all(node -> node.text("CLIENT", "LIST"));
    screen.check(
        killed > 0 && back && clients.contains("user=tenant_acme"),
        "the next command runs on a new connection of tenant_acme");
  }

  private void metrics() {
    screen.step("What all this left in the metrics");
    Map<String, Long> counts = new TreeMap<>();
    for (Timer timer : metrics.find("db.client.operation.duration").timers()) {
      counts.merge(
          "db.client.operation.duration  " + tag(timer, "tenant") + "  " + tag(timer, "outcome"),
          timer.count(),
          Long::sum);
    }
    for (Timer timer : metrics.find("db.client.connection.create_time").timers()) {
      counts.merge(
          "db.client.connection.create_time  " + tag(timer, "tenant"), timer.count(), Long::sum);
    }
    Stream.of("tenant.redis.guard.refusals", "tenant.redis.connection.failures")
        .forEach(
            name -> {
              for (Counter counter : metrics.find(name).counters()) {
                counts.merge(
                    name + "  " + tag(counter, "tenant"), (long) counter.count(), Long::sum);
              }
            });
    counts.forEach((name, count) -> screen.note(name + "  " + count));
    screen.check(
        counts.getOrDefault("tenant.redis.guard.refusals  acme", 0L) == 1
            && counts.getOrDefault("tenant.redis.connection.failures  acme", 0L) >= 2
            && counts.getOrDefault("db.client.operation.duration  globex  success", 0L) >= 2,
        "refusals, refused connections and commands are counted by tenant");
  }

  private static String tag(Meter meter, String name) {
    return String.valueOf(meter.getId().getTag(name));
  }

  /**
   * What the server says of a command: how often it was run ({@code calls}) or denied ({@code
   * rejected_calls}).
   */
  private long count(String command, String field) {
    Pattern line = Pattern.compile("cmdstat_" + command + ":.*?\\b" + field + "=(\\d+)");
    return servers.sum(
        node -> {
          Matcher matcher = line.matcher(node.text("INFO", "commandstats"));
          return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
        });
  }

  /** The name of the cart on the server. */
  private String name(String tenant) {
    return servers.prefixOf(tenant) + "cart:7";
  }
}
