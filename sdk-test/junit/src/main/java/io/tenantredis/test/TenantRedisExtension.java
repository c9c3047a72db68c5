package io.tenantredis.test;

import io.lettuce.core.RedisURI;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantRedis;
import io.tenantredis.admin.AclPolicy;
import io.tenantredis.admin.AclProfile;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each test tenants of its own on a real Redis. Parameters of test methods, of {@code
 * BeforeEach} and {@code AfterEach} methods and of constructors may be
 *
 * <ul>
 *   <li>{@link TenantRedis}: the client for the code under test. Whatever tenant is asked for
 *       exists: its user is made when it first connects, with the SDK's own policy and provisioner.
 *   <li>{@code TenantClient<String, String>}: a tenant with a random id, or with {@link Tenant} the
 *       one named.
 *   <li>{@link TestTenants}: the same tenants, seen and changed by an administrator.
 * </ul>
 *
 * <p>Each test has a key prefix and users that no other test has, so that tests running at once do
 * not meet even when they use the same tenant ids. After the test its client is closed, its users
 * are revoked and its keys deleted. Parameters of {@code BeforeAll} methods, and of the constructor
 * under {@code PER_CLASS}, belong to the class: they are set apart from those of its tests and
 * cleaned up after its last one.
 *
 * <p>The server is started when it is first needed and stops with the run of the test engine: all
 * classes of a run share the server of the same binary.
 *
 * <p>Thread-safe. A parameter blocks while the server starts or is connected to. Connecting fails
 * with the exceptions of {@code RedisServer}, {@code TenantRedisAdmin} and Lettuce.
 */
public final class TenantRedisExtension implements ParameterResolver {

  private static final Namespace NAMESPACE = Namespace.create(TenantRedisExtension.class);

  private final ServerChoice server;
  private final UnaryOperator<AclPolicy.Builder> policy;

  /** The embedded server and the default policy. JUnit calls it; code calls {@link #builder()}. */
  public TenantRedisExtension() {
    this(builder());
  }

  private TenantRedisExtension(Builder builder) {
    this.server = builder.server;
    this.policy = builder.policy;
  }

  /**
   * Describes an extension for {@code @RegisterExtension}.
   *
   * @return a builder with the defaults
   */
  public static Builder builder() {
    return new Builder();
  }

  /** A constructor of a class with an instance for each test gets what its test gets. */
  @Override
  public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext root) {
    return ExtensionContextScope.TEST_METHOD;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == TenantRedis.class || type == TenantClient.class || type == TestTenants.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    Tenant named = parameter.findAnnotation(Tenant.class).orElse(null);
    if (named != null && type != TenantClient.class) {
      throw new ParameterResolutionException(
          "@Tenant stands before a " + type.getSimpleName() + ": it names a TenantClient only.");
    }
    if (type == TenantClient.class) {
      refuseOtherCodecs(parameter.getParameter().getParameterizedType());
    }
    TestTenants tenants = tenants(context);
    if (type == TestTenants.class) {
      return tenants;
    }
    if (type == TenantRedis.class) {
      return tenants.redis();
    }
    return named == null ? tenants.anyTenant() : tenants.redis().tenant(named.value());
  }

  private static void refuseOtherCodecs(Type type) {
    if (type instanceof ParameterizedType parameterized) {
      for (Type argument : parameterized.getActualTypeArguments()) {
        if (argument != String.class) {
          throw new ParameterResolutionException(
              "A TenantClient is injected as TenantClient<String, String>: for another codec take"
                  + " TenantRedis and call tenant(id, codec).");
        }
      }
    }
  }

  private TestTenants tenants(ExtensionContext context) {
    TestServer running =
        context
            .getRoot()
            .getStore(NAMESPACE)
            .getOrComputeIfAbsent(server, choice -> new TestServer(server), TestServer.class);
    // A store asks its parents, too: a test's own id keeps it from getting what its class has.
    return context
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(
            new Scope(context.getUniqueId(), this),
            scope -> new TestTenants(running, policy),
            TestTenants.class);
  }

  private record Scope(String context, TenantRedisExtension extension) {}

  /** Describes an extension. Not thread-safe. */
  public static final class Builder {

    private ServerChoice server = new ServerChoice(null, null);
    private UnaryOperator<AclPolicy.Builder> policy =
        builder ->
            builder
                .profile(AclProfile.CACHE)
                .profile(AclProfile.SESSION)
                .profile(AclProfile.QUEUE)
                .profile(AclProfile.PUBSUB)
                .allowScan();

    private Builder() {}

    /**
     * Starts this {@code redis-server} or {@code valkey-server}. Default: the embedded one, or what
     * the system property {@code tenantredis.server.binary} names.
     *
     * @param binary an executable
     * @return this builder
     */
    public Builder binary(Path binary) {
      server = new ServerChoice(binary.toAbsolutePath().toString(), null);
      return this;
    }

    /**
     * Uses a server that is running already and is not stopped. Only keys and users of the tests
     * are touched, but after each test the whole keyspace is walked for its keys: take a server
     * without much data.
     *
     * @param url {@code redis://user:password@host:port} or {@code rediss://...} of an
     *     administrator, a single server, database 0
     * @return this builder
     * @throws IllegalArgumentException if the URL names something else
     */
    public Builder url(String url) {
      RedisURI uri = RedisURI.create(url);
      if (uri.getHost() == null || uri.getHost().isEmpty() || uri.getDatabase() != 0) {
        throw new IllegalArgumentException(
            "The URL must name a single server and database 0, such as"
                + " redis://user:password@localhost:6379.");
      }
      server = new ServerChoice(null, url);
      return this;
    }

    /**
     * What the tenants' users may do. Default: the profiles CACHE, SESSION, QUEUE and PUBSUB, and
     * SCAN. Give what production gives.
     *
     * @param policy adds to an empty policy
     * @return this builder
     */
    public Builder policy(UnaryOperator<AclPolicy.Builder> policy) {
      this.policy = Objects.requireNonNull(policy, "policy");
      return this;
    }

    /**
     * The extension.
     *
     * @return a new extension; nothing is started yet
     */
    public TenantRedisExtension build() {
      return new TenantRedisExtension(this);
    }
  }

  /** Which server: a binary, a running one, or with neither the embedded one. */
  record ServerChoice(@Nullable String binary, @Nullable String url) {

    /** Without the URL, which holds a password. */
    @Override
    public String toString() {
      return url != null ? "a running server" : binary != null ? binary : "the embedded server";
    }
  }
}
