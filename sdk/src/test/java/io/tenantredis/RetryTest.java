package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is sent again and what is not. */
class RetryTest {

  static RedisServer server;
  WireProxy proxy;
  TenantRedis redis;
  TenantClient<String, String> acme;

  @BeforeAll
  static void startServer() {
    server = Tenants.confined().start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void connect() {
    server.admin().command("FLUSHALL");
    proxy = WireProxy.to(server);
    redis = client(Duration.ofSeconds(5)).build();
    acme = redis.tenant("acme");
    acme.sync().set("k", "v");
    proxy.clearCommands();
  }

  private TenantRedis.Builder client(Duration commandTimeout) {
    return TenantRedis.builder(proxy.uri())
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials())
        .commandTimeout(commandTimeout);
  }

  @AfterEach
  void disconnect() {
    redis.close();
    proxy.close();
  }

  @Test
  void anIncrementWhoseReplyIsLostIsAppliedOnceAndItsOutcomeIsUnknown() {
    proxy.onCommand("INCR").resetAfterForwarding();
    assertThatThrownBy(() -> acme.sync().incr("counter"))
        .isInstanceOfSatisfying(
            TenantConnectionLostException.class,
            lost -> assertThat(lost.outcome()).isEqualTo(Outcome.UNKNOWN));
    assertThat(proxy.commandsSeen("INCR")).isEqualTo(1);
    assertThat(acme.sync().get("counter")).isEqualTo("1");
  }

  @Test
  void aReadWhoseReplyIsLostIsSentAgain() {
    proxy.onCommand("GET").resetAfterForwarding();
    assertThat(acme.sync().get("k")).isEqualTo("v");
    assertThat(proxy.commandsSeen("GET")).isEqualTo(2);
  }

  @Test
  void aCommandThatTheServerCannotServeNowIsSentAgainEvenIfItIsNotIdempotent() {
    proxy.onCommand("INCR").answerError("LOADING Redis is loading the dataset in memory");
    assertThat(acme.sync().incr("counter")).isEqualTo(1);
    assertThat(proxy.commandsSeen("INCR")).isEqualTo(2);
  }

  @Test
  void aPermissionErrorIsNeverRetried() {
    server.admin().command("ACL", "SETUSER", "tenant_acme", "-incr");
    try {
      assertThatThrownBy(() -> acme.sync().incr("counter"))
          .isInstanceOfSatisfying(
              TenantPermissionDeniedException.class,
              denied -> {
                assertThat(denied.code()).isEqualTo(ErrorCode.SEC003);
                assertThat(denied.outcome()).isEqualTo(Outcome.REJECTED);
              });
      assertThat(proxy.commandsSeen("INCR")).isEqualTo(1);
    } finally {
      server.admin().command("ACL", "SETUSER", "tenant_acme", "+incr");
    }
  }

  @Test
  void anErrorInsideAReplyIsATypedFailureThatIsNotRetried() {
    proxy
        .onCommand("HGETALL")
        .replaceReply("~1\r\n-LOADING x\r\n".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> acme.sync().hgetall("hash"))
        .isInstanceOfSatisfying(
            TenantLoadingException.class,
            failure -> assertThat(failure.outcome()).isEqualTo(Outcome.REJECTED));
    assertThat(proxy.commandsSeen("HGETALL")).isEqualTo(1);
    assertThat(acme.sync().get("k")).isEqualTo("v");
  }

  @Test
  void anErrorInsideAScriptsReplyLeavesTheOutcomeUnknownAlsoInATransaction() {
    String script = "return {redis.call('INCR', KEYS[1]), redis.error_reply('ERR no')}";
    assertThatThrownBy(() -> acme.sync().eval(script, ScriptOutputType.INTEGER, "counter"))
        .isInstanceOfSatisfying(
            TenantCommandException.class,
            failure -> assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN));
    acme.dedicated(
        connection -> {
          connection.sync().multi();
          RedisFuture<Long> queued =
              connection.async().eval(script, ScriptOutputType.INTEGER, "counter");
          connection.sync().exec();
          assertThat(queued.toCompletableFuture())
              .failsWithin(Duration.ofSeconds(5))
              .withThrowableThat()
              .havingCause()
              .isInstanceOfSatisfying(
                  TenantCommandException.class,
                  failure -> assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN));
          return null;
        });
    assertThat(acme.sync().get("counter")).isEqualTo("2");
  }

  @Test
  void anErrorThatAScriptRaisesIsNotRetriedWhateverItsPrefixSays() {
    assertThatThrownBy(
            () ->
                acme.sync()
                    .eval(
                        "redis.call('INCR', KEYS[1]); return redis.error_reply('LOADING pretended')",
                        io.lettuce.core.ScriptOutputType.INTEGER,
                        "counter"))
        .isInstanceOfSatisfying(
            TenantRedisFailure.class,
            failure -> assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN));
    assertThat(acme.sync().get("counter")).isEqualTo("1");
  }

  @Test
  void whatAnEarlierAttemptMayHaveDoneIsNotForgottenWhenTheLastWasNotExecuted() {
    proxy.onCommand("SET").once().resetAfterForwarding();
    proxy.onCommand("SET").always().answerError("LOADING Redis is loading the dataset");
    assertThatThrownBy(() -> acme.sync().set("k", "w"))
        .isInstanceOfSatisfying(
            TenantRedisFailure.class,
            failure -> {
              assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN);
              assertThat(failure.code()).isEqualTo(ErrorCode.TR004);
            })
        .satisfies(
            failure ->
                assertThat(failure.getSuppressed())
                    .singleElement()
                    .isInstanceOf(TenantLoadingException.class));
    assertThat(proxy.commandsSeen("SET")).isGreaterThan(1);
    assertThat(acme.sync().get("k")).isEqualTo("w");
  }

  @Test
  void aCallerIsToldTheSameWhenTheEventLoopStandsStill() throws Exception {
    CountDownLatch standing = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (TenantRedis impatient = client(Duration.ofSeconds(2)).build()) {
      TenantClient<String, String> client = impatient.tenant("acme");
      client.sync().set("k", "v");
      proxy.stopReading();
      client
          .async()
          .set("k", "w")
          .thenRun(
              () -> {
                standing.countDown();
                try {
                  release.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      proxy.resumeReading();
      standing.await();
      assertThatThrownBy(() -> client.sync().get("k"))
          .isInstanceOfSatisfying(
              TenantTimeoutException.class,
              late -> assertThat(late.outcome()).isEqualTo(Outcome.UNKNOWN));
      release.countDown();
    } finally {
      release.countDown();
    }
  }

  @Test
  void aCommandWithoutReplyEndsAtItsTimeoutWithAnUnknownOutcomeAndIsNotRetried() {
    try (TenantRedis impatient = client(Duration.ofSeconds(2)).build()) {
      TenantClient<String, String> client = impatient.tenant("acme");
      client.sync().set("k", "v");
      proxy.clearCommands();
      proxy.onCommand("GET").dropReply();
      long start = System.nanoTime();
      assertThatThrownBy(() -> client.sync().get("k"))
          .isInstanceOf(RedisCommandTimeoutException.class)
          .isInstanceOfSatisfying(
              TenantTimeoutException.class,
              late -> assertThat(late.outcome()).isEqualTo(Outcome.UNKNOWN));
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isGreaterThan(Duration.ofMillis(1_990));
      assertThat(proxy.commandsSeen("GET")).isEqualTo(1);
      assertThat(client.sync().get("k")).isEqualTo("v");
    }
  }

  @Test
  void theNextCommandAfterATimeoutDoesNotUseTheConnectionThatMayBeAReplyBehind() {
    try (TenantRedis impatient = client(Duration.ofSeconds(2)).build()) {
      TenantClient<String, String> client = impatient.tenant("acme");
      for (int i = 0; i < 3; i++) {
        client.sync().set("key" + i, "value" + i);
        proxy.onCommand("GET").dropReply();
        assertThatThrownBy(() -> client.sync().get("lost"))
            .isInstanceOf(TenantTimeoutException.class);
        assertThat(client.sync().get("key" + i)).isEqualTo("value" + i);
      }
    }
  }

  @Test
  void aRequestIsNotAnsweredWithAReplyThatNobodyAskedFor() {
    proxy.inject("$6\r\nforged\r\n".getBytes(StandardCharsets.UTF_8));
    // Behind a request that is under way nobody could tell it from the reply.
    Awaitility.await().until(() -> proxy.openConnections() == 0);
    assertThat(acme.sync().get("k")).isEqualTo("v");
    assertThat(acme.sync().get("k")).isEqualTo("v");
  }

  @Test
  void commandsIssuedBeforeTheConnectionIsOpenKeepTheirOrder() throws Exception {
    try (TenantRedis fresh = client(Duration.ofSeconds(5)).build()) {
      TenantClient<String, String> client = fresh.tenant("globex");
      List<CompletableFuture<Long>> pushed = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        pushed.add(client.async().rpush("list", Integer.toString(i)).toCompletableFuture());
      }
      for (int i = 0; i < pushed.size(); i++) {
        assertThat(pushed.get(i).get(5, TimeUnit.SECONDS)).isEqualTo(i + 1);
      }
      assertThat(client.sync().lindex("list", 321)).isEqualTo("321");
    }
  }

  @Test
  void aCancelledCommandFreesItsPermitAndNobodyGetsItsReply() throws Exception {
    try (TenantRedis narrow = client(Duration.ofSeconds(5)).maxConcurrentCalls(1).build()) {
      TenantClient<String, String> client = narrow.tenant("acme");
      client.sync().set("a", "1");
      client.sync().set("b", "2");
      for (int i = 0; i < 50; i++) {
        Future<String> cancelled = client.async().get("a");
        cancelled.cancel(true);
        Awaitility.await()
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(2))
            .ignoreExceptionsInstanceOf(TenantLimitException.class)
            .until(() -> client.sync().get("b").equals("2"));
      }
    }
  }

  @Test
  void aCancelledCommandWithoutReplyFreesItsPermitAtItsDeadline() {
    try (TenantRedis narrow = client(Duration.ofSeconds(2)).maxConcurrentCalls(1).build()) {
      TenantClient<String, String> client = narrow.tenant("acme");
      client.sync().set("a", "1");
      proxy.onCommand("GET").dropReply();
      Future<String> cancelled = client.async().get("a");
      Awaitility.await().until(() -> proxy.commandsSeen("GET") == 1);
      cancelled.cancel(true);
      Awaitility.await()
          .ignoreExceptionsInstanceOf(TenantLimitException.class)
          .until(() -> client.sync().get("a").equals("1"));
    }
  }

  @Test
  void closeWaitsForTheCommandsInFlight() throws Exception {
    TenantRedis closing = client(Duration.ofSeconds(5)).build();
    TenantClient<String, String> client = closing.tenant("acme");
    client.sync().set("k", "v");
    proxy.onCommand("GET").delayReply(Duration.ofMillis(300));
    CompletableFuture<String> inFlight = client.async().get("k").toCompletableFuture();
    closing.close();
    assertThat(inFlight).isCompletedWithValue("v");
  }

  @Test
  void aCommandOfAnInterruptedThreadIsNotMistakenForOneTooMany() throws Exception {
    Thread.currentThread().interrupt();
    CompletableFuture<String> value = acme.async().get("k").toCompletableFuture();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(value.get(5, TimeUnit.SECONDS)).isEqualTo("v");
  }

  @Test
  void oneCommandTooManyFailsAtOnce() {
    try (TenantRedis narrow = client(Duration.ofSeconds(5)).maxConcurrentCalls(2).build()) {
      TenantClient<String, String> client = narrow.tenant("acme");
      client.sync().get("k");
      proxy.blackHole();
      client.async().get("k");
      client.async().get("k");
      assertThatThrownBy(() -> client.sync().get("k"))
          .isInstanceOfSatisfying(
              TenantLimitException.class,
              full -> assertThat(full.code()).isEqualTo(ErrorCode.TR006));
      proxy.heal();
    }
  }

  @Test
  void aCircuitBreakersConfigurationThatThrowsCostsNoPermitAndWhatItSaysOfExceptionsHasNoEffect() {
    CircuitBreakerConfig broken =
        CircuitBreakerConfig.custom()
            .recordException(
                failure -> {
                  throw new IllegalStateException("never asked");
                })
            .ignoreException(failure -> true)
            .transitionOnResult(
                result -> {
                  throw new IllegalStateException("asked");
                })
            .build();
    try (TenantRedis narrow =
        client(Duration.ofSeconds(5))
            .maxConcurrentCalls(1)
            .resilience(ResilienceOptions.builder().circuitBreaker(broken).build())
            .build()) {
      TenantClient<String, String> client = narrow.tenant("acme");
      assertThat(client.sync().get("k")).isEqualTo("v");
      for (int i = 0; i < 2; i++) {
        proxy.onCommand("INCR").resetAfterForwarding();
        assertThatThrownBy(() -> client.sync().incr("counter"))
            .isInstanceOf(TenantConnectionLostException.class);
      }
      assertThat(client.sync().set("k", "w")).isEqualTo("OK");
      assertThat(
              narrow
                  .resilience()
                  .circuitBreakers()
                  .circuitBreaker("acme")
                  .getMetrics()
                  .getNumberOfFailedCalls())
          .isGreaterThanOrEqualTo(2);
    }
  }
}
