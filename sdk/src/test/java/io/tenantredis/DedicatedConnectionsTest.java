package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.lettuce.core.RedisCommandInterruptedException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The contract of a tenant's pool of dedicated connections, sentence by sentence. */
class DedicatedConnectionsTest {

  static RedisServer server;

  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
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

  @AfterEach
  void disconnect() {
    redis.close();
  }

  private void pool(UnaryOperator<PoolOptions.Builder> options) {
    redis =
        Tenants.client(server)
            .meterRegistry(registry)
            .shutdownTimeout(Duration.ofMillis(200))
            .dedicatedConnections(options.apply(PoolOptions.builder()).build())
            .build();
    acme = redis.tenant("acme");
  }

  private static void assertExhausted(Throwable failure) {
    assertThat(failure)
        .isInstanceOfSatisfying(
            TenantLimitException.class,
            full -> {
              assertThat(full.code()).isEqualTo(ErrorCode.TR010);
              assertThat(full.outcome()).isEqualTo(Outcome.NOT_SENT);
            });
  }

  private static Throwable failureOf(CompletableFuture<?> future) throws Exception {
    try {
      future.get(10, TimeUnit.SECONDS);
      return null;
    } catch (ExecutionException failed) {
      return failed.getCause();
    }
  }

  private double connections(String state) {
    return registry
        .get("tenant.redis.dedicated.connections")
        .tag("db.client.connection.state", state)
        .gauge()
        .value();
  }

  @Test
  void thereAreNeverMoreThanMaxSizeAndWhoWaitedForTheAcquireTimeoutFails() {
    pool(options -> options.maxSize(2).acquireTimeout(Duration.ofMillis(200)));
    try (var first = acme.lease();
        var second = acme.lease()) {
      assertThat(first.sync().clientId()).isNotEqualTo(second.sync().clientId());
      assertThat(connections("used")).isEqualTo(2);
      long start = System.nanoTime();
      assertThatThrownBy(acme::lease).satisfies(DedicatedConnectionsTest::assertExhausted);
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isGreaterThanOrEqualTo(Duration.ofMillis(190));
    }
    assertThat(connections("idle")).isEqualTo(2);
    assertThat(connections("used")).isZero();
    assertThat(registry.get("db.client.connection.timeouts").counter().count()).isEqualTo(1);
    // It is counted behind the one who waited, who may be here before.
    await()
        .until(
            () -> registry.get("db.client.connection.wait_time").timer().count(),
            count -> count == 3);
    assertThat(registry.get("db.client.connection.use_time").timer().count()).isEqualTo(2);
  }

  @Test
  void anIdleConnectionIsUsedAgain() {
    pool(options -> options);
    long first = acme.dedicated(connection -> connection.sync().clientId());
    long second = acme.dedicated(connection -> connection.sync().clientId());
    assertThat(second).isEqualTo(first);
  }

  @Test
  void thoseWhoWaitAreServedInTheOrderInWhichTheyAsked() throws Exception {
    pool(options -> options.maxSize(1));
    var held = acme.lease();
    List<Integer> served = Collections.synchronizedList(new ArrayList<>());
    List<CompletableFuture<?>> waiting = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      int number = i;
      waiting.add(
          acme.leaseAsync()
              .thenCompose(
                  connection -> {
                    served.add(number);
                    return ((io.lettuce.core.api.AsyncCloseable) connection).closeAsync();
                  }));
    }
    // The pool counts the first lease out after it was given.
    Awaitility.await()
        .until(() -> registry.get("db.client.connection.pending_requests").gauge().value() == 50);
    held.close();
    for (CompletableFuture<?> one : waiting) {
      one.get(10, TimeUnit.SECONDS);
    }
    assertThat(served).hasSize(50).isSorted();
  }

  @Test
  void withATimeoutOfZeroNobodyWaits() throws Exception {
    pool(options -> options.maxSize(1).acquireTimeout(Duration.ZERO));
    try (var held = acme.lease()) {
      assertThat(held.sync().ping()).isEqualTo("PONG");
      CompletableFuture<?> second = acme.leaseAsync();
      assertExhausted(failureOf(second));
    }
    assertThat(acme.<String>dedicated(connection -> connection.sync().ping())).isEqualTo("PONG");
  }

  @Test
  void negativeTimeoutsAndImpossibleBoundsAreRefusedAllAtOnce() {
    pool(options -> options);
    assertThatThrownBy(
            () ->
                PoolOptions.builder()
                    .acquireTimeout(Duration.ofMillis(-1))
                    .maxIdleTime(Duration.ZERO)
                    .maxSize(0)
                    .minIdle(1)
                    .maxPending(-1)
                    .leakThreshold(Duration.ofMillis(-1))
                    .maxBufferedCommands(0)
                    .build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll(
            "acquireTimeout",
            "maxIdleTime",
            "maxSize",
            "minIdle",
            "maxPending",
            "leakThreshold",
            "maxBufferedCommands");
  }

  @Test
  void atMostMaxPendingWaitAndOneMoreFailsAtOnce() throws Exception {
    pool(options -> options.maxSize(1).maxPending(2));
    var held = acme.lease();
    // Behind the pool's own end of the lease, in which it looks whether too many wait.
    assertThat(held.sync().ping()).isEqualTo("PONG");
    var first = acme.leaseAsync();
    var second = acme.leaseAsync();
    assertExhausted(failureOf(acme.leaseAsync()));
    held.close();
    first.get(10, TimeUnit.SECONDS).close();
    second.get(10, TimeUnit.SECONDS).close();
  }

  @Test
  void whoCancelsHisRequestWaitsNoMoreAndTheConnectionGoesToTheNext() throws Exception {
    pool(options -> options.maxSize(1).maxPending(2));
    var held = acme.lease();
    var cancelled = acme.leaseAsync();
    var next = acme.leaseAsync();
    cancelled.cancel(true);
    held.close();
    next.get(10, TimeUnit.SECONDS).close();
    acme.lease().close();
  }

  @Test
  void anInterruptedWaiterStaysInterruptedAndKeepsNothing() throws Exception {
    pool(options -> options.maxSize(1));
    var held = acme.lease();
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Thread waiter =
        new Thread(
            () -> {
              try {
                acme.lease();
              } catch (RuntimeException failure) {
                thrown.set(failure);
              }
              interrupted.complete(Thread.currentThread().isInterrupted());
            });
    waiter.start();
    await().until(() -> registry.get("db.client.connection.pending_requests").gauge().value() == 1);
    waiter.interrupt();
    assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
    assertThat(thrown.get()).isInstanceOf(RedisCommandInterruptedException.class);
    held.close();
    acme.lease().close();
  }

  @Test
  void aLostConnectionIsNeverLeasedAgain() {
    pool(options -> options.maxSize(1));
    long first = acme.dedicated(connection -> connection.sync().clientId());
    server.admin().command("CLIENT", "KILL", "ID", Long.toString(first));
    await()
        .ignoreExceptions()
        .until(() -> acme.<Long>dedicated(connection -> connection.sync().clientId()) != first);
    assertThat(connections("idle") + connections("used")).isEqualTo(1);
  }

  @Test
  void anIdleConnectionIsClosedAfterMaxIdleTimeUnlessOnlyMinIdleAreLeft() {
    pool(options -> options.maxIdleTime(Duration.ofMillis(200)).minIdle(1));
    try (var first = acme.lease();
        var second = acme.lease();
        var third = acme.lease()) {
      assertThat(first.isOpen() && second.isOpen() && third.isOpen()).isTrue();
    }
    await().until(() -> connections("idle") == 1);
    await().during(Duration.ofMillis(600)).until(() -> connections("idle") == 1);
  }

  @Test
  void aLeaseThatIsNotEndedIsLoggedWithTheStackTraceOfItsBorrower() {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    var logger = (ch.qos.logback.classic.Logger) LoggerFactory.getLogger("io.tenantredis");
    logger.addAppender(log);
    try {
      pool(options -> options.leakThreshold(Duration.ofMillis(50)));
      try (StatefulRedisConnection<String, String> leaked = acme.lease()) {
        await().until(() -> leakReports(log).size() == 1);
        assertThat(leaked.sync().ping()).isEqualTo("PONG");
      }
      assertThat(leakReports(log).get(0).getThrowableProxy().getStackTraceElementProxyArray())
          .anySatisfy(
              frame ->
                  assertThat(frame.getSTEAsString())
                      .contains("aLeaseThatIsNotEndedIsLoggedWithTheStackTraceOfItsBorrower"));
      assertThat(registry.get("tenant.redis.dedicated.leaks").counter().count()).isEqualTo(1);
    } finally {
      logger.detachAppender(log);
    }
  }

  private static List<ILoggingEvent> leakReports(ListAppender<ILoggingEvent> log) {
    return List.copyOf(log.list).stream()
        .filter(event -> event.getMessage().contains("was not given back"))
        .toList();
  }

  @Test
  void afterCloseLeasedConnectionsAreClosedAndWhoWaitsOrAsksFails() throws Exception {
    pool(options -> options.maxSize(1));
    var held = acme.lease();
    var waiting = acme.leaseAsync();
    redis.close();
    assertThat(failureOf(waiting)).isInstanceOf(TenantClosedException.class);
    assertThat(held.isOpen()).isFalse();
    assertThatThrownBy(() -> held.sync().ping()).isInstanceOf(TenantRedisFailure.class);
    assertThatThrownBy(acme::lease).isInstanceOf(TenantClosedException.class);
  }

  @Test
  void aTenantDoesNotWaitForAnotherOnesConnections() {
    pool(options -> options.maxSize(1).acquireTimeout(Duration.ZERO));
    try (var held = acme.lease()) {
      assertThat(redis.tenant("globex").<String>dedicated(connection -> connection.sync().ping()))
          .isEqualTo("PONG");
      assertThat(held.isOpen()).isTrue();
    }
  }
}
