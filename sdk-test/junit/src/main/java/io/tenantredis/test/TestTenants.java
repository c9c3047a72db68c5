package io.tenantredis.test;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.TlsOptions;
import io.tenantredis.admin.AclPolicy;
import io.tenantredis.admin.Tenancy;
import io.tenantredis.test.server.WireFault;
import io.tenantredis.test.server.WireProxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The tenants of one test as an administrator sees them, on a connection that the client under test
 * knows nothing of, and what can be done to them. Thread-safe; all methods block for round trips to
 * the server, and throw Lettuce's exceptions when it does not answer.
 *
 * <p>The test's way to the server, {@link #url()}, is a proxy of its own: faults strike the clients
 * of this test and of no other, and end with the test.
 */
public final class TestTenants implements AutoCloseable {

  private static final int BATCH = 1000;

  private final TestServer server;
  private final Runnable whenClosed;
  private final String name;
  private final String keyPrefix;
  private final String identity;
  private final Tenancy tenancy;
  private final TenantId any;
  private final OnDemandUsers users;
  private @Nullable WireProxy proxy;
  private @Nullable TenantRedis redis;
  private @Nullable StatefulRedisConnection<String, String> administrator;
  private boolean closed;

  TestTenants(TestServer server, UnaryOperator<AclPolicy.Builder> policy, Runnable whenClosed) {
    this.server = server;
    this.whenClosed = whenClosed;
    this.name = "test-" + RandomNames.next();
    // In a cluster a tenant's keys must share a slot for commands with several keys.
    this.keyPrefix = name + (server.servers().isCluster() ? ":{{tenant}}:" : ":{tenant}:");
    this.identity = name + "_{tenant}";
    this.tenancy = Tenancy.of(keyPrefix, identity);
    boolean cluster = server.servers().isCluster();
    this.users =
        new OnDemandUsers(
            server.provisioning(),
            tenancy,
            builder -> policy.apply(cluster ? builder.clusterOfOtherClients() : builder));
    this.any = TenantId.of("tenant-" + RandomNames.next());
  }

  synchronized TenantRedis redis() {
    if (closed) {
      throw new IllegalStateException("The test is over, and its tenants with it.");
    }
    if (redis == null) {
      TenantRedis.Builder builder = TenantRedis.builder(url());
      configure(builder);
      redis = builder.clientResources(server.resources()).build();
    }
    return redis;
  }

  /**
   * Points a client that the test builds itself at these tenants: their prefix, identity,
   * credentials and certificates. The URL is {@link #url()}.
   *
   * @param builder the builder of the client
   */
  public void configure(TenantRedis.Builder builder) {
    builder.keyPrefix(keyPrefix).identity(identity).credentials(credentialsProvider());
    TlsOptions tls = server.servers().tls();
    if (tls != null) {
      builder.tls(tls);
    }
  }

  /**
   * What the tenants' keys begin with, as {@code TenantRedis.Builder.keyPrefix} takes it.
   *
   * @return the template
   */
  public String keyPrefix() {
    return keyPrefix;
  }

  /**
   * The tenants' users, as {@code TenantRedis.Builder.identity} takes them.
   *
   * @return the template
   */
  public String identity() {
    return identity;
  }

  TestServer server() {
    return server;
  }

  String name() {
    return name;
  }

  TenantClient<String, String> anyTenant() {
    return redis().tenant(any);
  }

  /**
   * Where the test's clients connect to, of whatever kind: the way on which its faults strike.
   *
   * @return {@code redis://host:port} or {@code rediss://host:port}, without credentials; with
   *     Sentinels their {@code redis-sentinel://} or {@code rediss-sentinel://} URL; of a cluster
   *     of several masters their {@code redis-cluster://} or {@code rediss-cluster://} URL
   */
  public String url() {
    if (hasSeveralMasters()) {
      return server.servers().clusterUrl();
    }
    RedisURI uri = RedisURI.create(server.servers().clientUrl());
    WireProxy way = proxy();
    return way == null
        ? server.servers().clientUrl()
        : (uri.isSsl() ? "rediss://" : "redis://") + way.host() + ":" + way.port();
  }

  /**
   * The server itself, past this test's faults; in a cluster the first master.
   *
   * @return as {@link #url()}
   */
  public String serverUrl() {
    return server.servers().clientUrl();
  }

  private boolean hasSeveralMasters() {
    return server.servers().isCluster() && server.servers().masters().size() > 1;
  }

  /**
   * A certificate of somebody else's server names its host, which a proxy does not have, and
   * Sentinels and the nodes of a cluster name the addresses of the servers themselves.
   */
  private synchronized @Nullable WireProxy proxy() {
    RedisURI uri = RedisURI.create(server.servers().clientUrl());
    boolean possible =
        uri.getSentinels().isEmpty()
            && !hasSeveralMasters()
            && (!uri.isSsl() || server.servers().tls() != null);
    if (proxy == null && possible) {
      if (closed) {
        throw new IllegalStateException("The test is over, and its way to the server with it.");
      }
      proxy = WireProxy.to(uri.getHost(), uri.getPort());
    }
    return proxy;
  }

  /**
   * The test's way to the server, for every fault it knows. Connections with TLS pass as they are:
   * of the faults only those of whole connections strike them.
   *
   * @return the proxy behind {@link #url()}
   * @throws IllegalStateException if there is none, for the server was given by a {@code rediss://}
   *     URL, or is named by Sentinels, or one of several masters of a cluster
   */
  public WireProxy wire() {
    WireProxy way = proxy();
    if (way == null) {
      throw new IllegalStateException(
          "There is no proxy before servers that Sentinels or a cluster name, or that a rediss:// URL gives: take"
              + " the embedded server alone, or a redis:// URL, for faults and reports.");
    }
    return way;
  }

  /**
   * The server executes the next command of this test's clients; its reply never arrives. What
   * clients send on their own account (HELLO, AUTH, ACL WHOAMI, CLIENT, PING) does not count.
   *
   * @return says how often it struck, and can be removed
   * @throws IllegalStateException if the connections have TLS
   */
  public WireFault dropNextReply() {
    requireReadable();
    return wire().onCommands(command -> !CommandReport.isUpkeep(command)).dropReply();
  }

  /**
   * The server executes the next such command of this test's clients; its reply never arrives.
   *
   * @param command its name and, if wanted, its first arguments, such as {@code INCR} or {@code
   *     XGROUP CREATE}
   * @return says how often it struck, and can be removed
   * @throws IllegalStateException if the connections have TLS
   */
  public WireFault dropNextReply(String command) {
    requireReadable();
    return wire().onCommand(command).dropReply();
  }

  /**
   * The reply to the next command of this test's clients, and all behind it on its connection,
   * comes later by this time.
   *
   * @param delay how much later
   * @return says how often it struck, and can be removed
   * @throws IllegalStateException if the connections have TLS
   */
  public WireFault delayNextReply(Duration delay) {
    requireReadable();
    return wire().onCommands(command -> !CommandReport.isUpkeep(command)).delayReply(delay);
  }

  /**
   * The server does not execute the next command of this test's clients; this error is the reply.
   *
   * @param error without the leading {@code -}, such as {@code LOADING Redis is loading the dataset
   *     in memory}
   * @return says how often it struck, and can be removed
   * @throws IllegalStateException if the connections have TLS
   */
  public WireFault failNextCommand(String error) {
    requireReadable();
    return wire().onCommands(command -> !CommandReport.isUpkeep(command)).answerError(error);
  }

  /**
   * To this test's clients the server is frozen: connections stay open and are accepted, and
   * nothing is answered. What was sent meanwhile is executed afterwards. To freeze the process
   * itself, before all tests, take a {@code RedisServer} parameter.
   *
   * @param duration how long
   * @return completes when it is over
   */
  public CompletableFuture<Void> freeze(Duration duration) {
    WireProxy way = wire();
    way.stopReading();
    return CompletableFuture.runAsync(
        () -> {
          synchronized (this) {
            if (!closed) {
              way.resumeReading();
            }
          }
        },
        CompletableFuture.delayedExecutor(duration.toNanos(), TimeUnit.NANOSECONDS));
  }

  /** Resets all connections that this test's clients have now. New ones are accepted. */
  public void resetConnections() {
    wire().resetConnections();
  }

  /** Removes all faults of the wire. */
  public void heal() {
    wire().heal();
  }

  /**
   * What this test's clients sent so far on {@link #url()}, by tenant.
   *
   * @return a report of now; later commands are not in it
   * @throws IllegalStateException if the connections have TLS
   */
  public CommandReport commands() {
    requireReadable();
    return CommandReport.of(wire().commands(), tenancy);
  }

  private void requireReadable() {
    if (RedisURI.create(server.servers().clientUrl()).isSsl()) {
      throw new IllegalStateException(
          "The connections have TLS, so nobody on the wire can tell commands apart: use a server"
              + " without TLS for this.");
    }
  }

  /**
   * The prefixes and users of this test's tenants.
   *
   * @return the tenancy, which no other test has
   */
  public Tenancy tenancy() {
    return tenancy;
  }

  /**
   * How a tenant logs in, for a client of another kind. Makes the tenant's user if there is none.
   *
   * @param tenant the tenant's id
   * @return user and password
   */
  public TenantCredentials credentials(String tenant) {
    return users.credentials(TenantId.of(tenant)).join();
  }

  /**
   * How all tenants of this test log in, for a client that the test builds itself. Users are made
   * when they are first asked for.
   *
   * @return a provider that does not block
   */
  public TenantCredentialsProvider credentialsProvider() {
    return users;
  }

  /**
   * The server's administrator, who may do everything to the tenants of all tests. In a cluster the
   * one of the first master.
   *
   * @return commands on a connection of this test's own, past its faults
   */
  public synchronized RedisCommands<String, String> admin() {
    if (closed) {
      throw new IllegalStateException("The test is over, and its administrator with it.");
    }
    if (administrator == null) {
      administrator = server.connectAdministrator(name + "-admin");
    }
    return administrator.sync();
  }

  /**
   * The servers themselves, for what an administrator cannot do to them: killing, freezing, failing
   * over. They are shared with the other tests of this choice, see {@code exclusive()}.
   *
   * @param <T> the type
   * @param type {@code RedisServer}, {@code ReplicatedRedis} or {@code RedisCluster}
   * @return the servers, or empty if they are not of this type or run elsewhere
   */
  public <T> Optional<T> processes(Class<T> type) {
    return Optional.ofNullable(server.servers().as(type));
  }

  /**
   * Takes a tenant's user away: its connections end and it cannot log in any more in this test.
   *
   * @param tenant the tenant's id
   */
  public void revoke(String tenant) {
    server
        .provisioning()
        .admin()
        .provisioner()
        .revoke(credentials(tenant).username())
        .requireComplete();
  }

  /**
   * Takes a command from a tenant, which is answered with {@code NOPERM} from now on.
   *
   * @param tenant the tenant's id
   * @param command such as {@code SET} or {@code CONFIG|GET}
   * @throws IllegalStateException if the policy gives the tenant different commands for parts of
   *     its keys, as {@code AclPolicy.Builder.profile(profile, part)} does
   */
  public void denyPermission(String tenant, String command) {
    String user = credentials(tenant).username();
    for (StatefulRedisConnection<String, String> node : server.nodes()) {
      for (String line : node.sync().aclList()) {
        if (line.startsWith("user " + user + " ") && line.contains("(")) {
          throw new IllegalStateException(
              "The policy of tenant "
                  + tenant
                  + " has parts, which may permit the command again:"
                  + " take the command out with AclPolicy.Builder.except(...).");
        }
      }
      node.sync()
          .dispatch(
              CommandType.ACL,
              new StatusOutput<>(StringCodec.UTF8),
              new CommandArgs<>(StringCodec.UTF8)
                  .add("SETUSER")
                  .add(user)
                  .add("-" + command.toLowerCase(Locale.ROOT)));
    }
  }

  /**
   * Begins assertions on the keys that a tenant has on the server.
   *
   * @param tenant the tenant's id
   * @return assertions; each reads the server anew
   */
  public TenantAssert assertThatTenant(String tenant) {
    TenantId id = TenantId.of(tenant);
    return new TenantAssert(id, () -> keysBehind(prefix(id)));
  }

  /**
   * Begins assertions on the keys that a tenant has on the server.
   *
   * @param tenant a handle of this test
   * @return assertions; each reads the server anew
   */
  public TenantAssert assertThatTenant(TenantClient<?, ?> tenant) {
    return assertThatTenant(tenant.tenant().value());
  }

  private String prefix(TenantId tenant) {
    return new String(tenancy.prefixOf(tenant).bytes(), StandardCharsets.UTF_8);
  }

  private List<String> keysBehind(String prefix) {
    return server.masters().stream()
        .flatMap(node -> keysBehind(prefix, node.sync()).stream())
        .map(key -> key.substring(prefix.length()))
        .distinct()
        .sorted()
        .toList();
  }

  private static List<String> keysBehind(String prefix, RedisCommands<String, String> node) {
    List<String> keys = new ArrayList<>();
    // Names and ids hold no glob characters.
    ScanArgs args = ScanArgs.Builder.matches(prefix + "*").limit(BATCH);
    ScanCursor cursor = ScanCursor.INITIAL;
    do {
      KeyScanCursor<String> page = node.scan(cursor, args);
      keys.addAll(page.getKeys());
      cursor = page;
    } while (!cursor.isFinished());
    return keys;
  }

  /**
   * Closes the client, revokes the users and deletes the keys. JUnit calls it after the test.
   * Closing again does nothing.
   */
  @Override
  public void close() {
    TenantRedis client;
    WireProxy way;
    StatefulRedisConnection<String, String> own;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      client = redis;
      way = proxy;
      own = administrator;
    }
    try (Closing last = whenClosed::run;
        Closing keys = this::deleteKeys;
        Closing revoking = this::revokeUsers) {
      if (client != null) {
        client.close();
      }
      if (way != null) {
        way.close();
      }
      if (own != null) {
        own.close();
      }
    }
  }

  /** Runs though what stands before it failed. */
  private interface Closing extends AutoCloseable {
    @Override
    void close();
  }

  private void deleteKeys() {
    if (server.endsWithTheJvm()) {
      return;
    }
    int batch = server.servers().isCluster() ? 1 : BATCH;
    for (StatefulRedisConnection<String, String> node : server.masters()) {
      List<String> keys = keysBehind(name + ":", node.sync());
      for (int from = 0; from < keys.size(); from += batch) {
        node.sync()
            .unlink(keys.subList(from, Math.min(keys.size(), from + batch)).toArray(String[]::new));
      }
    }
  }

  private void revokeUsers() {
    if (!server.endsWithTheJvm()) {
      users.revokeAll();
    }
  }
}
