package io.tenantredis.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.tenantredis.TenantLimitException;
import io.tenantredis.TenantRedis;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** One tenant's trouble is not the server's. */
class HealthTest {

  /** More than are asked at a time. */
  static final String[] MANY =
      IntStream.range(0, 14).mapToObj(tenant -> "tenant" + tenant).toArray(String[]::new);

  RedisServer server;
  ApplicationContextRunner runner;

  @BeforeEach
  void start() {
    server = TestTenants.server(MANY);
    runner =
        new ApplicationContextRunner()
            .withConfiguration(
                AutoConfigurations.of(
                    TenantRedisAutoConfiguration.class, TenantRedisActuatorAutoConfiguration.class))
            .withPropertyValues(TestTenants.properties(server, MANY))
            .withPropertyValues(
                "tenant-redis.command-timeout=30s", "tenant-redis.connect-timeout=30s");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  static Health health(ApplicationContext context) {
    return context.getBean("redisHealthIndicator", HealthIndicator.class).health();
  }

  static void ping(ApplicationContext context, String tenant) {
    context.getBean(TenantRedis.class).tenant(tenant).sync().ping();
  }

  static CircuitBreaker breaker(ApplicationContext context, String tenant) {
    return context
        .getBean(TenantRedis.class)
        .resilience()
        .circuitBreakers()
        .find(tenant)
        .orElseThrow();
  }

  @Test
  void aTenantThatIsNotLetInWasAnswered() {
    runner.run(
        context -> {
          ping(context, "tenant0");
          server.admin().command("ACL", "SETUSER", "tenant_tenant0", "off");
          server.admin().command("CLIENT", "KILL", "USER", "tenant_tenant0");
          Awaitility.await()
              .atMost(Duration.ofSeconds(60))
              .untilAsserted(
                  () ->
                      assertThatThrownBy(() -> ping(context, "tenant0"))
                          .hasMessageContaining("SEC002"));
          assertThat(health(context).getStatus()).isEqualTo(Status.UP);
        });
  }

  @Test
  void aTenantThatMayNotAskWasAnswered() {
    runner.run(
        context -> {
          ping(context, "tenant0");
          server.admin().command("ACL", "SETUSER", "tenant_tenant0", "-ping");
          assertThatThrownBy(() -> ping(context, "tenant0")).hasMessageContaining("SEC003");
          assertThat(health(context).getStatus()).isEqualTo(Status.UP);
        });
  }

  @Test
  void aTenantThatIsAtItsLimitSaysNothingAndOthersAreAskedInTurn() {
    runner
        .withPropertyValues("tenant-redis.rate-limit.calls=2", "tenant-redis.rate-limit.period=1h")
        .run(
            context -> {
              for (int i = 1; i < MANY.length; i++) {
                ping(context, MANY[i]);
                ping(context, MANY[i]);
                String flooding = MANY[i];
                assertThatThrownBy(() -> ping(context, flooding))
                    .isInstanceOf(TenantLimitException.class);
              }
              assertThat(health(context).getStatus()).isEqualTo(Status.UNKNOWN);
              ping(context, MANY[0]);
              assertThat(new Status[] {health(context).getStatus(), health(context).getStatus()})
                  .contains(Status.UP)
                  .doesNotContain(Status.DOWN);
            });
  }

  @Test
  void anOpenCircuitBreakerIsTheTenantsOwnAsLongAsAnotherTenantIsAnswered() {
    runner.run(
        context -> {
          ping(context, "tenant0");
          breaker(context, "tenant0").transitionToForcedOpenState();
          assertThatTheServerIsDown(health(context));
          ping(context, "tenant1");
          assertThat(health(context).getStatus()).isEqualTo(Status.UP);
          breaker(context, "tenant1").transitionToForcedOpenState();
          assertThatTheServerIsDown(health(context));
        });
  }

  /** As with a server that hangs: some wait for it up to their limit. */
  @Test
  void aLimitDoesNotSpeakForTheServerBesideAnOpenCircuitBreaker() {
    runner
        .withPropertyValues("tenant-redis.rate-limit.calls=2", "tenant-redis.rate-limit.period=1h")
        .run(
            context -> {
              ping(context, "tenant0");
              ping(context, "tenant0");
              ping(context, "tenant1");
              breaker(context, "tenant1").transitionToForcedOpenState();
              assertThatTheServerIsDown(health(context));
            });
  }

  private static void assertThatTheServerIsDown(Health health) {
    assertThat(health.getStatus()).isEqualTo(Status.DOWN);
    assertThat(health.getDetails()).containsEntry("error", "TR007 CIRCUIT_OPEN");
  }
}
