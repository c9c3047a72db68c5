package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.lettuce.core.ScriptOutputType;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.docs.MeterDocumentation;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.tenantredis.internal.metrics.TenantRedisMeter;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What METRICS.md promises, seen in a registry while real servers are used. */
class MetersTest {

  private static final Map<String, MeterDocumentation> DECLARED =
      Arrays.stream(TenantRedisMeter.values())
          .collect(Collectors.toMap(MeterDocumentation::getName, Function.identity()));

  static RedisServer server;

  final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  @BeforeAll
  static void startServer() {
    server = Tenants.confined().start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @AfterEach
  void closeRegistry() {
    registry.close();
  }

  private TenantRedis.Builder client() {
    return Tenants.client(server).meterRegistry(registry);
  }

  private double count(TenantRedisMeter meter, String... tags) {
    return registry.find(meter.getName()).tags(tags).counters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }

  private long timed(String... tags) {
    return registry.find("db.client.operation.duration").tags(tags).timers().stream()
        .mapToLong(timer -> timer.count())
        .sum();
  }

  @Test
  void aCommandIsTimedByItsNameOutcomeAndTheWordOfTheServersError() {
    try (TenantRedis redis = client().build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      assertThat(catchThrowable(() -> acme.sync().incr("k"))).isNotNull();
      assertThat(catchThrowable(() -> acme.sync().lpush("k", "v"))).isNotNull();
      assertThat(
              catchThrowable(
                  () ->
                      acme.sync()
                          .eval(
                              "return redis.error_reply('SECRETWORD v')",
                              ScriptOutputType.STATUS,
                              "k")))
          .isNotNull();
      assertThat(
              timed(
                  "tenant",
                  "acme",
                  "db.operation.name",
                  "SET",
                  "error.type",
                  "none",
                  "outcome",
                  "success",
                  "db.response.status_code",
                  "none"))
          .isEqualTo(1);
      assertThat(timed("db.operation.name", "INCR", "db.response.status_code", "ERR")).isEqualTo(1);
      assertThat(timed("db.operation.name", "LPUSH", "db.response.status_code", "WRONGTYPE"))
          .isEqualTo(1);
      assertThat(
              timed(
                  "db.operation.name",
                  "EVAL",
                  "db.response.status_code",
                  "other",
                  "outcome",
                  "unknown"))
          .isEqualTo(1);
      assertThat(count(TenantRedisMeter.OUTCOME_UNKNOWN, "db.operation.name", "EVAL")).isEqualTo(1);
    }
  }

  @Test
  void aRegistryThatThrowsCostsNoCommand() {
    registry
        .config()
        .meterFilter(
            MeterFilter.deny(
                id -> {
                  if (id.getName().equals("db.client.operation.duration")) {
                    throw new IllegalStateException("a filter of the application");
                  }
                  return false;
                }));
    try (TenantRedis redis = client().build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      assertThat(acme.sync().get("k")).isEqualTo("v");
      assertThat(catchThrowable(() -> acme.sync().lpush("k", "v")))
          .isInstanceOf(TenantCommandException.class);
    }
  }

  @Test
  void aDenialOfTheServersAclIsCounted() {
    server.admin().command("ACL", "SETUSER", "tenant_globex", "-strlen");
    try (TenantRedis redis = client().build()) {
      assertThat(catchThrowable(() -> redis.tenant("globex").sync().strlen("k")))
          .isInstanceOf(TenantPermissionDeniedException.class);
      assertThat(
              count(
                  TenantRedisMeter.PERMISSION_DENIED,
                  "tenant",
                  "globex",
                  "db.operation.name",
                  "STRLEN"))
          .isEqualTo(1);
      assertThat(timed("db.operation.name", "STRLEN", "db.response.status_code", "NOPERM"))
          .isEqualTo(1);
    } finally {
      server.admin().command("ACL", "SETUSER", "tenant_globex", "+strlen");
    }
  }

  @Test
  void identityChecksAreCountedByWhatTheServerAnswered() {
    try (TenantRedis redis = client().build();
        TenantRedis others = client().identity("somebody_{tenant}").build()) {
      redis.tenant("acme").sync().get("k");
      assertThat(catchThrowable(() -> others.tenant("acme").sync().get("k"))).isNotNull();
      assertThat(count(TenantRedisMeter.IDENTITY_CHECKS, "result", "confirmed")).isEqualTo(1);
      Awaitility.await()
          .until(() -> count(TenantRedisMeter.IDENTITY_CHECKS, "result", "mismatch") > 0);
    }
  }

  @Test
  void aConnectionInPlaceOfALostOneIsCounted() {
    try (TenantRedis redis = client().build()) {
      redis.tenant("acme").sync().get("k");
      assertThat(count(TenantRedisMeter.RECONNECTS)).isZero();
      server.admin().command("CLIENT", "KILL", "USER", "tenant_acme");
      Awaitility.await()
          .until(
              () -> {
                whateverComesOf(() -> redis.tenant("acme").sync().get("k"));
                return count(TenantRedisMeter.RECONNECTS, "tenant", "acme") == 1;
              });
    }
  }

  @Test
  void openConnectionsAreUsedOrIdle() {
    try (TenantRedis redis = client().build()) {
      redis.tenant("acme").sync().get("k");
      assertThat(connections("used")).isEqualTo(1);
      redis.tenant("acme").dedicated(connection -> connection.sync().get("k"));
      Awaitility.await().until(() -> connections("idle") == 1 && connections("used") == 1);
      assertThat(registry.find("db.client.connection.use_time").timer().count()).isEqualTo(1);
      assertThat(registry.find("db.client.connection.wait_time").timer().count()).isEqualTo(1);
    }
  }

  private double connections(String state) {
    return registry
        .get("db.client.connection.count")
        .tag("db.client.connection.state", state)
        .gauge()
        .value();
  }

  @Test
  void whatResilience4jKnowsOfATenantIsShownForTheBreakerInUse() {
    try (TenantRedis redis = client().build()) {
      redis.tenant("acme").sync().get("k");
      CircuitBreaker breaker = redis.resilience().circuitBreakers().circuitBreaker("acme");
      Gauge open =
          registry
              .get("resilience4j.circuitbreaker.state")
              .tags("name", "acme", "state", "open")
              .gauge();
      assertThat(open.value()).isZero();
      breaker.transitionToOpenState();
      System.gc();
      assertThat(open.value()).isEqualTo(1);
      assertThat(catchThrowable(() -> redis.tenant("acme").sync().get("k"))).isNotNull();
      assertThat(timed("error.type", "TR007_CIRCUIT_OPEN")).isEqualTo(1);
      assertThat(registry.find("resilience4j.bulkhead.available.concurrent.calls").gauges())
          .hasSize(1);
      assertThat(registry.find("resilience4j.circuitbreaker.calls").meters()).isEmpty();
      assertThat(
              registry
                  .get("resilience4j.circuitbreaker.state")
                  .tags("name", "endpoint " + server.host() + ":" + server.port())
                  .gauges())
          .isNotEmpty();
    }
  }

  @Test
  void clientsOnOneRegistryHaveMetersOfTheirOwn() {
    try (TenantRedis first = client().build();
        TenantRedis second = client().build()) {
      first.tenant("acme").sync().get("k");
      second.tenant("acme").sync().get("k");
      second.tenant("globex").sync().get("k");
      for (String name : new String[] {"tenant-redis", "tenant-redis-2"}) {
        assertThat(
                registry
                    .get("db.client.connection.count")
                    .tags(
                        "db.client.connection.pool.name",
                        name,
                        "db.client.connection.state",
                        "used")
                    .gauge()
                    .value())
            .isEqualTo(name.endsWith("-2") ? 2 : 1);
      }
      second.close(TenantId.of("acme"));
      assertThat(timed("tenant", "acme", "db.client.connection.pool.name", "tenant-redis-2"))
          .isZero();
      assertThat(timed("tenant", "acme", "db.client.connection.pool.name", "tenant-redis"))
          .isEqualTo(1);
      second.close();
      assertThat(registry.find("db.client.connection.count").gauges()).hasSize(2);
    }
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void anEvictedTenantLeavesNoMeterBehind() {
    try (TenantRedis redis =
        client()
            .connections(ConnectionOptions.builder().idleTime(Duration.ofSeconds(3)).build())
            .build()) {
      redis.tenant("acme").sync().get("k");
      assertThat(registry.getMeters()).anyMatch(MetersTest::isOfAcme);
      Awaitility.await().until(() -> registry.getMeters().stream().noneMatch(MetersTest::isOfAcme));
      Awaitility.await().until(() -> count(TenantRedisMeter.EVICTIONS, "reason", "idle") == 1);
      redis.tenant("acme").sync().get("k");
      assertThat(timed("tenant", "acme")).isEqualTo(1);
    }
  }

  private static void whateverComesOf(ThrowingCallable call) {
    Throwable ignored = catchThrowable(call);
  }

  private static boolean isOfAcme(Meter meter) {
    return meter.getId().getTags().stream().map(Tag::getValue).anyMatch("acme"::equals);
  }

  @Test
  void timersPublishTheBucketsOfOpenTelemetryWhenAsked() {
    try (TenantRedis redis =
        client()
            .metrics(MetricsOptions.builder().histograms(true).name("orders").build())
            .build()) {
      redis.tenant("acme").sync().get("k");
      assertThat(registry.scrape())
          .contains("db_client_operation_duration_seconds_bucket{")
          .contains("le=\"0.005\"")
          .contains("db_client_connection_pool_name=\"orders\"");
    }
    try (TenantRedis redis = client().build()) {
      redis.tenant("acme").sync().get("k");
      assertThat(registry.scrape()).doesNotContain("_bucket{");
    }
  }

  @Test
  void everyMeterIsDeclaredWithExactlyItsTags() {
    try (WireProxy proxy = WireProxy.to(server);
        TenantRedis redis =
            TenantRedis.builder(proxy.uri())
                .identity("tenant_{tenant}")
                .credentials(Tenants.credentials())
                .meterRegistry(registry)
                .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      acme.dedicated(connection -> connection.sync().get("k"));
      whateverComesOf(() -> acme.sync().flushall());
      whateverComesOf(() -> acme.sync().incr("k"));
      whateverComesOf(() -> redis.tenant("nobody").sync().get("k"));
      assertThat(registry.getMeters())
          .map(Meter::getId)
          .filteredOn(id -> !id.getName().startsWith("resilience4j."))
          .hasSizeGreaterThan(10)
          .allSatisfy(
              id -> {
                MeterDocumentation declared = DECLARED.get(id.getName());
                assertThat(declared).as(id.getName()).isNotNull();
                assertThat(id.getType()).isEqualTo(declared.getType());
                assertThat(id.getTags().stream().map(Tag::getKey))
                    .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(declared.getKeyNames()).map(KeyName::asString).toList());
              });
    }
  }
}
