package io.tenantredis.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.lettuce.core.ReadFrom;
import io.tenantredis.ConfigurationException;
import io.tenantredis.ConnectionOptions;
import io.tenantredis.MetricsOptions;
import io.tenantredis.PoolOptions;
import io.tenantredis.PubSubOptions;
import io.tenantredis.ResilienceOptions;
import io.tenantredis.ResilienceRegistries;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.TenantTags;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** The properties as the SDK's options. */
class PropertyOptionsTest {

  static PropertyOptions of(String... properties) {
    Map<String, String> values = new HashMap<>();
    for (String property : properties) {
      String[] parts = property.split("=", 2);
      values.put("tenant-redis." + parts[0], parts[1]);
    }
    return new PropertyOptions(
        new Binder(new MapConfigurationPropertySource(values))
            .bindOrCreate("tenant-redis", TenantRedisProperties.class));
  }

  /** What the getters of options say. */
  static Map<String, Object> values(Object options, String... except) throws Exception {
    Map<String, Object> values = new TreeMap<>();
    for (Method method : options.getClass().getMethods()) {
      if (method.getDeclaringClass() == options.getClass()
          && !Modifier.isStatic(method.getModifiers())
          && method.getParameterCount() == 0
          && !Set.of("toBuilder", "toString", "hashCode").contains(method.getName())
          && !Set.of(except).contains(method.getName())) {
        values.put(method.getName(), method.invoke(options));
      }
    }
    return values;
  }

  @Test
  void theDefaultsAreThoseOfTheSdk() throws Exception {
    PropertyOptions defaults = of();
    assertThat(values(defaults.connections()))
        .hasSize(16)
        .isEqualTo(values(ConnectionOptions.builder().build()));
    assertThat(values(defaults.dedicated()))
        .hasSize(7)
        .isEqualTo(values(PoolOptions.builder().build()));
    assertThat(values(defaults.pubSub(Runnable::run), "executor"))
        .hasSize(5)
        .isEqualTo(values(PubSubOptions.builder().build(), "executor"));
    assertThat(values(defaults.metrics()))
        .hasSize(3)
        .isEqualTo(values(MetricsOptions.builder().build()));
    assertThat(resilience(defaults.resilience()))
        .isEqualTo(resilience(ResilienceOptions.defaults()))
        .isEqualTo("3 16384 | 50.0 20 10 5000 | 80.0 50 10 1000");
  }

  @Test
  void everyOptionCanBeSet() throws Exception {
    assertThat(
            values(
                of(
                        "connections.max=2",
                        "connections.max-concurrent-connects=3",
                        "connections.max-endpoints=15",
                        "connections.shared-per-tenant=4",
                        "connections.idle-time=5s",
                        "connections.first-reconnect-delay=6ms",
                        "connections.longest-reconnect-delay=7s",
                        "connections.new-user-patience=8s",
                        "connections.longest-quarantine-delay=9s",
                        "connections.reverify-interval=10s",
                        "connections.credentials-poll-interval=11s",
                        "connections.primary-check-interval=12s",
                        "connections.cluster-refresh-interval=16s",
                        "connections.max-redirects=17",
                        "connections.keep-alive-idle=13s",
                        "connections.tcp-user-timeout=14s")
                    .connections()))
        .hasToString(
            "{clusterRefreshInterval=PT16S, credentialsPollInterval=PT11S, firstReconnectDelay=PT0.006S, idleTime=PT5S, keepAliveIdle=PT13S,"
                + " longestQuarantineDelay=PT9S, longestReconnectDelay=PT7S, maxConcurrentConnects=3, maxConnections=2,"
                + " maxEndpoints=15, maxRedirects=17, newUserPatience=PT8S, primaryCheckInterval=PT12S, reverifyInterval=PT10S, sharedConnections=4,"
                + " tcpUserTimeout=PT14S}");
    assertThat(
            values(
                of(
                        "dedicated.max-size=2",
                        "dedicated.min-idle=1",
                        "dedicated.max-idle-time=3s",
                        "dedicated.max-pending=4",
                        "dedicated.acquire-timeout=5s",
                        "dedicated.leak-threshold=6s",
                        "dedicated.max-buffered-commands=7")
                    .dedicated()))
        .hasToString(
            "{acquireTimeout=PT5S, leakThreshold=PT6S, maxBufferedCommands=7, maxIdleTime=PT3S, maxPending=4, maxSize=2,"
                + " minIdle=1}");
    assertThat(
            values(
                of(
                        "pub-sub.max-subscriptions=2",
                        "pub-sub.max-queued-messages=3",
                        "pub-sub.max-queued-bytes=4KB",
                        "pub-sub.max-message-bytes=5KB",
                        "pub-sub.liveness-interval=6s")
                    .pubSub(Runnable::run),
                "executor"))
        .hasToString(
            "{livenessInterval=PT6S, maxMessageBytes=5120, maxQueuedBytes=4096, maxQueuedMessages=3, maxSubscriptions=2}");
  }

  @Test
  void readsGoWhereLettucesNameSays() {
    assertThat(of().readFrom()).isSameAs(ReadFrom.UPSTREAM);
    assertThat(of("read-from=replica-preferred").readFrom()).isSameAs(ReadFrom.REPLICA_PREFERRED);
    assertThat(of("read-from=anyReplica").readFrom()).isSameAs(ReadFrom.ANY_REPLICA);
    assertThat(of("read-from=regex:zone-a-.*").readFrom()).isNotNull();
    assertThatThrownBy(() -> of("read-from=elsewhere").readFrom())
        .hasMessageContaining("There are no nodes 'elsewhere'");
  }

  @Test
  void theMetricsPolicyIsOneOfFour() {
    assertThat(of("metrics.tenant-tag=off").metrics().tenants()).isEqualTo(TenantTags.off());
    assertThat(of("metrics.tenant-tag=all").metrics().tenants()).isEqualTo(TenantTags.all());
    assertThat(of("metrics.tagged-tenants=7").metrics().tenants()).isEqualTo(TenantTags.busiest(7));
    assertThat(
            of("metrics.tenant-tag=allowed", "metrics.allowed-tenants=acme,globex")
                .metrics()
                .tenants())
        .isEqualTo(TenantTags.only(Set.of(TenantId.of("acme"), TenantId.of("globex"))));
    assertThat(of("metrics.name=cache", "metrics.histograms=true").metrics().histograms()).isTrue();
    assertThatThrownBy(() -> of("metrics.allowed-tenants=acme").metrics())
        .hasMessageContaining("tenant-tag 'allowed'");
    assertThatThrownBy(() -> of("metrics.tenant-tag=allowed").metrics())
        .hasMessageContaining("allowed-tenants");
  }

  @Test
  void resilienceIsAsThePropertiesSay() {
    assertThat(
            resilience(
                of(
                        "retry.max-attempts=5",
                        "max-concurrent-calls=9",
                        "circuit-breaker.failure-rate-threshold=11",
                        "circuit-breaker.minimum-number-of-calls=12",
                        "circuit-breaker.sliding-window=13s",
                        "circuit-breaker.open-time=14s",
                        "endpoint-circuit-breaker.failure-rate-threshold=15",
                        "endpoint-circuit-breaker.minimum-number-of-calls=16",
                        "endpoint-circuit-breaker.sliding-window=17s",
                        "endpoint-circuit-breaker.open-time=18s")
                    .resilience()))
        .isEqualTo("5 9 | 11.0 12 13 14000 | 15.0 16 17 18000");
    assertThat(resilience(of("endpoint-circuit-breaker.enabled=false").resilience()))
        .endsWith("| none");
  }

  private static String resilience(ResilienceOptions options) {
    try (TenantRedis redis =
        TenantRedis.builder("redis://localhost:1").withoutAclUsers().resilience(options).build()) {
      ResilienceRegistries registries = redis.resilience();
      return registries.retries().getDefaultConfig().getMaxAttempts()
          + " "
          + registries.bulkheads().getDefaultConfig().getMaxConcurrentCalls()
          + " | "
          + breaker(registries.circuitBreakers().getDefaultConfig())
          + " | "
          + registries
              .circuitBreakers()
              .find("endpoint localhost:1")
              .map(endpoint -> breaker(endpoint.getCircuitBreakerConfig()))
              .orElse("none");
    }
  }

  private static String breaker(CircuitBreakerConfig config) {
    return config.getFailureRateThreshold()
        + " "
        + config.getMinimumNumberOfCalls()
        + " "
        + config.getSlidingWindowSize()
        + " "
        + config.getWaitIntervalFunctionInOpenState().apply(1);
  }

  @Test
  void allMistakesOfAGroupAreSaid() {
    assertThatThrownBy(() -> of("dedicated.max-size=0", "dedicated.max-pending=-1").dedicated())
        .isInstanceOfSatisfying(
            ConfigurationException.class,
            mistakes -> assertThat(mistakes.problems()).hasSizeGreaterThanOrEqualTo(2));
  }
}
