package io.tenantredis;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.lettuce.core.resource.ClientResources;
import io.tenantredis.internal.client.TenantSession;
import io.tenantredis.internal.connection.ConnectionSource;
import io.tenantredis.internal.connection.Connector;
import io.tenantredis.internal.connection.Endpoints;
import io.tenantredis.internal.connection.ProbeSettings;
import io.tenantredis.internal.connection.Replicas;
import io.tenantredis.internal.connection.Shards;
import io.tenantredis.internal.connection.TenantIdentity;
import io.tenantredis.internal.connection.TenantRoute;
import io.tenantredis.internal.connection.Topology;
import io.tenantredis.internal.keyspace.CommandRules;
import io.tenantredis.internal.keyspace.Guard;
import io.tenantredis.internal.keyspace.GuardListener;
import io.tenantredis.internal.keyspace.LegacyReads;
import io.tenantredis.internal.metrics.ClientMeters;
import io.tenantredis.internal.metrics.CommandMeters;
import io.tenantredis.internal.metrics.CommandObservations;
import io.tenantredis.internal.metrics.DedicatedMeters;
import io.tenantredis.internal.path.CommandPath;
import io.tenantredis.internal.pool.ClusterConnections;
import io.tenantredis.internal.pool.ConnectPolicy;
import io.tenantredis.internal.pool.DedicatedConnections;
import io.tenantredis.internal.pool.NodeConnections;
import io.tenantredis.internal.pool.ReplicaConnections;
import io.tenantredis.internal.pool.SharedConnection;
import io.tenantredis.internal.pool.TenantConnections;
import io.tenantredis.internal.pubsub.PubSubSettings;
import io.tenantredis.internal.pubsub.TenantSubscriber;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes what belongs to one tenant while it is in use, out of what all tenants share. Thread-safe;
 * does not block.
 */
final class SessionFactory implements Function<TenantId, TenantSession> {

  private final ClientSettings settings;
  private final KeyPrefixTemplate prefixes;
  private final @Nullable IdentityTemplate identities;
  private final Places places;
  private final ClientResources resources;
  private final ClientMeters meters;
  private final @Nullable CommandObservations observations;
  private final ResilienceRegistries resilience;
  private final ResilienceOptions resilienceOptions;
  private final ConnectPolicy connectPolicy;
  private final PubSubSettings pubSubSettings;

  SessionFactory(
      ClientSettings settings,
      KeyPrefixTemplate prefixes,
      Places places,
      ClientResources resources,
      ClientMeters meters,
      @Nullable CommandObservations observations,
      ResilienceRegistries resilience,
      ResilienceOptions resilienceOptions) {
    this.settings = settings;
    this.prefixes = prefixes;
    this.identities = settings.identity == null ? null : IdentityTemplate.of(settings.identity);
    this.places = places;
    this.resources = resources;
    this.meters = meters;
    this.observations = observations;
    this.resilience = resilience;
    this.resilienceOptions = resilienceOptions;
    this.connectPolicy = settings.connectPolicy(resources.eventExecutorGroup(), meters, probes());
    this.pubSubSettings = settings.pubSubSettings(places.database());
  }

  /**
   * Where tenants live: on one server, on several, or in a cluster.
   *
   * @param connector to the server that the client was built with; null for a cluster
   * @param topology null unless it is a cluster
   * @param endpoints null if all tenants live on one server
   * @param replicas of that one server; null if there are none, or none that are known
   */
  record Places(
      int database,
      @Nullable Connector connector,
      @Nullable Topology topology,
      @Nullable Endpoints endpoints,
      @Nullable Replicas replicas) {}

  @Override
  public TenantSession apply(TenantId tenant) {
    TenantIdentity identity =
        new TenantIdentity(tenant, expectedUser(tenant), settings.identityCheck);
    KeyPrefix prefix = prefixes.prefixOf(tenant);
    GuardListener guardListener = meters.guard(tenant);
    TenantRoute route =
        places.endpoints() == null
            ? null
            : new TenantRoute(
                identity,
                places.endpoints(),
                settings.connectTimeout,
                settings.commandTimeout,
                resources.eventExecutorGroup());
    CommandMeters commandMeters = meters.commands(tenant);
    Guard guard =
        new Guard(
            tenant,
            prefix,
            settings.prefixMode,
            settings.rules,
            guardListener,
            places.topology() != null);
    DedicatedMeters dedicatedMeters = meters.dedicated(tenant);
    Function<ConnectionSource, SharedConnection> toShared =
        source ->
            new SharedConnection(
                source, identity, connectPolicy, settings.connections.sharedConnections());
    BiFunction<ConnectionSource, ConnectionSource, NodeConnections> toNode =
        (shared, dedicated) ->
            new NodeConnections(
                toShared.apply(shared),
                new DedicatedConnections(
                    dedicated,
                    identity,
                    settings.pool,
                    dedicatedMeters,
                    resources.eventExecutorGroup()));
    TenantConnections connections;
    ConnectionSource subscriptions;
    Shards shards = places.replicas();
    if (places.topology() != null) {
      ClusterConnections cluster =
          new ClusterConnections(
              places.topology(),
              identity,
              new Guard(
                  tenant, prefix, settings.prefixMode, CommandRules.standard(), guardListener),
              prefix,
              settings.pool,
              settings.commandTimeout.toNanos(),
              settings.connections.idleTime().toNanos(),
              resources.eventExecutorGroup(),
              SessionFactory::nonce,
              node -> toNode.apply(node, node));
      connections = cluster;
      shards = settings.readsReplicas() ? cluster.shards() : null;
      subscriptions = cluster.subscriptions();
    } else {
      subscriptions = source(route, TenantRoute.Use.SUBSCRIPTIONS);
      connections =
          toNode.apply(
              source(route, TenantRoute.Use.SHARED), source(route, TenantRoute.Use.DEDICATED));
    }
    ReplicaConnections replicas =
        shards == null
            ? null
            : new ReplicaConnections(
                shards,
                tenant,
                settings.readFrom,
                settings.connections.idleTime().toNanos(),
                toShared);
    RateLimiter limiter = rateLimiter(tenant);
    CircuitBreaker breaker =
        resilience.circuitBreakers().circuitBreaker(tenant.value(), meters.tags());
    Bulkhead bulkhead = resilience.bulkheads().bulkhead(tenant.value(), meters.tags());
    meters.resilience(tenant, breaker, bulkhead, limiter);
    return new TenantSession(
        tenant,
        prefix,
        guard,
        guardListener,
        CommandPath.assemble(
            tenant,
            commandMeters,
            observations,
            limiter,
            legacyReads(tenant, prefix, guard),
            resilience.retries().retry("tenant-redis"),
            breaker,
            bulkhead,
            connections,
            replicas,
            settings.connections.maxRedirects(),
            resources.eventExecutorGroup()),
        connections,
        replicas,
        commandMeters,
        observations,
        new TenantSubscriber(
            subscriptions,
            identity,
            connectPolicy,
            guard,
            guardListener,
            () -> meters.pubSub(tenant),
            pubSubSettings),
        route);
  }

  private @Nullable String expectedUser(TenantId tenant) {
    if (identities == null) {
      return null;
    }
    String user = identities.userOf(tenant);
    if (user.equals("default")) {
      throw new InvalidTenantIdException(
          "The identity of tenant '"
              + tenant
              + "' would be the user 'default', which every connection has that did not"
              + " authenticate. Use an identity such as 'tenant_{tenant}'.");
    }
    return user;
  }

  private @Nullable LegacyReads legacyReads(TenantId tenant, KeyPrefix prefix, Guard guard) {
    LegacyKeys keys = settings.legacyKeys;
    String legacyPrefix = keys == null ? null : keys.prefixOf(tenant);
    return keys == null || legacyPrefix == null
        ? null
        : new LegacyReads(
            guard,
            prefix,
            settings.prefixMode,
            legacyPrefix.getBytes(StandardCharsets.US_ASCII),
            prefixes::holds,
            rule -> keys.covers(rule.name()));
  }

  private ConnectionSource source(@Nullable TenantRoute route, TenantRoute.Use use) {
    return route == null ? Objects.requireNonNull(places.connector()) : route.source(use);
  }

  private @Nullable RateLimiter rateLimiter(TenantId tenant) {
    RateLimiterConfig config = resilienceOptions.rateLimit();
    return config == null
        ? null
        : resilience.rateLimiters().rateLimiter(tenant.value(), config, meters.tags());
  }

  private @Nullable ProbeSettings probes() {
    Duration interval = resilienceOptions.stepProbeInterval();
    return interval == null
        ? null
        : ProbeSettings.of(interval, settings.commandTimeout, SessionFactory::nonce);
  }

  private static long nonce() {
    return ThreadLocalRandom.current().nextLong();
  }
}
