package io.tenantredis.test;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.admin.AclPolicy;
import io.tenantredis.admin.NewUser;
import io.tenantredis.admin.Tenancy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * The tenants of one test as an administrator sees them, on a connection that the client under test
 * knows nothing of. Thread-safe; all methods block for round trips to the server, and throw
 * Lettuce's exceptions when it does not answer.
 */
public final class TestTenants implements AutoCloseable {

  private static final int BATCH = 1000;

  private final TestServer server;
  private final UnaryOperator<AclPolicy.Builder> policy;
  private final String name;
  private final Tenancy tenancy;
  private final TenantId any;
  private final Map<TenantId, CompletableFuture<TenantCredentials>> users =
      new ConcurrentHashMap<>();
  private final TenantRedis redis;

  TestTenants(TestServer server, UnaryOperator<AclPolicy.Builder> policy) {
    this.server = server;
    this.policy = policy;
    this.name = "test-" + server.randomName();
    String keyPrefix = name + ":{tenant}:";
    String identity = name + "_{tenant}";
    this.tenancy = Tenancy.of(keyPrefix, identity);
    this.any = TenantId.of("tenant-" + server.randomName());
    this.redis =
        TenantRedis.builder(server.url())
            .keyPrefix(keyPrefix)
            .identity(identity)
            .credentials(tenant -> user(tenant).copy())
            .clientResources(server.resources())
            .build();
  }

  TenantRedis redis() {
    return redis;
  }

  TenantClient<String, String> anyTenant() {
    return redis.tenant(any);
  }

  private CompletableFuture<TenantCredentials> user(TenantId tenant) {
    return users.computeIfAbsent(
        tenant,
        absent -> CompletableFuture.supplyAsync(() -> create(absent), server.provisioning()));
  }

  private TenantCredentials create(TenantId tenant) {
    AclPolicy wanted = policy.apply(tenancy.policyOf(tenant)).build();
    try (NewUser user = server.admin().provisioner().create(wanted)) {
      user.report().requireComplete();
      return TenantCredentials.of(wanted.user(), user.password().reveal());
    }
  }

  /**
   * Where the server is, for a client of another kind.
   *
   * @return {@code redis://host:port} or {@code rediss://host:port}, without credentials
   */
  public String url() {
    return server.url();
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
    return user(TenantId.of(tenant)).join();
  }

  /**
   * The server's administrator, who may do everything to the tenants of all tests.
   *
   * @return commands on a connection that all tests share
   */
  public RedisCommands<String, String> admin() {
    return server.connection().sync();
  }

  /**
   * Takes a tenant's user away: its connections end and it cannot log in any more in this test.
   *
   * @param tenant the tenant's id
   */
  public void revoke(String tenant) {
    server.admin().provisioner().revoke(credentials(tenant).username()).requireComplete();
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
    for (String line : admin().aclList()) {
      if (line.startsWith("user " + user + " ") && line.contains("(")) {
        throw new IllegalStateException(
            "The policy of tenant "
                + tenant
                + " has parts, which may permit the command again:"
                + " take the command out with AclPolicy.Builder.except(...).");
      }
    }
    admin()
        .dispatch(
            CommandType.ACL,
            new StatusOutput<>(StringCodec.UTF8),
            new CommandArgs<>(StringCodec.UTF8)
                .add("SETUSER")
                .add(user)
                .add("-" + command.toLowerCase(Locale.ROOT)));
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
    List<String> keys = new ArrayList<>();
    // Names and ids hold no glob characters.
    ScanArgs args = ScanArgs.Builder.matches(prefix + "*").limit(BATCH);
    ScanCursor cursor = ScanCursor.INITIAL;
    do {
      KeyScanCursor<String> page = admin().scan(cursor, args);
      page.getKeys().forEach(key -> keys.add(key.substring(prefix.length())));
      cursor = page;
    } while (!cursor.isFinished());
    return keys.stream().distinct().sorted().toList();
  }

  /** Closes the client, revokes the users and deletes the keys. JUnit calls it after the test. */
  @Override
  public void close() {
    try {
      redis.close();
    } finally {
      try {
        users.keySet().forEach(this::revokeAtTheEnd);
      } finally {
        String all = name + ":";
        List<String> keys = keysBehind(all);
        for (int from = 0; from < keys.size(); from += BATCH) {
          admin()
              .unlink(
                  keys.subList(from, Math.min(keys.size(), from + BATCH)).stream()
                      .map(all::concat)
                      .toArray(String[]::new));
        }
      }
    }
  }

  private void revokeAtTheEnd(TenantId tenant) {
    // Whether or not it was made: one that could not be made is not there, which is as wanted.
    user(tenant).exceptionally(failed -> null).join();
    server.admin().provisioner().revoke(tenancy.userOf(tenant)).requireComplete();
  }
}
