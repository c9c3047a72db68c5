package io.tenantredis.test;

import io.lettuce.core.RedisURI;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantRedis;
import io.tenantredis.admin.AclPolicy;
import io.tenantredis.admin.AclProfile;
import io.tenantredis.test.ServerChoice.Kind;
import io.tenantredis.test.ServerChoice.Shape;
import io.tenantredis.test.ServerChoice.Tls;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.ReplicatedRedis;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
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
 *   <li>{@link TestTenants}: the same tenants, seen and changed by an administrator, with faults
 *       and reports.
 *   <li>{@link RedisServer}, {@link ReplicatedRedis} or {@link RedisCluster}: the processes
 *       themselves, if the extension started such.
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

  private static final Set<Class<?>> PROCESSES =
      Set.of(RedisServer.class, ReplicatedRedis.class, RedisCluster.class);

  static final UnaryOperator<AclPolicy.Builder> DEFAULT_POLICY =
      builder ->
          builder
              .profile(AclProfile.CACHE)
              .profile(AclProfile.SESSION)
              .profile(AclProfile.QUEUE)
              .profile(AclProfile.PUBSUB)
              .allowScan();

  private static final Namespace NAMESPACE = Namespace.create(TenantRedisExtension.class);

  private final ServerChoice server;
  private final boolean exclusive;
  private final UnaryOperator<AclPolicy.Builder> policy;

  /** The embedded server and the default policy. JUnit calls it; code calls {@link #builder()}. */
  public TenantRedisExtension() {
    this(builder());
  }

  private TenantRedisExtension(Builder builder) {
    builder.refuseContradictions();
    this.server = builder.server;
    this.exclusive = builder.exclusive;
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

  /**
   * Tenants that are not those of one test, for what lives longer: a Spring context, a service that
   * is started once. They have a prefix and users of their own, on the server that tests of the
   * same choice share, or, with {@code exclusive()}, on one of their own. Blocks while it starts.
   *
   * @return tenants; to be closed by the caller, which deletes their users and keys
   */
  public TestTenants open() {
    if (exclusive) {
      TestServer own = new TestServer(server);
      return new TestTenants(own, policy, own::close);
    }
    SharedServers.Lease lease = SharedServers.lease(server);
    return new TestTenants(lease.server(), policy, lease::close);
  }

  /** A constructor of a class with an instance for each test gets what its test gets. */
  @Override
  public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext root) {
    return ExtensionContextScope.TEST_METHOD;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == TenantRedis.class
        || type == TenantClient.class
        || type == TestTenants.class
        || PROCESSES.contains(type);
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
    if (PROCESSES.contains(type)) {
      return tenants
          .processes(type)
          .orElseThrow(
              () ->
                  new ParameterResolutionException(
                      "There is no "
                          + type.getSimpleName()
                          + " here: the server is "
                          + server
                          + ". Ask the builder for one."));
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
    ExtensionContext owner = exclusive ? classOf(context) : context.getRoot();
    TestServer running =
        exclusive
            ? owner
                .getStore(NAMESPACE)
                .getOrComputeIfAbsent(this, absent -> new TestServer(server), TestServer.class)
            : owner
                .getStore(NAMESPACE)
                .getOrComputeIfAbsent(server, SharedServers::lease, SharedServers.Lease.class)
                .server();
    // A store asks its parents, too: a test's own id keeps it from getting what its class has.
    return context
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(
            new Scope(context.getUniqueId(), this),
            scope -> new TestTenants(running, policy, () -> {}),
            TestTenants.class);
  }

  private static ExtensionContext classOf(ExtensionContext context) {
    ExtensionContext current = context;
    while (current.getTestMethod().isPresent() && current.getParent().isPresent()) {
      current = current.getParent().get();
    }
    return current;
  }

  private record Scope(String context, TenantRedisExtension extension) {}

  /** Describes an extension. Not thread-safe. */
  public static final class Builder {

    private ServerChoice server = ServerChoice.EMBEDDED;
    private boolean exclusive;
    private UnaryOperator<AclPolicy.Builder> policy = DEFAULT_POLICY;

    private Builder() {}

    /**
     * Starts this {@code redis-server} or {@code valkey-server}. Default: the embedded one, or what
     * the system property {@code tenantredis.server.binary} names.
     *
     * @param binary an executable
     * @return this builder
     */
    public Builder binary(Path binary) {
      server = server.withBinary(binary.toAbsolutePath().toString());
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
      server = server.withUrl(url);
      return this;
    }

    /**
     * Starts a container of this image, once for all classes that name it. Needs {@code
     * org.testcontainers:testcontainers} 2.x on the class path and a Docker engine; without one the
     * tests fail with Testcontainers' exception.
     *
     * @param image for example {@code redis:8.0} or {@code valkey/valkey:8.1}
     * @return this builder
     * @see TenantRedisContainer
     */
    public Builder container(String image) {
      server = server.withImage(Objects.requireNonNull(image, "image"));
      return this;
    }

    /**
     * Clients connect with TLS; the server's certificate is that of {@code TestCertificates}, and
     * the injected client trusts it.
     *
     * @return this builder
     */
    public Builder tls() {
      server = server.with(Tls.SERVER);
      return this;
    }

    /**
     * Clients connect with TLS and must present a certificate, as the injected client does.
     *
     * @return this builder
     */
    public Builder mutualTls() {
      server = server.with(Tls.MUTUAL);
      return this;
    }

    /**
     * Starts a master with replicas, and sentinels that watch over them: ready within seconds. The
     * test takes a {@code ReplicatedRedis} parameter for failovers. With sentinels the injected
     * client finds the master by them, past the proxy that faults need; without it is connected to
     * the master of the time. Default: one server alone.
     *
     * @param replicas from 0 to 20
     * @param sentinels from 0 to 9; more than half of them must agree on a failover
     * @return this builder
     */
    public Builder replicated(int replicas, int sentinels) {
      server =
          server.with(
              new Shape(
                  Kind.REPLICATED,
                  1,
                  inRange("replicas", replicas, 0, 20),
                  inRange("sentinels", sentinels, 0, 9)));
      return this;
    }

    /**
     * Starts a Redis Cluster: ready within seconds. The test takes a {@code RedisCluster} parameter
     * for its nodes, failovers and slots; users are made on all nodes, and each tenant's keys are
     * in one slot. With several masters there is no proxy, so no faults of the wire and no report
     * of commands: nodes name each other. Default: one server alone.
     *
     * @param masters from 1 to 20
     * @param replicasPerMaster from 0 to 5
     * @return this builder
     */
    public Builder cluster(int masters, int replicasPerMaster) {
      server =
          server.with(
              new Shape(
                  Kind.CLUSTER,
                  inRange("masters", masters, 1, 20),
                  inRange("replicasPerMaster", replicasPerMaster, 0, 5),
                  0));
      return this;
    }

    /**
     * Servers that no other class uses, started for this extension and ended after its class: for
     * tests that kill, freeze or reconfigure them. Default: shared with all classes that want the
     * same.
     *
     * @return this builder
     */
    public Builder exclusive() {
      exclusive = true;
      return this;
    }

    private static int inRange(String what, int number, int from, int to) {
      if (number < from || number > to) {
        throw new IllegalArgumentException(
            what + " must be from " + from + " to " + to + ": " + number);
      }
      return number;
    }

    private void refuseContradictions() {
      if ((server.url() != null || server.image() != null)
          && !(server.tls() == Tls.NONE && server.shape().kind() == Kind.STANDALONE)) {
        throw new IllegalArgumentException(
            "A server given by url(...) or container(...) is as it is: leave out tls(),"
                + " mutualTls(), replicated(...) and cluster(...), or leave out the URL or image.");
      }
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
}
