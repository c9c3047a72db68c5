package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.lettuce.core.RedisCommandInterruptedException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.json.JsonPath;
import io.tenantredis.internal.error.ErrorClass;
import io.tenantredis.internal.error.ServerError;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;

/** Retries row by row, deadlines, cancellation, breakers and limits. */
class RetryPolicyTest {

  private static final Set<ErrorClass> RETRIED =
      Set.of(ErrorClass.RETRY_SAFE, ErrorClass.REDIRECT, ErrorClass.RECONNECT);

  static RedisServer server;
  WireProxy proxy;

  @BeforeAll
  static void startServer() {
    server = Tenants.confined().start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void openProxy() {
    server.admin().command("FLUSHALL");
    proxy = WireProxy.to(server);
  }

  @AfterEach
  void closeProxy() {
    proxy.close();
  }

  private TenantRedis.Builder client(ResilienceOptions.Builder options) {
    return TenantRedis.builder(proxy.uri())
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials())
        .resilience(options.build());
  }

  private static ResilienceOptions.Builder options() {
    return ResilienceOptions.builder();
  }

  private static Bulkhead bulkhead(TenantRedis redis, String tenant) {
    return redis.resilience().bulkheads().find(tenant).orElseThrow();
  }

  private static CircuitBreaker breaker(TenantRedis redis, String tenant) {
    return redis.resilience().circuitBreakers().find(tenant).orElseThrow();
  }

  private static void assertNothingHeld(TenantRedis redis, String tenant) {
    await()
        .untilAsserted(
            () ->
                assertThat(bulkhead(redis, tenant).getMetrics().getAvailableConcurrentCalls())
                    .isEqualTo(
                        bulkhead(redis, tenant).getMetrics().getMaxAllowedConcurrentCalls()));
  }

  @ParameterizedTest
  @EnumSource(ServerError.class)
  void aCommandThatMustNotRunTwiceIsSentAgainExactlyAfterErrorsThatProveItDidNotRun(
      ServerError error) {
    try (TenantRedis redis = client(options()).build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      proxy.onCommand("INCR").answerError(error.name() + " pretended");
      if (RETRIED.contains(error.errorClass())) {
        assertThat(acme.sync().incr("counter")).isEqualTo(1);
        assertThat(proxy.commandsSeen("INCR")).isEqualTo(2);
      } else {
        assertThatThrownBy(() -> acme.sync().incr("counter"))
            .isInstanceOf(TenantRedisFailure.class);
        assertThat(proxy.commandsSeen("INCR")).isEqualTo(1);
      }
    }
  }

  @Test
  void whatTheApplicationMarksAsNotToBeRetriedIsSentOnce() {
    try (TenantRedis redis = client(options()).build()) {
      TenantClient<String, String> once = redis.tenant("acme").retrying(RetryMode.NEVER);
      proxy.onCommand("GET").answerError("LOADING pretended");
      assertThatThrownBy(() -> once.sync().get("k")).isInstanceOf(TenantLoadingException.class);
      assertThat(proxy.commandsSeen("GET")).isEqualTo(1);
      assertThat(redis.tenant("acme").sync().get("k")).isNull();
    }
  }

  @Test
  void whatTheApplicationMarksAsSafeIsSentAgainThoughItMayHaveRun() {
    try (TenantRedis redis = client(options()).build()) {
      TenantClient<String, String> safe = redis.tenant("acme").retrying(RetryMode.ALWAYS);
      proxy.onCommand("INCR").resetAfterForwarding();
      assertThat(safe.sync().incr("counter")).isEqualTo(2);
      proxy.onCommand("EVAL").answerError("LOADING pretended");
      assertThat(safe.sync().<Long>eval("return 7", ScriptOutputType.INTEGER)).isEqualTo(7);
      proxy.onCommand("EVAL").answerError("NOPERM pretended");
      assertThatThrownBy(() -> safe.sync().eval("return 7", ScriptOutputType.INTEGER))
          .isInstanceOf(TenantPermissionDeniedException.class);
      assertThat(proxy.commandsSeen("EVAL")).isEqualTo(3);
    }
  }

  @Test
  void noMoreAttemptsAreMadeThanConfigured() {
    try (TenantRedis redis = client(options().maxAttempts(4)).build()) {
      proxy.onCommand("GET").always().answerError("LOADING pretended");
      assertThatThrownBy(() -> redis.tenant("acme").sync().get("k"))
          .isInstanceOf(TenantLoadingException.class);
      assertThat(proxy.commandsSeen("GET")).isEqualTo(4);
    }
  }

  @Test
  void attemptsAndTheWaitsBetweenThemEndAtTheDeadline() {
    try (TenantRedis redis =
        client(
                options()
                    .maxAttempts(100)
                    .retryDelay(Duration.ofMillis(300), Duration.ofMillis(300)))
            .commandTimeout(Duration.ofSeconds(4))
            .build()) {
      redis.tenant("acme").sync().get("k");
      proxy.onCommand("GET").always().answerError("LOADING pretended");
      long start = System.nanoTime();
      assertThatThrownBy(() -> redis.tenant("acme").sync().get("k"))
          .isInstanceOf(TenantRedisFailure.class);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(12));
      assertThat(proxy.commandsSeen("GET")).isBetween(3L, 30L);
    }
  }

  @Test
  void waitingForAConnectionEndsAtTheDeadline() {
    try (TenantRedis redis =
        client(options())
            .connectTimeout(Duration.ofSeconds(60))
            .commandTimeout(Duration.ofMillis(300))
            .build()) {
      proxy.blackHole();
      long start = System.nanoTime();
      assertThatThrownBy(() -> redis.tenant("acme").sync().incr("counter"))
          .isInstanceOfSatisfying(
              TenantTimeoutException.class,
              late -> assertThat(late.outcome()).isEqualTo(Outcome.NOT_SENT));
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
      assertNothingHeld(redis, "acme");
    }
  }

  @Test
  void aCallCancelledBetweenAttemptsEndsAtOnceAndHoldsNothing() {
    try (TenantRedis redis =
        client(
                options()
                    .maxConcurrentCalls(1)
                    .retryDelay(Duration.ofSeconds(30), Duration.ofSeconds(30)))
            .commandTimeout(Duration.ofMinutes(2))
            .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().get("k");
      proxy.onCommand("INCR").answerError("LOADING pretended");
      RedisFuture<Long> waiting = acme.async().incr("counter");
      await().until(() -> proxy.commandsSeen("INCR") == 1);
      assertNothingHeld(redis, "acme");
      assertThat(acme.sync().get("k")).isNull();
      waiting.cancel(true);
      assertThat(waiting.toCompletableFuture()).isCancelled();
      assertThat(acme.sync().incr("counter")).isEqualTo(1);
    }
  }

  @Test
  void aCallCancelledWhileItWaitsForAConnectionHoldsNothing() {
    try (TenantRedis redis =
        client(options().maxConcurrentCalls(1))
            .connectTimeout(Duration.ofSeconds(60))
            .commandTimeout(Duration.ofSeconds(60))
            .build()) {
      proxy.blackHole();
      TenantClient<String, String> acme = redis.tenant("acme");
      for (int i = 0; i < 100; i++) {
        RedisFuture<String> waiting = acme.async().get("k");
        assertThat(bulkhead(redis, "acme").getMetrics().getAvailableConcurrentCalls()).isZero();
        waiting.cancel(true);
        assertThat(bulkhead(redis, "acme").getMetrics().getAvailableConcurrentCalls()).isOne();
      }
    }
  }

  @Test
  void aSubscriptionCancelledWhileItWaitsForAConnectionHoldsNothing() {
    try (TenantRedis redis =
        client(options().maxConcurrentCalls(1))
            .connectTimeout(Duration.ofSeconds(60))
            .commandTimeout(Duration.ofSeconds(60))
            .build()) {
      proxy.blackHole();
      TenantClient<String, String> acme = redis.tenant("acme");
      for (int i = 0; i < 3; i++) {
        Disposable waiting = acme.reactive().get("k").subscribe();
        assertThat(bulkhead(redis, "acme").getMetrics().getAvailableConcurrentCalls()).isZero();
        waiting.dispose();
        assertNothingHeld(redis, "acme");
      }
    }
  }

  @Test
  void anInterruptedCallerLeavesNothingBehind() throws Exception {
    try (TenantRedis redis =
        client(options().maxConcurrentCalls(1)).connectTimeout(Duration.ofSeconds(60)).build()) {
      proxy.blackHole();
      TenantClient<String, String> acme = redis.tenant("acme");
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread caller =
          new Thread(
              () -> {
                try {
                  acme.sync().get("k");
                } catch (RuntimeException failure) {
                  thrown.set(failure);
                }
              });
      caller.start();
      await().until(() -> bulkhead(redis, "acme").getMetrics().getAvailableConcurrentCalls() == 0);
      caller.interrupt();
      caller.join(TimeUnit.SECONDS.toMillis(10));
      assertThat(thrown.get()).isInstanceOf(RedisCommandInterruptedException.class);
      assertNothingHeld(redis, "acme");
    }
  }

  @Test
  void whatTheApplicationDoesWrongDoesNotOpenTheBreaker() {
    try (TenantRedis redis = client(options()).build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      for (String error : new String[] {"WRONGTYPE x", "NOPERM x", "OOM x", "TRYAGAIN x"}) {
        proxy.onCommand("GET").times(20).answerError(error);
        for (int i = 0; i < 20; i++) {
          try {
            acme.retrying(RetryMode.NEVER).sync().get("k");
          } catch (RuntimeException expected) {
            assertThat(expected).isInstanceOf(TenantRedisFailure.class);
          }
        }
      }
      assertThat(breaker(redis, "acme").getState()).isEqualTo(CircuitBreaker.State.CLOSED);
      assertThat(breaker(redis, "acme").getMetrics().getNumberOfFailedCalls()).isZero();
    }
  }

  @Test
  void anOpenBreakerTurnsAwayItsOwnTenantAlone() {
    try (TenantRedis redis = client(options()).build()) {
      redis.tenant("globex").sync().set("k", "v");
      TenantClient<String, String> acme = redis.tenant("acme").retrying(RetryMode.NEVER);
      proxy.onCommand("GET tenant:acme:k").always().answerError("LOADING pretended");
      for (int i = 0; i < 20; i++) {
        assertThatThrownBy(() -> acme.sync().get("k")).isInstanceOf(TenantLoadingException.class);
      }
      assertThatThrownBy(() -> acme.sync().get("k"))
          .isInstanceOfSatisfying(
              TenantLimitException.class,
              open -> assertThat(open.code()).isEqualTo(ErrorCode.TR007));
      assertThat(breaker(redis, "acme").getState()).isEqualTo(CircuitBreaker.State.OPEN);
      assertThat(redis.tenant("globex").sync().get("k")).isEqualTo("v");
      assertNothingHeld(redis, "acme");
    }
  }

  @Test
  void oneTenantsRateLimitIsNotUsedUpByAnother() {
    try (TenantRedis redis = client(options().rateLimit(3, Duration.ofMinutes(10))).build()) {
      for (String tenant : new String[] {"acme", "globex"}) {
        for (int i = 0; i < 3; i++) {
          redis.tenant(tenant).sync().get("k");
        }
        assertThatThrownBy(() -> redis.tenant(tenant).sync().get("k"))
            .isInstanceOfSatisfying(
                TenantLimitException.class,
                limited -> {
                  assertThat(limited.code()).isEqualTo(ErrorCode.TR008);
                  assertThat(limited.outcome()).isEqualTo(Outcome.NOT_SENT);
                });
      }
      assertThat(proxy.commandsSeen("GET")).isEqualTo(6);
      assertNothingHeld(redis, "acme");
    }
  }

  @Test
  void theEndpointsBreakerSparesAnEndpointThatManyTenantsCannotReach() {
    CircuitBreakerConfig four =
        CircuitBreakerConfig.custom()
            .minimumNumberOfCalls(4)
            .slidingWindowSize(4)
            .waitDurationInOpenState(Duration.ofMinutes(10))
            .build();
    try (TenantRedis redis =
        client(options().maxAttempts(1).endpointCircuitBreaker(four)).build()) {
      proxy.refuseConnections();
      for (int i = 0; i < 4; i++) {
        TenantClient<String, String> tenant = redis.tenant("t" + i);
        assertThatThrownBy(() -> tenant.sync().get("k"))
            .isInstanceOf(TenantConnectionException.class);
      }
      CircuitBreaker endpoint = breaker(redis, "endpoint 127.0.0.1:" + proxy.port());
      // Those who wait learn of a failed attempt before the breaker does.
      await().until(() -> endpoint.getState() == CircuitBreaker.State.OPEN);
      assertThatThrownBy(() -> redis.tenant("acme").sync().get("k"))
          .isInstanceOf(TenantConnectionException.class)
          .hasMessageContaining("circuit breaker");
      proxy.heal();
      endpoint.transitionToClosedState();
      await()
          .ignoreExceptions()
          .until(() -> redis.tenant("acme").sync().set("k", "v").equals("OK"));
    }
  }

  private static CircuitBreakerConfig afterFourCalls() {
    return CircuitBreakerConfig.custom()
        .minimumNumberOfCalls(4)
        .slidingWindowSize(4)
        .waitDurationInOpenState(Duration.ofMinutes(10))
        .build();
  }

  @Test
  void oneTenantWhoseConnectionsAlwaysFailDoesNotKeepTheOthersFromConnecting() {
    CircuitBreakerConfig never = CircuitBreakerConfig.custom().minimumNumberOfCalls(10_000).build();
    try (TenantRedis redis =
        client(
                options()
                    .maxAttempts(1)
                    .circuitBreaker(never)
                    .endpointCircuitBreaker(afterFourCalls()))
            .build()) {
      proxy
          .onCommands(command -> command.args().contains("tenant_acme"))
          .always()
          .resetBeforeForwarding();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                assertThatThrownBy(() -> redis.tenant("acme").sync().get("k"))
                    .isInstanceOf(TenantConnectionException.class);
                return proxy.connectionsAccepted() >= 6;
              });
      CircuitBreaker endpoint = breaker(redis, "endpoint 127.0.0.1:" + proxy.port());
      assertThat(endpoint.getState()).isEqualTo(CircuitBreaker.State.CLOSED);
      assertThat(redis.tenant("globex").sync().set("k", "v")).isEqualTo("OK");
    }
  }

  @Test
  void aCredentialsProviderThatNeverAnswersIsNoFailureOfTheEndpoint() {
    try (TenantRedis redis =
        TenantRedis.builder(proxy.uri())
            .identity("tenant_{tenant}")
            .credentials(
                tenant ->
                    tenant.value().equals("globex")
                        ? Tenants.credentials().credentials(tenant)
                        : new CompletableFuture<>())
            .connectTimeout(Duration.ofSeconds(3))
            .commandTimeout(Duration.ofSeconds(30))
            .resilience(options().maxAttempts(1).endpointCircuitBreaker(afterFourCalls()).build())
            .build()) {
      List<Future<String>> waiting = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        waiting.add(redis.tenant("t" + i).async().get("k").toCompletableFuture());
      }
      for (Future<String> one : waiting) {
        assertThatThrownBy(() -> one.get(20, TimeUnit.SECONDS))
            .cause()
            .isInstanceOfSatisfying(
                TenantConnectionException.class,
                late -> assertThat(late.code()).isEqualTo(ErrorCode.TR011));
      }
      assertThat(redis.tenant("globex").sync().set("k", "v")).isEqualTo("OK");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "JSON.SET | ERR new objects must be created at the root | UNKNOWN",
        "JSON.SET | Path '$.a' does not exist | UNKNOWN",
        "JSON.SET | ERR unknown command 'JSON.SET', with args beginning with: | REJECTED",
        "JSON.SET | ERR wrong number of arguments for 'json.set' command | REJECTED",
        "JSON.SET | NOPERM this user has no permissions to run the 'json.set' command | REJECTED",
        "JSON.SET | OOM command not allowed when used memory > 'maxmemory'. | REJECTED",
        "JSON.TYPE | ERR Path '$.a' does not exist | REJECTED",
        "JSON.TYPE | Unknown index name | REJECTED",
        "SET | ERR syntax error | REJECTED"
      })
  void whatAModuleSaysOfAWriteIsNoProofThatItHadNoEffect(
      String command, String error, Outcome outcome) {
    try (TenantRedis redis = client(options()).build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      proxy.onCommand(command).answerError(error);
      assertThatThrownBy(
              () -> {
                switch (command) {
                  case "JSON.SET" -> acme.sync().jsonSet("k", JsonPath.ROOT_PATH, "1");
                  case "JSON.TYPE" -> acme.sync().jsonType("k", JsonPath.ROOT_PATH);
                  default -> acme.sync().set("k", "v");
                }
              })
          .isInstanceOfSatisfying(
              TenantRedisFailure.class,
              failure -> assertThat(failure.outcome()).isEqualTo(outcome));
      assertThat(proxy.commandsSeen(command)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "MYMOD.PUT | ERR the index is full | UNKNOWN",
        "MYMOD.PUT | Path does not exist | UNKNOWN",
        "MYMOD.PUT | ERR unknown command 'MYMOD.PUT', with args beginning with: | REJECTED",
        "MYMOD.PUT | NOPERM this user has no permissions to run the 'mymod.put' command | REJECTED",
        "MYMOD.SEE | ERR Path does not exist | REJECTED"
      })
  void norIsWhatAModuleOfTheApplicationsOwnSays(String command, String error, Outcome outcome) {
    CommandPolicy policy =
        CommandPolicy.builder()
            .rule("MYMOD.PUT", "key .*", "-", "write")
            .rule("MYMOD.SEE", "key .*", "-", "read")
            .build();
    try (TenantRedis redis = client(options()).commands(policy).build()) {
      proxy.onCommand(command).answerError(error);
      assertThatThrownBy(() -> OwnCommands.run(redis.tenant("acme"), command, "k"))
          .isInstanceOfSatisfying(
              TenantRedisFailure.class,
              failure -> assertThat(failure.outcome()).isEqualTo(outcome));
      assertThat(proxy.commandsSeen(command)).isEqualTo(1);
    }
  }

  @Test
  void aRefusalOfTheTenantIsNoFailureOfTheEndpoint() {
    try (TenantRedis redis = client(options().maxAttempts(1)).build()) {
      assertThatThrownBy(() -> redis.tenant("nobody").sync().get("k"))
          .isInstanceOfSatisfying(
              TenantConnectionException.class,
              refused -> assertThat(refused.code()).isEqualTo(ErrorCode.SEC002));
      CircuitBreaker endpoint = breaker(redis, "endpoint 127.0.0.1:" + proxy.port());
      assertThat(endpoint.getMetrics().getNumberOfFailedCalls()).isZero();
      assertThat(endpoint.getMetrics().getNumberOfSuccessfulCalls()).isPositive();
    }
  }

  @Test
  void anEvictedTenantLeavesNothingInTheRegistries() {
    try (TenantRedis redis = client(options().rateLimit(1000, Duration.ofSeconds(1))).build()) {
      redis.tenant("acme").sync().get("k");
      assertThat(redis.resilience().bulkheads().find("acme")).isPresent();
      redis.close(TenantId.of("acme"));
      assertThat(redis.resilience().bulkheads().find("acme")).isEmpty();
      assertThat(redis.resilience().circuitBreakers().find("acme")).isEmpty();
      assertThat(redis.resilience().rateLimiters().find("acme")).isEmpty();
    }
  }

  @Test
  void aFutureThatTheApplicationGaveUpStillCountsUntilItsTimeoutAndThenItsConnectionIsReplaced() {
    try (TenantRedis redis =
        client(options().maxConcurrentCalls(1).maxAttempts(1))
            .commandTimeout(Duration.ofSeconds(3))
            .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      proxy.onCommand("GET").blackHoleConnection();
      CompletableFuture<String> impatient =
          acme.async().get("k").toCompletableFuture().orTimeout(10, TimeUnit.MILLISECONDS);
      await().until(impatient::isCompletedExceptionally);
      await().ignoreExceptions().until(() -> "v".equals(acme.sync().get("k")));
      assertThat(proxy.connectionsAccepted()).isEqualTo(2);
    }
  }
}
