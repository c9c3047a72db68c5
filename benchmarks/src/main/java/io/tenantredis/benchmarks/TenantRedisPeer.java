package io.tenantredis.benchmarks;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantRedis;

/**
 * This SDK with its defaults: a user for the tenant, guard, retry, breaker, bulkhead. Metrics and
 * observations go nowhere, or each to what an application would give them.
 */
final class TenantRedisPeer implements Peer {

  static final String NAME = "tenant-redis";

  /** With all meters at their defaults, in Prometheus' registry. */
  static final String METERED = "tenant-redis-metered";

  /** And with an observation of each command, whose handler does nothing. */
  static final String OBSERVED = "tenant-redis-observed";

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

  static TenantRedisPeer metered(BenchmarkServer server) {
    return new TenantRedisPeer(METERED, client(server).meterRegistry(registry()));
  }

  static TenantRedisPeer observed(BenchmarkServer server) {
    ObservationRegistry observations = ObservationRegistry.create();
    observations.observationConfig().observationHandler(context -> true);
    return new TenantRedisPeer(
        OBSERVED, client(server).meterRegistry(registry()).observations(observations));
  }

  private static MeterRegistry registry() {
    return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  }

  static TenantRedis.Builder client(BenchmarkServer server) {
    return TenantRedis.builder(server.uri())
        .keyPrefix("tenant:{tenant}:")
        .identity("tenant_{tenant}")
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
    return LettuceOperations.sync(tenant.sync(), data, task);
  }

  @Override
  public Async async(Task task) {
    return LettuceOperations.async(tenant.async(), data, task);
  }

  @Override
  public Reactive reactive(Task task) {
    return LettuceOperations.reactive(tenant.reactive(), data, task);
  }

  @Override
  public void close() {
    redis.close();
  }
}
