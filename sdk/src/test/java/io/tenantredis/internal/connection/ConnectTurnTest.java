package io.tenantredis.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisURI;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.ErrorCode;
import io.tenantredis.IdentityCheck;
import io.tenantredis.MetricsOptions;
import io.tenantredis.Outcome;
import io.tenantredis.TenantConnectionException;
import io.tenantredis.TenantId;
import io.tenantredis.internal.metrics.ClientMeters;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an attempt to connect whose turn has not come says of its endpoint: nothing. */
class ConnectTurnTest {

  private static final TenantIdentity ACME =
      new TenantIdentity(TenantId.of("acme"), "tenant_acme", IdentityCheck.ACL_WHOAMI);

  private final ClientResources resources = DefaultClientResources.create();
  private final TenantLettuceClient client =
      new TenantLettuceClient(resources, ClientOptions.create(), true);
  private final ConnectGate gate = new ConnectGate(1, 10, true, Runnable::run, tenant -> {});
  private final ConnectGate.Ticket hanging =
      gate.enter("another endpoint", TenantId.of("globex"), () -> {});
  private final CircuitBreaker breaker =
      CircuitBreaker.of(
          "endpoint",
          CircuitBreakerConfig.custom()
              .minimumNumberOfCalls(1)
              .permittedNumberOfCallsInHalfOpenState(1)
              .build());

  @AfterEach
  void close() {
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    resources.shutdown(0, 2, TimeUnit.SECONDS);
  }

  private CompletableFuture<VerifiedConnection> connect(Duration connectTimeout) {
    return new Connector(
            new ConnectionSettings(null, connectTimeout, Duration.ofSeconds(1), 1, 10, true, true),
            client,
            gate,
            new ClientMeters(
                new SimpleMeterRegistry(), MetricsOptions.builder().build(), System::nanoTime),
            RedisURI.create("redis://127.0.0.1:1"),
            new EndpointHealth(breaker),
            ReplicaCheck.NONE)
        .connect(ACME);
  }

  private static void assertFails(
      CompletableFuture<VerifiedConnection> attempt, ErrorCode code, String text) {
    assertThatThrownBy(() -> attempt.get(30, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            TenantConnectionException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo(code);
              assertThat(failure.outcome()).isEqualTo(Outcome.NOT_SENT);
            })
        .hasMessageContaining(text);
  }

  @Test
  void whoseTurnDidNotComeInTimeSaysSoAndIsNoFailureOfTheEndpoint() {
    assertFails(connect(Duration.ofMillis(50)), ErrorCode.TR012, "maxConcurrentConnects");
    assertThat(breaker.getMetrics().getNumberOfBufferedCalls()).isZero();
  }

  @Test
  void onlyAnAttemptThatWasMadeCountsForTheEndpoint() {
    EndpointHealth health = new EndpointHealth(breaker);
    TenantConnectionException failure =
        ConnectFailures.of(ACME.tenant(), "endpoint", new TimeoutException());
    EndpointHealth.Permission notMade = health.ask(ACME.tenant());
    notMade.giveBack();
    notMade.ended(failure);
    assertThat(breaker.getMetrics().getNumberOfBufferedCalls()).isZero();
    EndpointHealth.Permission made = health.ask(ACME.tenant());
    made.giveBack();
    assertThat(made.use()).isTrue();
    made.giveBack();
    made.ended(failure);
    assertThat(breaker.getMetrics().getNumberOfFailedCalls()).isEqualTo(1);
    assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.OPEN);
  }

  @Test
  void whoEndedBeforeItsTurnLeavesTheAttemptToOthers() {
    EndpointHealth health = new EndpointHealth(breaker);
    breaker.transitionToOpenState();
    breaker.transitionToHalfOpenState();
    EndpointHealth.Permission late = health.ask(ACME.tenant());
    assertThat(health.ask(ACME.tenant())).isNull();
    late.ended(null);
    assertThat(late.use()).isFalse();
    assertThat(health.ask(ACME.tenant())).isNotNull();
  }

  @Test
  void whoseTurnComesAsksTheEndpointsCircuitBreakerAgain() {
    CompletableFuture<VerifiedConnection> waiting = connect(Duration.ofMinutes(10));
    breaker.transitionToForcedOpenState();
    assertThat(waiting).isNotDone();
    hanging.gone();
    assertFails(waiting, ErrorCode.TR005, "circuit breaker is open");
  }

  @Test
  void whoWaitsForATurnTakesNoneOfTheAttemptsThatTryTheEndpointAgain() {
    breaker.transitionToOpenState();
    breaker.transitionToHalfOpenState();
    CompletableFuture<VerifiedConnection> waiting = connect(Duration.ofMinutes(10));
    assertThat(breaker.tryAcquirePermission()).isTrue();
    assertThat(waiting).isNotDone();
    breaker.releasePermission();
    hanging.gone();
    assertFails(waiting, ErrorCode.TR005, "127.0.0.1:1");
    Awaitility.await().until(() -> breaker.getState() == CircuitBreaker.State.OPEN);
  }
}
