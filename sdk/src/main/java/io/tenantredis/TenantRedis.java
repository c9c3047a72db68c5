package io.tenantredis;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.tenantredis.internal.client.DefaultTenantClient;
import io.tenantredis.internal.client.Leases;
import io.tenantredis.internal.client.SharedHandle;
import io.tenantredis.internal.client.TenantSession;
import io.tenantredis.internal.client.TenantSessions;
import io.tenantredis.internal.client.TenantSlot;
import io.tenantredis.internal.connection.ConnectionSettings;
import io.tenantredis.internal.connection.Connector;
import io.tenantredis.internal.connection.Connectors;
import io.tenantredis.internal.connection.Endpoints;
import io.tenantredis.internal.connection.NodeAddress;
import io.tenantredis.internal.connection.Replicas;
import io.tenantredis.internal.connection.TlsReloader;
import io.tenantredis.internal.connection.Topology;
import io.tenantredis.internal.metrics.ClientMeters;
import io.tenantredis.internal.metrics.CommandObservations;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Redis client for many tenants: one for the application, one {@link TenantClient} for each
 * tenant.
 *
 * <p>Each tenant has its own user, its own connection, its own key prefix, its own limits and its
 * own metrics. No command of one tenant reads, writes, names, counts or is answered with anything
 * of another.
 *
 * <p>Build it once, share it, close it last. Thread-safe. Building connects nowhere: a tenant's
 * connection is opened by its first command.
 */
public final class TenantRedis implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger("io.tenantredis");

  private static final Duration LONGEST_SWEEP_INTERVAL = Duration.ofSeconds(1);
  private static final Duration SHORTEST_SWEEP_INTERVAL = Duration.ofMillis(10);

  private final ClientSettings settings;
  private final KeyPrefixTemplate prefixes;
  private final ClientOptions options;
  private final ClientResources resources;
  private final boolean ownsResources;
  private final ClientMeters meters;
  private final @Nullable CommandObservations observations;
  private final Connectors connectors;
  private final @Nullable Connector connector;
  private final @Nullable Topology topology;
  private final @Nullable Endpoints endpoints;
  private final @Nullable Replicas replicas;
  private final ResilienceRegistries resilience;
  private final ResilienceOptions resilienceOptions;
  private final TenantSessions sessions;
  private final ScheduledFuture<?> sweeper;
  private volatile long primaryCheckAt;
  private final @Nullable TlsReloader tlsReloader;
  private final Runnable endOfCredentialChanges;
  private final Runnable endOfEndpointChanges;
  private final AtomicBoolean closed = new AtomicBoolean();

  private TenantRedis(ClientSettings settings) {
    this.settings = settings;
    this.resilienceOptions = settings.resilience.build();
    this.resilience = ResilienceRegistries.of(resilienceOptions);
    this.prefixes = KeyPrefixTemplate.of(settings.keyPrefix);
    this.options = settings.clientOptions();
    this.ownsResources = settings.clientResources == null;
    this.resources =
        settings.clientResources == null
            ? DefaultClientResources.create()
            : settings.clientResources;
    this.meters = settings.clientMeters();
    this.observations =
        settings.observations == null ? null : meters.observations(settings.observations);
    ConnectionSettings connecting =
        new ConnectionSettings(
            settings.credentials,
            settings.connectTimeout,
            settings.commandTimeout,
            settings.connections.maxConcurrentConnects(),
            settings.connections.maxConnections(),
            settings.isCluster() || settings.endpoints != null || settings.readsReplicas(),
            settings.flushConsolidation);
    this.connectors = new Connectors(connecting, options, resources, meters);
    RedisURI uri = settings.uris.get(0);
    if (settings.isCluster()) {
      this.connector = null;
      this.endpoints = null;
      this.replicas = null;
      this.topology =
          new Topology(
              connectors,
              settings.uris,
              this::nodeBreaker,
              settings.connections.clusterRefreshInterval(),
              System::nanoTime);
    } else {
      Connector main = connectors.to(uri, endpointBreaker(Connector.nameOf(uri)));
      this.connector = main;
      this.topology = null;
      this.endpoints =
          settings.endpoints == null
              ? null
              : new Endpoints(
                  settings.endpoints,
                  main,
                  new FurtherEndpoints(uri.getDatabase()),
                  settings.connections.maxEndpoints());
      this.replicas =
          settings.readsReplicas()
              ? connectors.replicasOf(uri, settings.replicas, this::nodeBreaker)
              : null;
    }
    this.sessions =
        new TenantSessions(
            new SessionFactory(
                settings,
                prefixes,
                new SessionFactory.Places(
                    uri.getDatabase(), connector, topology, endpoints, replicas),
                resources,
                meters,
                observations,
                resilience,
                resilienceOptions),
            settings.connections.idleTime(),
            System::nanoTime,
            meters,
            this::forget);
    connectors.roomMaker(sessions::makeRoom);
    Connector primary = connector;
    if (primary != null) {
      primary.onPrimaryMoved(() -> primaryMoved(primary));
    }
    this.primaryCheckAt = System.nanoTime() + settings.connections.primaryCheckInterval().toNanos();
    this.tlsReloader =
        settings.tlsMaterial == null
            ? null
            : new TlsReloader(
                settings.tlsSettings(),
                settings.tlsMaterial,
                settings.tls.reloadInterval(),
                System.nanoTime(),
                this::tlsChanged);
    this.endOfCredentialChanges =
        settings.credentials == null
            ? () -> {}
            : settings.credentials.onChange(this::credentialsChanged);
    this.endOfEndpointChanges =
        settings.endpoints == null ? () -> {} : settings.endpoints.onChange(this::endpointChanged);
    long sweepNanos = sweepInterval(settings).toNanos();
    this.sweeper =
        resources
            .eventExecutorGroup()
            .scheduleWithFixedDelay(this::sweep, sweepNanos, sweepNanos, TimeUnit.NANOSECONDS);
    if (settings.withoutAclUsers) {
      LOG.warn(
          "WITHOUT_ACL_USERS TenantRedis runs WITHOUT ACL users: only the client keeps the tenants apart. Use it for development alone and give"
              + " each tenant a user of its own in production.");
    }
  }

  /**
   * Starts to configure a client.
   *
   * @param redisUri where the server is, in Lettuce's form: {@code redis://host:port}, {@code
   *     rediss://host:port} for TLS, or {@code redis-sentinel://host:port,host:port#name} for the
   *     primary that Sentinels know by a name ({@code rediss-sentinel://} for TLS to Sentinels and
   *     servers); or {@code redis-cluster://host:port,host:port} for a Redis Cluster, of which the
   *     nodes named are asked for the others ({@code rediss-cluster://} for TLS)
   * @return a builder
   */
  public static Builder builder(String redisUri) {
    return new Builder(redisUri);
  }

  /**
   * The handle of a tenant, for keys and values that are strings in UTF-8. Does not connect and
   * does not block.
   *
   * @param tenant the tenant's id
   * @return its handle
   * @throws InvalidTenantIdException if this cannot be a tenant's id
   * @throws TenantClosedException if this client was closed
   */
  public TenantClient<String, String> tenant(String tenant) {
    return tenant(TenantId.of(tenant));
  }

  /**
   * The handle of a tenant, for keys and values that are strings in UTF-8. Does not connect and
   * does not block.
   *
   * @param tenant the tenant
   * @return its handle
   * @throws TenantClosedException if this client was closed
   */
  public TenantClient<String, String> tenant(TenantId tenant) {
    return tenant(tenant, StringCodec.UTF8);
  }

  /**
   * The handle of a tenant, for keys and values of other types. Does not connect and does not
   * block.
   *
   * @param <K> the type of keys and channels
   * @param <V> the type of values
   * @param tenant the tenant
   * @param codec how keys and values become bytes; thread-safe; knows nothing of prefixes
   * @return its handle
   * @throws TenantClosedException if this client was closed
   */
  public <K, V> TenantClient<K, V> tenant(TenantId tenant, RedisCodec<K, V> codec) {
    TenantSlot slot = sessions.slot(tenant);
    return new DefaultTenantClient<>(
        slot,
        handle(slot, codec),
        handle(slot, ByteArrayCodec.INSTANCE),
        new Leases<>(slot, codec, options, resources, settings.commandTimeout));
  }

  /**
   * The Resilience4j registries with each tenant's circuit breaker, bulkhead and rate limiter.
   *
   * @return the registries
   */
  public ResilienceRegistries resilience() {
    return resilience;
  }

  private @Nullable CircuitBreaker endpointBreaker(String endpoint) {
    CircuitBreakerConfig config = resilienceOptions.endpointCircuitBreaker();
    if (config == null) {
      return null;
    }
    CircuitBreaker breaker =
        resilience.circuitBreakers().circuitBreaker(breakerName(endpoint), config, meters.tags());
    meters.resilience(breaker);
    return breaker;
  }

  private static String breakerName(String endpoint) {
    return "endpoint " + endpoint;
  }

  /** Nodes come and go: their breakers are in no registry and have no meters. */
  private @Nullable CircuitBreaker nodeBreaker(NodeAddress node) {
    CircuitBreakerConfig config = resilienceOptions.endpointCircuitBreaker();
    return config == null ? null : CircuitBreaker.of("endpoint " + node, config);
  }

  private void forget(TenantId tenant) {
    resilience.forget(tenant);
    meters.forget(tenant);
  }

  private <K, V> SharedHandle<K, V> handle(TenantSlot slot, RedisCodec<K, V> codec) {
    return new SharedHandle<>(
        slot, codec, options, resources, settings.commandTimeout, observations);
  }

  /** A quarter of the shortest interval that the sweep has to keep, within limits. */
  private static Duration sweepInterval(ClientSettings settings) {
    ConnectionOptions options = settings.connections;
    Duration interval = LONGEST_SWEEP_INTERVAL;
    for (Duration kept :
        List.of(
            options.idleTime(),
            options.reverifyInterval(),
            options.credentialsPollInterval(),
            options.primaryCheckInterval(),
            options.clusterRefreshInterval(),
            settings.pubSub.livenessInterval(),
            settings.tls.reloadInterval())) {
      Duration quarter = kept.dividedBy(4);
      if (!kept.isZero() && quarter.compareTo(interval) < 0) {
        interval = quarter;
      }
    }
    return interval.compareTo(SHORTEST_SWEEP_INTERVAL) < 0 ? SHORTEST_SWEEP_INTERVAL : interval;
  }

  private void tlsChanged(SslOptions changed) {
    connectors.tls(changed);
    sessions.all().forEach(TenantSession::exchangeConnections);
  }

  private void primaryMoved(Connector to) {
    if (replicas != null) {
      replicas.doubt(null);
    }
    LOG.info(
        "PRIMARY_MOVED Sentinels name another primary: the tenants' connections are exchanged.");
    sessions.all().stream()
        .filter(session -> session.leadsTo(to))
        .forEach(TenantSession::exchangeConnections);
  }

  private void checkPrimary() {
    long interval = settings.connections.primaryCheckInterval().toNanos();
    long now = System.nanoTime();
    if (connector != null && interval > 0 && now - primaryCheckAt >= 0 && sessions.size() > 0) {
      primaryCheckAt = now + interval;
      if (endpoints == null) {
        connector.checkPrimary();
        if (replicas != null) {
          replicas.doubt(null);
        }
      } else {
        endpoints.connectors().forEach(Connector::checkPrimary);
      }
    }
  }

  private void sweep() {
    try {
      sessions.sweep();
      connectors.sweep();
      checkPrimary();
      meters.sweep(System.nanoTime());
      if (tlsReloader != null) {
        tlsReloader.sweep(System.nanoTime());
      }
    } catch (RuntimeException failure) {
      LOG.error("SWEEP_FAILED Looking after idle tenants failed and is tried again", failure);
    }
  }

  /**
   * Closes what one tenant holds: waits for its commands in flight, at most for the shutdown
   * timeout, and closes its connections; commands still in flight then fail. Its handles stay
   * valid: a command of the tenant that comes meanwhile or later connects anew. Blocks. Does
   * nothing for a tenant that holds nothing.
   *
   * @param tenant the tenant
   */
  public void close(TenantId tenant) {
    TenantSession session = sessions.retire(tenant);
    if (session == null) {
      return;
    }
    awaitIdle(session::isIdle);
    if (!session.isIdle()) {
      session.close();
    }
  }

  /**
   * Says that a tenant's credentials changed. New connections are opened and verified with those
   * that the provider gives now; then the tenant's commands go there, and the old connections end
   * after the replies to commands in flight. While the server accepts old and new credentials no
   * command fails. When the new ones are refused the old connection is kept and they are tried
   * again. Asynchronous commands in flight at the change may be overtaken by later ones. Does not
   * block; does nothing for a tenant without a connection.
   *
   * @param tenant the tenant
   */
  public void credentialsChanged(TenantId tenant) {
    TenantSession session = sessions.existing(tenant);
    if (session != null) {
      session.exchangeConnections();
    }
  }

  /**
   * Says that the endpoint of a tenant may have changed: {@link TenantEndpoints} is asked, and the
   * tenant moves. Connections are opened and verified at the new endpoint; then the tenant's
   * commands go there, and the old connections end after the replies to commands in flight, leased
   * ones when they are given back. No command fails, handles stay valid, subscriptions are
   * exchanged and told of a gap. While the new endpoint cannot be reached or refuses the tenant, it
   * stays where it was, and the new one is tried again. Does not block; does nothing for a tenant
   * without a connection, which asks with its next one.
   *
   * <p>If the answer is {@link TenantEndpoint#held()}, new commands wait instead, each no longer
   * than its own timeout.
   *
   * @param tenant the tenant
   * @return completes when no connection of the tenant leads anywhere else; for a tenant whose
   *     commands are held, when no connection is left that could run one, subscriptions excepted.
   *     Completes exceptionally when the endpoint cannot be had within the connect timeout or
   *     before the tenant's connections are closed, or with a {@link
   *     java.util.concurrent.CancellationException} when it changed again meanwhile. A leased
   *     connection that is never given back, or an endpoint that never answers, keeps it from
   *     completing: wait for it with a limit
   */
  public CompletionStage<Void> endpointChanged(TenantId tenant) {
    return sessions.endpointChanged(tenant);
  }

  /**
   * Where the tenants in use live now.
   *
   * @return how many of them live where, by the name of the endpoint, without credentials; an
   *     immutable copy, empty without {@link Builder#endpoints}
   */
  public Map<String, Integer> endpointsInUse() {
    return endpoints == null ? Map.of() : Map.copyOf(endpoints.inUse());
  }

  private void awaitIdle(BooleanSupplier idle) {
    long giveUpAt = System.nanoTime() + settings.shutdownTimeout.toNanos();
    while (!idle.getAsBoolean()
        && System.nanoTime() - giveUpAt < 0
        && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  /**
   * Accepts no further commands, waits for those in flight, at most for the shutdown timeout,
   * closes all connections and ends all threads of this client. Commands still in flight then fail.
   * Blocks; may be called more than once.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    sweeper.cancel(false);
    endOfCredentialChanges.run();
    endOfEndpointChanges.run();
    sessions.stop();
    awaitIdle(sessions::isIdle);
    sessions.close();
    connectors.close();
    meters.close();
    if (ownsResources) {
      resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
  }

  /**
   * The tenants that hold something now: those with a command since the idle time. Changes while it
   * is read.
   *
   * @return an immutable copy, in no particular order
   */
  public Set<TenantId> tenantsInUse() {
    return sessions.all().stream()
        .map(TenantSession::tenant)
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * What tells the meters of this client from those of others: the name of {@link MetricsOptions},
   * with a number behind it where another client of the same registry had that name first.
   *
   * @return the tag {@code db.client.connection.pool.name} of this client's meters
   */
  public String name() {
    return meters.name();
  }

  /**
   * What the names of a tenant's keys and channels begin with.
   *
   * @return the template, for example {@code tenant:{tenant}:}
   */
  public String keyPrefix() {
    return settings.keyPrefix;
  }

  /**
   * Who writes the prefix into names.
   *
   * @return the mode
   */
  public PrefixMode prefixMode() {
    return settings.prefixMode;
  }

  /**
   * Whether the tenants live on a Redis Cluster, which the URI says.
   *
   * @return whether it is a {@code redis-cluster://} one
   */
  public boolean isCluster() {
    return settings.isCluster();
  }

  /**
   * Whether each tenant has a user of its own on the server, which then keeps tenants apart as
   * well; not so after {@link Builder#withoutAclUsers()}.
   *
   * @return whether there is the server's fence beside the client's
   */
  public boolean hasAclUsers() {
    return !settings.withoutAclUsers;
  }

  /** Where this client connects to and how it tells tenants apart; no secret. */
  @Override
  public String toString() {
    return "TenantRedis[keyPrefix="
        + prefixes
        + ", tenants="
        + sessions.size()
        + (endpoints == null ? "" : ", endpoints=" + endpoints.inUse())
        + (closed.get() ? ", closed" : "")
        + "]";
  }

  /** What belongs to the endpoints besides the one that the client was built with. */
  private final class FurtherEndpoints implements Endpoints.Owner {

    private final int database;

    FurtherEndpoints(int database) {
      this.database = database;
    }

    @Override
    public Connector open(String redisUri) {
      RedisURI uri = RedisURI.create(redisUri);
      if (uri.getDatabase() != database) {
        throw new IllegalArgumentException(
            "Its endpoint is in database "
                + uri.getDatabase()
                + " and the client in database "
                + database
                + ": use the same number everywhere");
      }
      settings.complete(uri);
      Connector opened = connectors.to(uri, endpointBreaker(redisUri));
      opened.onPrimaryMoved(() -> primaryMoved(opened));
      return opened;
    }

    @Override
    public void forget(String redisUri, Connector connector) {
      connectors.forget(connector);
      resilience.circuitBreakers().remove(breakerName(redisUri));
      meters.forgetEndpoint(breakerName(redisUri));
    }
  }

  /** Configures a {@link TenantRedis}. Not thread-safe. */
  public static final class Builder {

    final String redisUri;
    String keyPrefix = "tenant:{tenant}:";
    PrefixMode prefixMode = PrefixMode.PREFIX;
    @Nullable String identity;
    IdentityCheck identityCheck = IdentityCheck.ACL_WHOAMI;
    @Nullable TenantCredentialsProvider credentials;
    boolean withoutAclUsers;
    Duration connectTimeout = Duration.ofSeconds(5);
    Duration commandTimeout = Duration.ofSeconds(5);
    Duration shutdownTimeout = Duration.ofSeconds(5);
    ResilienceOptions.Builder resilience = ResilienceOptions.builder();
    PoolOptions pool = PoolOptions.builder().build();
    PubSubOptions pubSub = PubSubOptions.builder().build();
    @Nullable MeterRegistry meterRegistry;
    MetricsOptions metrics = MetricsOptions.builder().build();
    @Nullable ObservationRegistry observations;
    @Nullable ClientResources clientResources;
    @Nullable SslOptions sslOptions;
    @Nullable String clientName;
    @Nullable RedisCredentialsProvider sentinelCredentials;
    boolean flushConsolidation = true;
    ConnectionOptions connections = ConnectionOptions.builder().build();
    CommandPolicy commands = CommandPolicy.standard();
    @Nullable LegacyKeys legacyKeys;
    @Nullable TenantEndpoints endpoints;
    ReadFrom readFrom = ReadFrom.UPSTREAM;
    List<String> replicas = List.of();
    TlsOptions tls = TlsOptions.builder().build();
    boolean tlsGiven;

    private Builder(String redisUri) {
      this.redisUri = redisUri;
    }

    /**
     * What the names of a tenant's keys and channels begin with. Default: {@code tenant:{tenant}:}.
     *
     * @param template a {@link KeyPrefixTemplate}
     * @return this builder
     */
    public Builder keyPrefix(String template) {
      this.keyPrefix = template;
      return this;
    }

    /**
     * Who writes the prefix into names. Default: {@link PrefixMode#PREFIX}.
     *
     * @param mode the mode
     * @return this builder
     */
    public Builder prefixMode(PrefixMode mode) {
      this.prefixMode = mode;
      return this;
    }

    /**
     * How servers are asked whose connection it is: another way than {@code ACL WHOAMI}, for
     * managed services that refuse that. Default: {@link IdentityCheck#ACL_WHOAMI}.
     *
     * @param check the way
     * @return this builder
     */
    public Builder identityCheck(IdentityCheck check) {
      this.identityCheck = Objects.requireNonNull(check, "check");
      return this;
    }

    /**
     * The ACL user that the server must name on a tenant's connections, whatever the credentials
     * say. Required, unless {@link #withoutAclUsers()}.
     *
     * @param template a text with exactly one {@code {tenant}}, for example {@code tenant_{tenant}}
     * @return this builder
     */
    public Builder identity(String template) {
      this.identity = template;
      return this;
    }

    /**
     * Where the tenants' credentials come from. Required, unless {@link #withoutAclUsers()}.
     *
     * @param provider the provider
     * @return this builder
     */
    public Builder credentials(TenantCredentialsProvider provider) {
      this.credentials = provider;
      return this;
    }

    /**
     * Runs without a user for each tenant, on whatever user the URI names: for a developer's plain
     * Redis alone. The guard of the client is then the only fence; a warning is logged at start.
     *
     * @return this builder
     */
    public Builder withoutAclUsers() {
      this.withoutAclUsers = true;
      return this;
    }

    /**
     * The longest that one attempt to connect may take: credentials, TCP, TLS, handshake and
     * identity check together. Default: 5 seconds.
     *
     * @param timeout more than zero
     * @return this builder
     */
    public Builder connectTimeout(Duration timeout) {
      this.connectTimeout = timeout;
      return this;
    }

    /**
     * The longest that a command may take, with connecting, waiting and retries. It then fails with
     * a {@link TenantTimeoutException}. Default: 5 seconds.
     *
     * @param timeout more than zero
     * @return this builder
     */
    public Builder commandTimeout(Duration timeout) {
      this.commandTimeout = timeout;
      return this;
    }

    /**
     * How long {@link TenantRedis#close()} waits for commands in flight. Default: 5 seconds.
     *
     * @param timeout zero or more
     * @return this builder
     */
    public Builder shutdownTimeout(Duration timeout) {
      this.shutdownTimeout = timeout;
      return this;
    }

    /**
     * Retries, circuit breakers, limits and the proof that connections are in step. Replaces what
     * {@link #maxAttempts} and {@link #maxConcurrentCalls} were set to. Default: {@link
     * ResilienceOptions#defaults()}.
     *
     * @param options the options
     * @return this builder
     */
    public Builder resilience(ResilienceOptions options) {
      this.resilience = options.toBuilder();
      return this;
    }

    /**
     * Short for {@link ResilienceOptions.Builder#maxAttempts(int)}.
     *
     * @param attempts 1 (no retries) to 100
     * @return this builder
     */
    public Builder maxAttempts(int attempts) {
      resilience.maxAttempts(attempts);
      return this;
    }

    /**
     * Short for {@link ResilienceOptions.Builder#maxConcurrentCalls(int)}.
     *
     * @param calls 1 or more
     * @return this builder
     */
    public Builder maxConcurrentCalls(int calls) {
      resilience.maxConcurrentCalls(calls);
      return this;
    }

    /**
     * The dedicated connections that each tenant may have, for blocking commands, transactions and
     * leases. Default: those of {@link PoolOptions.Builder}.
     *
     * @param options the options
     * @return this builder
     */
    public Builder dedicatedConnections(PoolOptions options) {
      this.pool = options;
      return this;
    }

    /**
     * The bounds of subscriptions, and what calls their listeners. Default: those of {@link
     * PubSubOptions}.
     *
     * @param options the options
     * @return this builder
     */
    public Builder pubSub(PubSubOptions options) {
      this.pubSub = options;
      return this;
    }

    /**
     * Where meters are registered. They are removed when this client is closed. Default: nowhere.
     *
     * @param registry the registry
     * @return this builder
     */
    public Builder meterRegistry(MeterRegistry registry) {
      this.meterRegistry = registry;
      return this;
    }

    /**
     * What is registered there: the client's name, which tenants have meters of their own,
     * histograms. Default: those of {@link MetricsOptions.Builder}.
     *
     * @param options the options
     * @return this builder
     */
    public Builder metrics(MetricsOptions options) {
      this.metrics = options;
      return this;
    }

    /**
     * Where each command is observed, for tracing: one observation {@code tenant.redis.command}
     * with a {@link TenantCommandContext}, all attempts included, inside the current observation of
     * the thread that issues the command or, for reactive commands, the one in Reactor's context.
     * What the guard refuses and subscriptions are not observed. Handlers run on the issuing thread
     * and on event loops and must not block; what they throw is logged. METRICS.md says more.
     * Default: nowhere, at no cost.
     *
     * @param registry the registry
     * @return this builder
     */
    public Builder observations(ObservationRegistry registry) {
      this.observations = registry;
      return this;
    }

    /**
     * Event loops and timers to share with other clients. They are not shut down when this client
     * is closed. Default: own ones.
     *
     * @param resources the resources
     * @return this builder
     */
    public Builder clientResources(ClientResources resources) {
      this.clientResources = resources;
      return this;
    }

    /**
     * What a {@code rediss://} connection trusts and how it proves who it is. Default: those of
     * {@link TlsOptions.Builder}.
     *
     * @param options the options
     * @return this builder
     */
    public Builder tls(TlsOptions options) {
      this.tls = options;
      this.tlsGiven = true;
      return this;
    }

    /**
     * What the client authenticates to Sentinels with; tenants' credentials never go there.
     * Default: none, for Sentinels without authentication. Asked whenever a Sentinel is asked for
     * the primary.
     *
     * @param provider must not block, and gives no credentials of a tenant
     * @return this builder
     */
    public Builder sentinelCredentials(RedisCredentialsProvider provider) {
      this.sentinelCredentials = provider;
      return this;
    }

    /**
     * Lettuce's own TLS options for a {@code rediss://} URI, instead of {@link #tls(TlsOptions)}:
     * for certificates that are not in files. They are not reloaded.
     *
     * @param ssl the options
     * @return this builder
     */
    public Builder sslOptions(SslOptions ssl) {
      this.sslOptions = ssl;
      return this;
    }

    /**
     * A name for {@code CLIENT LIST}. The tenants' users then need {@code +client|setname
     * +client|setinfo}. Default: none.
     *
     * @param name printable ASCII without spaces
     * @return this builder
     */
    public Builder clientName(String name) {
      this.clientName = name;
      return this;
    }

    /**
     * Whether writes that come close together share a buffer and a flush, which more than doubles
     * the throughput of concurrent callers. Default: true.
     *
     * @param enabled whether they do
     * @return this builder
     */
    public Builder flushConsolidation(boolean enabled) {
      this.flushConsolidation = enabled;
      return this;
    }

    /**
     * How many connections there are, how they are made and how long they live. Default: those of
     * {@link ConnectionOptions.Builder}.
     *
     * @param options the options
     * @return this builder
     */
    public Builder connections(ConnectionOptions options) {
      this.connections = options;
      return this;
    }

    /**
     * What tenants may run, where it differs from the rules of the SDK: rules for an application's
     * own commands, withheld commands, no scripts. Default: {@link CommandPolicy#standard()}.
     *
     * @param policy the policy
     * @return this builder
     */
    public Builder commands(CommandPolicy policy) {
      this.commands = policy;
      return this;
    }

    /**
     * Lets reads of one key that is absent go on to the name it had before it had its prefix.
     * Default: none. Every such read is counted in {@code tenant.redis.legacy.reads}; the deadline
     * of the command holds for all of it. It concerns what runs on shared connections, not {@link
     * TenantClient#dedicated}, transactions and {@link TenantClient#keys()}. The tenant's ACL user
     * needs the right to read its legacy names, and to run EXISTS.
     *
     * @param keys where the keys are that have no prefix yet
     * @return this builder
     */
    public Builder legacyKeys(LegacyKeys keys) {
      this.legacyKeys = Objects.requireNonNull(keys, "keys");
      return this;
    }

    /**
     * Where each tenant lives, if not all of them on the server of the builder's URI. Default: all
     * there. Further endpoints share everything with it: event loops, bounds, credentials, TLS,
     * Sentinels' credentials; each has a circuit breaker of its own. At most {@link
     * ConnectionOptions#maxEndpoints()} of them are known at a time.
     *
     * @param endpoints the mapping
     * @return this builder
     */
    public Builder endpoints(TenantEndpoints endpoints) {
      this.endpoints = Objects.requireNonNull(endpoints, "endpoints");
      return this;
    }

    /**
     * Which nodes reads go to: the primary, its replicas, or some of both. Only commands that read
     * keys go to replicas, whose data is older than the primary's by an unknown time: what a tenant
     * wrote a moment ago may not be there yet. Everything else goes to the primary. Each tenant's
     * user must be on every replica. docs/replica-reads.md says more. Default: {@link
     * ReadFrom#UPSTREAM}.
     *
     * @param nodes not {@link ReadFrom#LOWEST_LATENCY}. One of the application's own is asked when
     *     the nodes that it chooses from change, on any thread, and must not block
     * @return this builder
     * @see TenantClient#readingFrom(ReadFrom)
     */
    public Builder readFrom(ReadFrom nodes) {
      this.readFrom = Objects.requireNonNull(nodes, "nodes");
      return this;
    }

    /**
     * The replicas of the one server that the URI names. Sentinels and clusters name theirs
     * themselves. Database, TLS and all other settings are those of the URI. A replica that says
     * that it is none is not read from. Default: none.
     *
     * @param addresses each {@code host:port}
     * @return this builder
     */
    public Builder replicas(String... addresses) {
      this.replicas = List.of(addresses);
      return this;
    }

    /**
     * Builds the client. Connects nowhere.
     *
     * @return the client
     * @throws ConfigurationException with every mistake at once
     */
    public TenantRedis build() {
      return new TenantRedis(ClientSettings.of(this));
    }
  }
}
