package io.tenantredis.benchmarks;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.tenantredis.ResilienceOptions;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantRedis;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * This SDK with its defaults: a user for the tenant, guard, retry, breaker, bulkhead, no metrics
 * and observations. Or with one of these set otherwise.
 */
final class TenantRedisPeer implements Peer {

  static final String NAME = "tenant-redis";

  /** With all meters at their defaults, in Prometheus' registry. */
  static final String METERED = "tenant-redis-metered";

  /** And with an observation of each command, whose handler does nothing. */
  static final String OBSERVED = "tenant-redis-observed";

  /** Each command is sent once. */
  static final String WITHOUT_RETRIES = "tenant-redis-no-retry";

  /** The tenant's circuit breaker neither counts nor opens. */
  static final String WITHOUT_BREAKER = "tenant-redis-no-breaker";

  private final String name;
  private final TenantRedis redis;
  private final TenantClient<String, String> tenant;
  private final Data data = new Data("");

  private TenantRedisPeer(String name, TenantRedis.Builder client) {
    this.name = name;
    this.redis = client.build();
    this.tenant = redis.tenant(BenchmarkServer.TENANT);
  }

  static TenantRedisPeer plain(BenchmarkServer server) {
    return new TenantRedisPeer(NAME, client(server));
  }

  static TenantRedisPeer of(BenchmarkCluster cluster, Slots slots) {
    return new TenantRedisPeer(NAME, client(cluster.uri(), slots.template()));
  }

  static TenantRedisPeer metered(BenchmarkServer server) {
    return new TenantRedisPeer(METERED, client(server).meterRegistry(registry()));
  }

  static TenantRedisPeer observed(BenchmarkServer server) {
    ObservationRegistry observations = ObservationRegistry.create();
    observations.observationConfig().observationHandler(context -> true);
    return new TenantRedisPeer(
        OBSERVED, client(server).meterRegistry(registry()).observations(observations));
  }

  static TenantRedisPeer withoutRetries(BenchmarkServer server) {
    return new TenantRedisPeer(WITHOUT_RETRIES, client(server).maxAttempts(1));
  }

  static TenantRedisPeer withoutBreaker(BenchmarkServer server) {
    ResilienceOptions resilience = ResilienceOptions.builder().endpointCircuitBreaker(null).build();
    TenantRedisPeer peer =
        new TenantRedisPeer(WITHOUT_BREAKER, client(server).resilience(resilience));
    peer.redis
        .resilience()
        .circuitBreakers()
        .circuitBreaker(BenchmarkServer.TENANT)
        .transitionToDisabledState();
    return peer;
  }

  private static MeterRegistry registry() {
    return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  }

  /** The client's configuration, up to what a scenario is about. */
  static TenantRedis.Builder client(BenchmarkServer server) {
    TenantRedis.Builder client = client(server.uri(), "tenant:{tenant}:");
    return server.trust() == null ? client : client.tls(server.tlsOptions());
  }

  private static TenantRedis.Builder client(String uri, String prefix) {
    return TenantRedis.builder(uri)
        .keyPrefix(prefix)
        .identity("tenant_{tenant}")
        .connectTimeout(Duration.ofMillis(BenchmarkServer.TIMEOUT_MILLIS))
        .commandTimeout(Duration.ofMillis(BenchmarkServer.TIMEOUT_MILLIS))
        .credentials(
            TenantCredentialsProvider.of(
                id ->
                    TenantCredentials.of(
                        BenchmarkServer.user(id.value()), BenchmarkServer.PASSWORD)));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Sync sync(Task task) {
    Sync shared = LettuceOperations.sync(tenant.sync(), data, task);
    return shared == null
        ? i -> tenant.dedicated(connection -> LettuceOperations.alone(connection, data, task, i))
        : shared;
  }

  @Override
  public @Nullable Async async(Task task) {
    return LettuceOperations.async(tenant.async(), data, task);
  }

  @Override
  public @Nullable Reactive reactive(Task task) {
    return LettuceOperations.reactive(tenant.reactive(), data, task);
  }

  @Override
  public void close() {
    redis.close();
  }
}
