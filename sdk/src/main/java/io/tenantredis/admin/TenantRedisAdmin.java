package io.tenantredis.admin;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.lettuce.core.protocol.ProtocolVersion;
import io.tenantredis.KeyPrefix;
import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.LegacyKeys;
import io.tenantredis.TenantId;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An administrator's access to the servers that tenants share, with credentials of its own.
 *
 * <pre>{@code
 * try (TenantRedisAdmin admin = TenantRedisAdmin.connect("rediss://admin:secret@cache.internal:6379")) {
 *   admin.provisioner().create(policy);
 * }
 * }</pre>
 *
 * <p>Servers do not pass ACL users on to each other. Unless told otherwise, this finds all nodes of
 * a cluster, or the primary and all replicas, by asking the server it was given, and works on each;
 * reports name each server. A server that joins later has its own users: run the same again.
 *
 * <p>Thread-safe. All methods of this type and of what it hands out block the calling thread, each
 * command at most for the timeout, and throw {@link AdminException} when a server cannot be reached
 * or refuses; they need Redis 6.2, or Valkey 7.2, or newer, and throw {@link
 * UnsupportedByServerException} where that is not enough.
 */
public final class TenantRedisAdmin implements AutoCloseable {

  private final RedisClient client;
  private final AdminNodes nodes;
  private final UserFile userFile;
  private final SecureRandom random;

  private TenantRedisAdmin(Builder options) {
    this.client = RedisClient.create();
    this.client.setOptions(
        ClientOptions.builder()
            // One shape of replies for all versions.
            .protocolVersion(ProtocolVersion.RESP2)
            // After a lost connection nobody knows what was executed: fail, and connect anew.
            .autoReconnect(false)
            .sslOptions(options.sslOptions == null ? SslOptions.create() : options.sslOptions)
            .build());
    RedisURI uri = RedisURI.builder(options.uri).withTimeout(options.timeout).build();
    this.nodes = new AdminNodes(client, uri, options.discoverNodes);
    this.userFile = new UserFile(options.saveAcl);
    this.random = options.random;
  }

  /**
   * Connects with the defaults.
   *
   * @param uri {@code redis://} or, with TLS, {@code rediss://}, with the administrator's user name
   *     and password
   * @return the access, to be closed
   * @throws IllegalArgumentException if the URI is malformed or names no single server
   * @throws AdminException if the server cannot be reached or refuses the credentials
   */
  public static TenantRedisAdmin connect(String uri) {
    return builder(RedisURI.create(uri)).connect();
  }

  /**
   * Begins to describe an access.
   *
   * @param uri a server, with the administrator's credentials
   * @return a builder
   * @throws IllegalArgumentException if the URI names no single server; for Sentinel, name the
   *     primary
   */
  public static Builder builder(RedisURI uri) {
    return new Builder(uri);
  }

  /**
   * What the ACL of the server understands that was named when connecting.
   *
   * @return the dialect, which knows the commands of the server's modules
   */
  public AclDialect dialect() {
    return nodes.seed().dialect();
  }

  /**
   * Whom the administrator is logged in as.
   *
   * @return the user's name
   */
  public String user() {
    return nodes.seed().text("ACL", "WHOAMI");
  }

  /**
   * All servers this works on, as of now.
   *
   * @return host and port of each
   */
  public List<String> nodes() {
    return nodes.all().stream().map(AdminNode::address).toList();
  }

  /**
   * Creates, changes, suspends and deletes tenants' users.
   *
   * @return the provisioner
   */
  public Provisioner provisioner() {
    return new Provisioner(nodes, userFile, random);
  }

  /**
   * Proves what tenants' users can reach.
   *
   * @return the verifier, which asks the server that was named when connecting, and compares the
   *     others with it
   */
  public PolicyVerifier verifier() {
    return new PolicyVerifier(nodes);
  }

  /**
   * Looks for what weakens the wall between tenants.
   *
   * @return the audit, which changes nothing
   */
  public SecurityAudit audit() {
    return new SecurityAudit(nodes);
  }

  /**
   * Blocks a tenant's user in an emergency.
   *
   * @return the incident response
   */
  public IncidentResponse incidents() {
    return new IncidentResponse(nodes, userFile, Clock.systemUTC());
  }

  /**
   * All keys of one tenant, in the database that the URI names.
   *
   * @param prefix what the tenant's keys begin with
   * @return the data
   */
  public TenantData data(KeyPrefix prefix) {
    return new TenantData(nodes, prefix, random, Clock.systemUTC());
  }

  /**
   * A tenant's keys that do not have its prefix yet, in the database that the URI names.
   *
   * @param template how the prefixes of all tenants are made
   * @param tenant the tenant
   * @param legacyKeys what the keys of tenants began with before
   * @return the way into the prefix
   * @throws IllegalArgumentException if the tenant has no legacy keys by that
   */
  public KeyAdoption adoption(KeyPrefixTemplate template, TenantId tenant, LegacyKeys legacyKeys) {
    String legacyPrefix = legacyKeys.prefixOf(tenant);
    if (legacyPrefix == null) {
      throw new IllegalArgumentException(
          "Tenant " + tenant + " has no legacy keys: name its legacy prefix.");
    }
    return new KeyAdoption(
        new TenantKeyspace(nodes, legacyPrefix),
        new TenantKeyspace(nodes, template.prefixOf(tenant)),
        template);
  }

  /**
   * Brings a tenant with its data from these servers to others.
   *
   * @param target the servers it moves to; both stay open until the move is over
   * @param policy what the tenant's user may do, here and there
   * @return the move, which has not begun
   */
  public TenantMove moveTo(TenantRedisAdmin target, AclPolicy policy) {
    return new TenantMove(nodes, provisioner(), target.nodes, target.provisioner(), policy);
  }

  /**
   * Watches what the servers deny.
   *
   * @param tenancy how users are named, so that denials are reported with their tenant
   * @return a builder of a reader
   */
  public AclLogReader.Builder aclLog(Tenancy tenancy) {
    return new AclLogReader.Builder(
        nodes, Objects.requireNonNull(tenancy, "tenancy"), Clock.systemUTC());
  }

  /** Closes all connections. */
  @Override
  public void close() {
    nodes.close();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
  }

  /** Describes an access. Not thread-safe. */
  public static final class Builder {

    private final RedisURI uri;
    private Duration timeout = Duration.ofSeconds(10);
    private boolean discoverNodes = true;
    private boolean saveAcl;
    private @Nullable SslOptions sslOptions;
    private SecureRandom random = new SecureRandom();

    private Builder(RedisURI uri) {
      if (uri.getHost() == null || uri.getHost().isEmpty() || uri.getSocket() != null) {
        throw new IllegalArgumentException(
            "The URI names no single server: write redis://user:password@host:port, or rediss:// for"
                + " TLS. For Sentinel, name the primary.");
      }
      this.uri = uri;
    }

    /**
     * How long to wait for a connection, and for each reply. Default: 10 seconds.
     *
     * @param timeout more than zero
     * @return this builder
     * @throws IllegalArgumentException if it is zero or negative
     */
    public Builder timeout(Duration timeout) {
      if (timeout.isZero() || timeout.isNegative()) {
        throw new IllegalArgumentException("The timeout must be more than zero: " + timeout);
      }
      this.timeout = timeout;
      return this;
    }

    /**
     * Whether to find the other nodes of the cluster, or the primary and its replicas, and work on
     * them too. Default: true. Switch it off when the servers announce addresses that cannot be
     * reached from here, and connect to each server in turn.
     *
     * @param discoverNodes whether to
     * @return this builder
     */
    public Builder discoverNodes(boolean discoverNodes) {
      this.discoverNodes = discoverNodes;
      return this;
    }

    /**
     * Whether to let each server write its users to its {@code aclfile} after a change. Default:
     * false; without it, a change is gone when the server restarts. A server without an {@code
     * aclfile} cannot, and the report says so.
     *
     * @param saveAcl whether to
     * @return this builder
     */
    public Builder saveAcl(boolean saveAcl) {
      this.saveAcl = saveAcl;
      return this;
    }

    /**
     * Trust and keys for TLS, with a {@code rediss://} URI. Default: what the JVM trusts.
     *
     * @param sslOptions Lettuce's own options
     * @return this builder
     */
    public Builder sslOptions(SslOptions sslOptions) {
      this.sslOptions = Objects.requireNonNull(sslOptions, "sslOptions");
      return this;
    }

    /**
     * Where new passwords come from. Default: a new {@link SecureRandom}.
     *
     * @param random the source
     * @return this builder
     */
    public Builder random(SecureRandom random) {
      this.random = Objects.requireNonNull(random, "random");
      return this;
    }

    /**
     * Connects to the server.
     *
     * @return the access, to be closed
     * @throws AdminException if the server cannot be reached or refuses the credentials
     */
    public TenantRedisAdmin connect() {
      TenantRedisAdmin admin = new TenantRedisAdmin(this);
      boolean connected = false;
      try {
        admin.nodes.seed().ask("PING");
        connected = true;
        return admin;
      } finally {
        if (!connected) {
          admin.close();
        }
      }
    }
  }
}
