package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.lettuce.core.api.StatefulRedisConnection;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.ReplicatedRedis;
import io.tenantredis.test.server.TestCertificates;
import io.tenantredis.test.server.WireProxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Tenants on servers of their own, and tenants that move there. */
class TenantEndpointsTest {

  private static final TenantId ACME = TenantId.of("acme");
  private static final TenantId GLOBEX = TenantId.of("globex");

  private static final int SILENT_TENANTS = 12;

  private static RedisServer shared;
  private static RedisServer own;

  private final EndpointMap endpoints = new EndpointMap();

  @BeforeAll
  static void startServers() {
    shared = Tenants.confined().start();
    own = Tenants.confined().start();
  }

  @AfterAll
  static void stopServers() {
    shared.close();
    own.close();
  }

  @AfterEach
  void emptyServers() {
    for (RedisServer server : List.of(shared, own)) {
      assertGone(server, ACME);
      assertGone(server, GLOBEX);
      server.admin().command("FLUSHALL");
      server.admin().command("ACL", "SETUSER", "tenant_acme", "on");
    }
  }

  private TenantRedis.Builder client(TenantEndpoints mapping) {
    return Tenants.client(shared)
        .endpoints(mapping)
        .maxAttempts(1)
        .commandTimeout(Duration.ofSeconds(30))
        .connectTimeout(Duration.ofSeconds(30))
        .connections(
            ConnectionOptions.builder()
                .reconnectDelay(Duration.ofMillis(5), Duration.ofMillis(20))
                .longestQuarantineDelay(Duration.ofMillis(50))
                .build());
  }

  private static TenantEndpoint at(RedisServer server) {
    return TenantEndpoint.of(server.uri());
  }

  private static List<String> connections(RedisServer server, TenantId tenant) {
    return server
        .admin()
        .text("CLIENT", "LIST")
        .lines()
        .filter(line -> line.contains(" user=tenant_" + tenant + " "))
        .map(line -> line.substring(0, line.indexOf(' ')))
        .toList();
  }

  /** The server notices a closed connection a moment later than the client. */
  private static void assertGone(RedisServer server, TenantId tenant) {
    Awaitility.await().untilAsserted(() -> assertThat(connections(server, tenant)).isEmpty());
  }

  private static void done(CompletionStage<?> stage) throws Exception {
    stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static String value(RedisServer server, String key) {
    return server.admin().text("GET", key);
  }

  @Test
  void eachTenantLivesWhereItsEndpointSays() {
    endpoints.put(ACME, at(own));
    try (TenantRedis redis = client(endpoints).build()) {
      redis.tenant(ACME).sync().set("k", "of acme");
      redis.tenant(GLOBEX).sync().set("k", "of globex");

      assertThat(value(own, "tenant:acme:k")).isEqualTo("of acme");
      assertThat(value(shared, "tenant:globex:k")).isEqualTo("of globex");
      assertGone(shared, ACME);
      assertGone(own, GLOBEX);
      assertThat(redis.endpointsInUse())
          .containsEntry(shared.host() + ":" + shared.port(), 1)
          .containsEntry(own.host() + ":" + own.port(), 1);
      assertThat(redis.toString()).contains(own.host() + ":" + own.port() + "=1");
    }
  }

  @Test
  void theMappingIsAskedForAConnectionAndNotForACommand() {
    AtomicInteger asked = new AtomicInteger();
    TenantEndpoints counting =
        tenant -> {
          asked.incrementAndGet();
          return endpoints.endpoint(tenant).thenApply(endpoint -> endpoint);
        };
    try (TenantRedis redis = client(counting).build()) {
      for (int i = 0; i < 100; i++) {
        redis.tenant(ACME).sync().incr("k");
      }
      assertThat(asked).hasValue(1);
    }
  }

  @Test
  void aTenantMovesUnderLoadWithoutAFailedCommandAndDisturbsNobody() throws Exception {
    // Who held a connection for long when it was left is told so, and asks again.
    try (TenantRedis redis = client(endpoints).maxAttempts(3).build()) {
      TenantClient<String, String> acme = redis.tenant(ACME);
      redis.tenant(GLOBEX).sync().set("k", "v");
      List<String> ofGlobex = connections(shared, GLOBEX);
      AtomicBoolean stop = new AtomicBoolean();
      AtomicLong sent = new AtomicLong();
      List<CompletableFuture<Void>> callers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        callers.add(
            CompletableFuture.runAsync(
                () -> {
                  while (!stop.get()) {
                    acme.sync().incr("count");
                    redis.tenant(GLOBEX).sync().incr("count");
                    sent.incrementAndGet();
                  }
                }));
      }
      for (int round = 0; round < 5; round++) {
        endpoints.put(ACME, round % 2 == 0 ? at(own) : TenantEndpoint.shared());
        done(redis.endpointChanged(ACME));
        assertGone(round % 2 == 0 ? shared : own, ACME);
        long now = sent.get();
        Awaitility.await().until(() -> sent.get() > now + 20);
      }
      stop.set(true);
      for (CompletableFuture<Void> caller : callers) {
        caller.get(30, TimeUnit.SECONDS);
      }
      long here = Long.parseLong(value(shared, "tenant:acme:count"));
      long there = Long.parseLong(value(own, "tenant:acme:count"));
      assertThat(here + there).isEqualTo(sent.get());
      assertThat(value(shared, "tenant:globex:count")).isEqualTo(sent.toString());
      assertThat(connections(shared, GLOBEX)).isEqualTo(ofGlobex);
    }
  }

  @Test
  void heldCommandsWaitAndGoToWhereTheTenantIsThen() throws Exception {
    try (TenantRedis redis = client(endpoints).build()) {
      TenantClient<String, String> acme = redis.tenant(ACME);
      acme.sync().set("before", "1");
      acme.dedicated(connection -> connection.sync().set("leased", "1"));
      redis.tenant(GLOBEX).sync().set("k", "v");
      endpoints.hold(ACME);
      done(redis.endpointChanged(ACME));

      assertGone(shared, ACME);
      CompletableFuture<String> waiting =
          acme.async().set("after", "2").toCompletableFuture().thenApply(ok -> ok);
      CompletableFuture<String> leased =
          acme.dedicatedAsync(connection -> connection.async().set("lease", "3"))
              .toCompletableFuture();
      assertThat(redis.tenant(GLOBEX).sync().get("k")).isEqualTo("v");
      assertThat(waiting).isNotDone();
      assertThat(leased).isNotDone();
      assertGone(shared, ACME);

      endpoints.put(ACME, at(own));
      assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo("OK");
      assertThat(leased.get(10, TimeUnit.SECONDS)).isEqualTo("OK");
      assertThat(value(own, "tenant:acme:after")).isEqualTo("2");
      assertThat(value(own, "tenant:acme:lease")).isEqualTo("3");
      assertGone(shared, ACME);
    }
  }

  @Test
  void aHeldTenantThatIsReleasedGoesOnWhereItWas() throws Exception {
    try (TenantRedis redis = client(endpoints).build()) {
      redis.tenant(ACME).sync().set("k", "v");
      endpoints.hold(ACME);
      done(redis.endpointChanged(ACME));
      CompletableFuture<String> waiting =
          redis.tenant(ACME).async().get("k").toCompletableFuture().thenApply(value -> value);
      endpoints.release(ACME);
      assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo("v");
    }
  }

  @Test
  void heldCommandsWaitNoLongerThanTheirTimeout() {
    endpoints.hold(ACME);
    try (TenantRedis redis = client(endpoints).commandTimeout(Duration.ofMillis(200)).build()) {
      assertThatThrownBy(() -> redis.tenant(ACME).sync().set("k", "v"))
          .isInstanceOfSatisfying(
              TenantTimeoutException.class,
              late -> assertThat(late.outcome()).isEqualTo(Outcome.NOT_SENT));
    }
  }

  @Test
  void heldCommandsWaitForTheirOwnTimeoutAlsoWhenConnectingHasAShorterOne() throws Exception {
    Duration timeout = Duration.ofSeconds(2);
    try (TenantRedis redis =
        client(endpoints).commandTimeout(timeout).connectTimeout(Duration.ofMillis(500)).build()) {
      TenantClient<String, String> acme = redis.tenant(ACME);
      // On a busy machine connecting, and being asked, may take longer than that.
      Awaitility.await().ignoreExceptions().until(() -> acme.sync().set("k", "v").equals("OK"));
      endpoints.hold(ACME);
      Awaitility.await().ignoreExceptions().untilAsserted(() -> done(redis.endpointChanged(ACME)));
      long began = System.nanoTime();
      List<CompletionStage<String>> held =
          List.of(
              acme.async().set("k", "of all threads"),
              acme.dedicatedAsync(connection -> connection.async().set("k", "leased")));
      for (CompletionStage<String> command : held) {
        assertThatThrownBy(() -> done(command))
            .hasMessageContaining("held")
            .cause()
            .isInstanceOfSatisfying(
                TenantConnectionException.class,
                failure -> {
                  assertThat(failure.code()).isEqualTo(ErrorCode.TR016);
                  assertThat(failure.outcome()).isEqualTo(Outcome.NOT_SENT);
                });
        assertThat(Duration.ofNanos(System.nanoTime() - began))
            .isGreaterThanOrEqualTo(timeout.minusMillis(100));
      }
      endpoints.release(ACME);
      Awaitility.await().ignoreExceptions().until(() -> acme.sync().get("k").equals("v"));
    }
  }

  @Test
  void aLeaseStaysWhereItIsUntilItIsGivenBackAndIsNotLentAgain() throws Exception {
    try (TenantRedis redis = client(endpoints).build()) {
      TenantClient<String, String> acme = redis.tenant(ACME);
      CompletableFuture<Void> moved;
      try (StatefulRedisConnection<String, String> lease = acme.lease()) {
        lease.sync().multi();
        lease.sync().set("k", "before");
        endpoints.put(ACME, at(own));
        moved = redis.endpointChanged(ACME).toCompletableFuture();
        acme.sync().set("k", "after");
        assertThat(moved).isNotDone();
        assertThat(lease.sync().exec().wasDiscarded()).isFalse();
      }
      done(moved);
      assertThat(value(shared, "tenant:acme:k")).isEqualTo("before");
      assertThat(value(own, "tenant:acme:k")).isEqualTo("after");
      acme.dedicated(connection -> connection.sync().set("leased", "there"));
      assertThat(value(own, "tenant:acme:leased")).isEqualTo("there");
      assertGone(shared, ACME);
    }
  }

  @Test
  void whoWaitsForALeaseWhileTheTenantMovesGetsOneWhereItIsThen() throws Exception {
    try (TenantRedis redis =
        client(endpoints)
            .dedicatedConnections(
                PoolOptions.builder().maxSize(1).acquireTimeout(Duration.ofSeconds(30)).build())
            .build()) {
      TenantClient<String, String> acme = redis.tenant(ACME);
      CompletableFuture<String> waiting;
      CompletableFuture<Void> moved;
      try (StatefulRedisConnection<String, String> lease = acme.lease()) {
        lease.sync().set("k", "of who leased");
        waiting =
            acme.dedicatedAsync(connection -> connection.async().set("k", "of who waited"))
                .toCompletableFuture();
        endpoints.put(ACME, at(own));
        moved = redis.endpointChanged(ACME).toCompletableFuture();
        acme.sync().set("known", "there");
        assertThat(value(own, "tenant:acme:known")).isEqualTo("there");
        assertThat(waiting).isNotDone();
      }
      waiting.get(20, TimeUnit.SECONDS);
      done(moved);
      assertThat(value(shared, "tenant:acme:k")).isEqualTo("of who leased");
      assertThat(value(own, "tenant:acme:k")).isEqualTo("of who waited");
    }
  }

  @Test
  void subscriptionsMoveAndTellOfAGap() throws Exception {
    try (TenantRedis redis = client(endpoints).build()) {
      Heard heard = new Heard();
      redis.tenant(ACME).pubSub().subscribe("news", heard);
      endpoints.put(ACME, at(own));
      done(redis.endpointChanged(ACME));
      own.admin().command("PUBLISH", "tenant:acme:news", "from there");
      heard.awaitLast("news=from there");
      assertThat(heard.gaps).isNotEmpty();
      assertThat(heard.failures).isEmpty();
      assertGone(shared, ACME);
    }
  }

  @Test
  void whileTheNewEndpointRefusesTheTenantItStaysWhereItWas() throws Exception {
    own.admin().command("ACL", "SETUSER", "tenant_acme", "off");
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (TenantRedis redis = client(endpoints).meterRegistry(registry).build()) {
      redis.tenant(ACME).sync().set("k", "1");
      endpoints.put(ACME, at(own));
      CompletableFuture<Void> moved = redis.endpointChanged(ACME).toCompletableFuture();
      Awaitility.await()
          .until(
              () ->
                  registry.find("tenant.redis.connection.failures").counters().stream()
                          .mapToDouble(counter -> counter.count())
                          .sum()
                      >= 2);
      redis.tenant(ACME).sync().set("k", "2");
      assertThat(value(shared, "tenant:acme:k")).isEqualTo("2");
      assertThat(moved).isNotDone();
      own.admin().command("ACL", "SETUSER", "tenant_acme", "on");
      done(moved);
      redis.tenant(ACME).sync().set("k", "3");
      assertThat(value(own, "tenant:acme:k")).isEqualTo("3");
    }
  }

  @Test
  void aTenantThatIsNowhereFailsTypedAndItsConnectionsEnd() throws Exception {
    AtomicBoolean known = new AtomicBoolean();
    TenantEndpoints mapping =
        TenantEndpoints.of(
            tenant -> tenant.equals(GLOBEX) || known.get() ? TenantEndpoint.shared() : null);
    try (TenantRedis redis = client(mapping).build()) {
      assertUnknown(redis);
      known.set(true);
      Awaitility.await()
          .ignoreExceptions()
          .until(() -> redis.tenant(ACME).sync().set("k", "v").equals("OK"));
      known.set(false);
      done(redis.endpointChanged(ACME));
      assertGone(shared, ACME);
      assertUnknown(redis);
      assertThat(redis.tenant(GLOBEX).sync().set("k", "v")).isEqualTo("OK");
    }
  }

  private static void assertUnknown(TenantRedis redis) {
    assertThatThrownBy(() -> redis.tenant(ACME).sync().set("k", "v"))
        .isInstanceOfSatisfying(
            UnknownTenantException.class,
            unknown -> {
              assertThat(unknown.code()).isEqualTo(ErrorCode.SEC010);
              assertThat(unknown.outcome()).isEqualTo(Outcome.NOT_SENT);
            })
        .hasMessageContaining("TenantEndpoints");
  }

  @Test
  void aMappingThatThrowsFailsTheFirstConnectionTyped() {
    AtomicBoolean broken = new AtomicBoolean(true);
    TenantEndpoints mapping =
        TenantEndpoints.of(
            tenant -> {
              if (broken.get()) {
                throw new IllegalStateException("directory down");
              }
              return TenantEndpoint.shared();
            });
    try (TenantRedis redis = client(mapping).build()) {
      assertThatThrownBy(() -> redis.tenant(ACME).sync().set("k", "v"))
          .isInstanceOfSatisfying(
              TenantConnectionException.class,
              failure -> assertThat(failure.code()).isEqualTo(ErrorCode.TR016))
          .hasMessageContaining("IllegalStateException");
      broken.set(false);
      Awaitility.await()
          .ignoreExceptions()
          .until(() -> redis.tenant(ACME).sync().set("k", "v").equals("OK"));
    }
  }

  @Test
  void aMappingThatDoesNotAnswerFailsTypedWithinTheTimeoutAndHoldsUpNobodyElse() {
    CompletableFuture<@Nullable TenantEndpoint> never = new CompletableFuture<>();
    TenantEndpoints mapping =
        tenant ->
            tenant.equals(ACME)
                ? never
                : CompletableFuture.completedFuture(TenantEndpoint.shared());
    try (TenantRedis redis = client(mapping).connectTimeout(Duration.ofMillis(500)).build()) {
      CompletableFuture<String> waiting =
          redis.tenant(ACME).async().set("k", "v").toCompletableFuture().thenApply(ok -> ok);
      // On a busy machine its own connection may take longer than that, too.
      Awaitility.await()
          .ignoreExceptions()
          .until(() -> redis.tenant(GLOBEX).sync().set("k", "v").equals("OK"));
      assertThatThrownBy(waiting::join)
          .isInstanceOf(CompletionException.class)
          .hasCauseInstanceOf(TenantConnectionException.class)
          .hasMessageContaining("did not answer within the connect timeout");
    }
  }

  /** Answers as {@link #endpoints} does, once it was asked and did something else. */
  private TenantEndpoints misbehavingOnce(
      AtomicBoolean misbehaves, Supplier<CompletionStage<@Nullable TenantEndpoint>> how) {
    return tenant ->
        misbehaves.getAndSet(false)
            ? how.get()
            : endpoints.endpoint(tenant).thenApply(endpoint -> endpoint);
  }

  private static void assertUnknownPlace(CompletionStage<?> stage) {
    assertThatThrownBy(() -> done(stage))
        .cause()
        .isInstanceOfSatisfying(
            TenantConnectionException.class,
            failure -> assertThat(failure.code()).isEqualTo(ErrorCode.TR016));
  }

  @Test
  void aMappingThatDoesNotAnswerIsAskedAgain() throws Exception {
    AtomicBoolean misbehaves = new AtomicBoolean(true);
    TenantEndpoints mapping = misbehavingOnce(misbehaves, CompletableFuture::new);
    try (TenantRedis redis = client(mapping).connectTimeout(Duration.ofSeconds(1)).build()) {
      TenantClient<String, String> acme = redis.tenant(ACME);
      assertUnknownPlace(acme.async().set("k", "1"));
      Awaitility.await().ignoreExceptions().until(() -> acme.sync().set("k", "2").equals("OK"));

      endpoints.put(ACME, at(own));
      misbehaves.set(true);
      assertUnknownPlace(redis.endpointChanged(ACME));
      Awaitility.await().until(() -> !connections(own, ACME).isEmpty());
      Awaitility.await().until(() -> connections(shared, ACME).isEmpty());
    }
  }

  /** Answers each question about {@link #ACME} when the test does, once it was told to be late. */
  private static final class LateDirectory implements TenantEndpoints {

    private final EndpointMap atHand;
    private final List<CompletableFuture<@Nullable TenantEndpoint>> questions =
        new CopyOnWriteArrayList<>();
    private volatile boolean late;

    LateDirectory(EndpointMap atHand) {
      this.atHand = atHand;
    }

    @Override
    public CompletionStage<@Nullable TenantEndpoint> endpoint(TenantId tenant) {
      if (!late || !tenant.equals(ACME)) {
        return atHand.endpoint(tenant).thenApply(endpoint -> endpoint);
      }
      CompletableFuture<@Nullable TenantEndpoint> question = new CompletableFuture<>();
      questions.add(question);
      return question;
    }

    void awaitQuestions(int count) {
      Awaitility.await().until(() -> questions.size() >= count);
    }
  }

  /** A client whose tenant has a connection, made while the directory answered in time. */
  private TenantRedis connected(LateDirectory directory) {
    return connected(directory, Duration.ofSeconds(1));
  }

  private TenantRedis connected(LateDirectory directory, Duration connectTimeout) {
    TenantRedis redis = client(directory).connectTimeout(connectTimeout).build();
    // On a busy machine connecting may take longer than that.
    Awaitility.await()
        .ignoreExceptions()
        .until(() -> redis.tenant(ACME).sync().set("k", "v").equals("OK"));
    directory.late = true;
    return redis;
  }

  private static String name(RedisServer server) {
    return server.host() + ":" + server.port();
  }

  @Test
  void anAnswerThatIsSlowerThanTheConnectTimeoutConnectsTheTenantWhenItComes() {
    LateDirectory directory = new LateDirectory(endpoints);
    directory.late = true;
    try (TenantRedis redis = client(directory).connectTimeout(Duration.ofSeconds(1)).build()) {
      TenantClient<String, String> acme = redis.tenant(ACME);
      assertUnknownPlace(acme.async().set("k", "too early"));
      directory.awaitQuestions(1);
      directory.questions.get(0).complete(at(own));

      Awaitility.await().ignoreExceptions().until(() -> acme.sync().set("k", "v").equals("OK"));
      assertThat(value(own, "tenant:acme:k")).isEqualTo("v");
    }
  }

  @Test
  void aTenantMovesByALateAnswerWhileItIsAskedAgain() {
    LateDirectory directory = new LateDirectory(endpoints);
    try (TenantRedis redis = connected(directory)) {
      assertUnknownPlace(redis.endpointChanged(ACME));
      directory.awaitQuestions(3);
      directory.questions.get(0).complete(at(own));

      Awaitility.await().until(() -> !connections(own, ACME).isEmpty());
      assertGone(shared, ACME);
    }
  }

  @Test
  void theAnswerToTheNewestQuestionCountsWheneverItComes() {
    LateDirectory directory = new LateDirectory(endpoints);
    try (TenantRedis redis = connected(directory)) {
      assertUnknownPlace(redis.endpointChanged(ACME));
      directory.awaitQuestions(3);
      directory.questions.get(0).complete(at(own));
      awaitInUse(redis, own);

      directory.questions.get(2).complete(TenantEndpoint.shared());
      awaitInUse(redis, shared);

      directory.questions.get(1).complete(at(own));
      assertThat(redis.endpointsInUse()).containsOnlyKeys(name(shared));
    }
  }

  /** The thread that asked may be about to take the answer. */
  private static void awaitInUse(TenantRedis redis, RedisServer server) {
    Awaitility.await()
        .untilAsserted(() -> assertThat(redis.endpointsInUse()).containsOnlyKeys(name(server)));
  }

  @Test
  void anAnswerFromBeforeAChangeDoesNotUndoTheAnswerToTheChange() throws Exception {
    LateDirectory directory = new LateDirectory(endpoints);
    try (TenantRedis redis = connected(directory, Duration.ofSeconds(3))) {
      assertUnknownPlace(redis.endpointChanged(ACME));
      directory.late = false;
      endpoints.hold(ACME);
      Awaitility.await().ignoreExceptions().untilAsserted(() -> done(redis.endpointChanged(ACME)));
      assertGone(shared, ACME);

      CompletableFuture<String> waiting =
          redis.tenant(ACME).async().get("k").toCompletableFuture().thenApply(value -> value);
      directory.questions.forEach(question -> question.complete(at(own)));
      assertThat(redis.endpointsInUse()).containsOnlyKeys(name(shared));
      assertThat(waiting).isNotDone();

      endpoints.release(ACME);
      redis.endpointChanged(ACME);
      assertThat(waiting.get(20, TimeUnit.SECONDS)).isEqualTo("v");
    }
  }

  @Test
  void aHeldTenantIsReleasedByALateAnswer() throws Exception {
    LateDirectory directory = new LateDirectory(endpoints);
    try (TenantRedis redis = connected(directory)) {
      directory.late = false;
      endpoints.hold(ACME);
      Awaitility.await().ignoreExceptions().untilAsserted(() -> done(redis.endpointChanged(ACME)));
      directory.late = true;
      assertUnknownPlace(redis.endpointChanged(ACME));
      directory.awaitQuestions(2);
      directory.questions.get(0).complete(TenantEndpoint.shared());

      Awaitility.await()
          .ignoreExceptions()
          .until(() -> redis.tenant(ACME).sync().get("k").equals("v"));
    }
  }

  @Test
  void aChangeThatNobodyHasAnsweredEndsWithTheClient() {
    LateDirectory directory = new LateDirectory(endpoints);
    CompletionStage<Void> change;
    try (TenantRedis redis = client(directory).build()) {
      redis.tenant(ACME).sync().set("k", "v");
      directory.late = true;
      change = redis.endpointChanged(ACME);
      directory.awaitQuestions(1);
    }
    assertUnknownPlace(change);
  }

  @Test
  void aMappingThatGivesNoStageOrABrokenOneFailsTypedAndIsAskedAgain() {
    List<Supplier<CompletionStage<@Nullable TenantEndpoint>>> ways =
        List.of(
            () -> null,
            () -> {
              throw new NoClassDefFoundError("of the directory's client");
            },
            () ->
                new CompletableFuture<>() {
                  @Override
                  public CompletableFuture<@Nullable TenantEndpoint> whenComplete(
                      BiConsumer<? super @Nullable TenantEndpoint, ? super Throwable> action) {
                    throw new UnsupportedOperationException("no such thing");
                  }
                });
    for (Supplier<CompletionStage<@Nullable TenantEndpoint>> way : ways) {
      AtomicBoolean misbehaves = new AtomicBoolean(true);
      try (TenantRedis redis = client(misbehavingOnce(misbehaves, way)).build()) {
        assertUnknownPlace(redis.tenant(ACME).async().set("k", "1"));
        Awaitility.await()
            .ignoreExceptions()
            .until(() -> redis.tenant(ACME).sync().set("k", "2").equals("OK"));
      }
    }
  }

  @Test
  void aMappingThatFailsAtAChangeLeavesTheTenantWhereItIsAndIsAskedAgain() throws Exception {
    AtomicBoolean broken = new AtomicBoolean();
    TenantEndpoints mapping =
        tenant ->
            broken.get()
                ? CompletableFuture.failedFuture(new IllegalStateException("directory down"))
                : endpoints.endpoint(tenant).thenApply(endpoint -> endpoint);
    try (TenantRedis redis = client(mapping).build()) {
      redis.tenant(ACME).sync().set("k", "1");
      endpoints.put(ACME, at(own));
      broken.set(true);
      assertThatThrownBy(() -> done(redis.endpointChanged(ACME)))
          .hasCauseInstanceOf(TenantConnectionException.class);
      redis.tenant(ACME).sync().set("k", "2");
      assertThat(value(shared, "tenant:acme:k")).isEqualTo("2");
      broken.set(false);
      Awaitility.await().until(() -> !connections(own, ACME).isEmpty());
      Awaitility.await().until(() -> connections(shared, ACME).isEmpty());
    }
  }

  @Test
  void asManyEndpointsAreKnownAsMayBeAndOneThatIsUnusedMakesRoom() throws Exception {
    TenantId other = TenantId.of("other");
    endpoints.put(ACME, at(own));
    endpoints.put(other, TenantEndpoint.of("redis://127.0.0.1:1"));
    try (TenantRedis redis =
        client(endpoints)
            .connections(
                ConnectionOptions.builder()
                    .maxEndpoints(2)
                    .reconnectDelay(Duration.ofMillis(5), Duration.ofMillis(20))
                    .build())
            .build()) {
      redis.tenant(ACME).sync().set("k", "v");
      assertThatThrownBy(() -> redis.tenant(other).sync().set("k", "v"))
          .isInstanceOfSatisfying(
              TenantConnectionException.class,
              failure -> assertThat(failure.code()).isEqualTo(ErrorCode.TR016))
          .hasMessageContaining("maxEndpoints");
      endpoints.put(ACME, TenantEndpoint.shared());
      done(redis.endpointChanged(ACME));
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> redis.tenant(other).sync().set("k", "v"))
                      .isInstanceOfSatisfying(
                          TenantConnectionException.class,
                          failure -> assertThat(failure.code()).isEqualTo(ErrorCode.TR005)));
      assertThat(redis.resilience().circuitBreakers().getAllCircuitBreakers())
          .noneMatch(breaker -> breaker.getName().contains(own.uri()));
    }
  }

  @Test
  void anEndpointThatIsDownSparesItselfAndNoOther() {
    endpoints.put(ACME, TenantEndpoint.of("redis://127.0.0.1:1"));
    try (TenantRedis redis = client(endpoints).build()) {
      assertThatThrownBy(() -> redis.tenant(ACME).sync().set("k", "v"))
          .isInstanceOf(TenantConnectionException.class)
          .hasMessageContaining("127.0.0.1:1");
      redis
          .resilience()
          .circuitBreakers()
          .circuitBreaker("endpoint redis://127.0.0.1:1")
          .transitionToForcedOpenState();
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> redis.tenant(ACME).sync().set("k", "v"))
                      .hasMessageContaining("circuit breaker"));
      assertThat(redis.tenant(GLOBEX).sync().set("k", "v")).isEqualTo("OK");
    }
  }

  @Test
  void anEndpointThatDoesNotAnswerHoldsUpConnectsToNoOther() throws Exception {
    try (WireProxy silent = WireProxy.to(own)) {
      silent.blackHole();
      for (int i = 0; i < SILENT_TENANTS; i++) {
        endpoints.put(TenantId.of("silent" + i), TenantEndpoint.of(silent.uri()));
      }
      assertHoldsUpNoOther(silent, client(endpoints));
    }
  }

  @Test
  void aServerOfTheBuilderThatDoesNotAnswerHoldsUpConnectsToNoEndpoint() throws Exception {
    try (WireProxy silent = WireProxy.to(own)) {
      silent.blackHole();
      endpoints.put(GLOBEX, at(shared));
      assertHoldsUpNoOther(
          silent,
          TenantRedis.builder(silent.uri())
              .identity("tenant_{tenant}")
              .credentials(Tenants.credentials())
              .endpoints(endpoints)
              .maxAttempts(1)
              .commandTimeout(Duration.ofSeconds(30)));
    }
  }

  private static void assertHoldsUpNoOther(WireProxy silent, TenantRedis.Builder builder)
      throws Exception {
    try (TenantRedis redis =
        builder
            .connections(ConnectionOptions.builder().maxConcurrentConnects(4).build())
            .connectTimeout(Duration.ofMinutes(10))
            .shutdownTimeout(Duration.ofMillis(100))
            .build()) {
      List<CompletableFuture<String>> hanging = new ArrayList<>();
      for (int i = 0; i < SILENT_TENANTS; i++) {
        hanging.add(
            redis
                .tenant("silent" + i)
                .async()
                .get("k")
                .toCompletableFuture()
                .thenApply(value -> value));
      }
      Awaitility.await().until(() -> silent.connectionsAccepted() == 2);
      assertThat(redis.tenant(GLOBEX).sync().set("k", "v")).isEqualTo("OK");

      assertThat(silent.connectionsAccepted()).isEqualTo(2);
      assertThat(hanging).noneMatch(CompletableFuture::isDone);
      CircuitBreaker.Metrics ofShared =
          redis.resilience().circuitBreakers().getAllCircuitBreakers().stream()
              .filter(breaker -> breaker.getName().startsWith("endpoint "))
              .filter(breaker -> breaker.getName().endsWith(":" + shared.port()))
              .findFirst()
              .orElseThrow()
              .getMetrics();
      assertThat(ofShared.getNumberOfSuccessfulCalls()).isEqualTo(1);
      assertThat(ofShared.getNumberOfFailedCalls()).isZero();
    }
  }

  @Test
  void anotherDatabaseIsRefused() {
    endpoints.put(ACME, TenantEndpoint.of(own.uri() + "/3"));
    try (TenantRedis redis = client(endpoints).build()) {
      assertThatThrownBy(() -> redis.tenant(ACME).sync().set("k", "v"))
          .isInstanceOf(TenantConnectionException.class)
          .hasMessageContaining("database 3");
    }
  }

  @Test
  void anEndpointOverTlsIsCheckedWithTheTlsOptionsOfTheClient(@TempDir Path directory)
      throws Exception {
    TestCertificates certificates = TestCertificates.createIn(directory);
    try (RedisServer tls = Tenants.confined().tls(certificates, certificates.server()).start()) {
      endpoints.put(ACME, TenantEndpoint.of(tls.tlsUri()));
      try (TenantRedis redis =
          client(endpoints).tls(TlsOptions.builder().trust(certificates.caPem()).build()).build()) {
        assertThat(redis.tenant(ACME).sync().set("k", "v")).isEqualTo("OK");
        assertThat(redis.tenant(GLOBEX).sync().set("k", "v")).isEqualTo("OK");
        assertThat(value(tls, "tenant:acme:k")).isEqualTo("v");
      }
      try (TenantRedis redis = client(endpoints).build()) {
        assertThatThrownBy(() -> redis.tenant(ACME).sync().set("k", "v"))
            .isInstanceOfSatisfying(
                TenantConnectionException.class,
                failure -> assertThat(failure.code()).isEqualTo(ErrorCode.SEC004));
      }
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "tenantredis.long", matches = "true")
  void anEndpointBehindSentinelsIsFollowedThroughAFailover() {
    try (ReplicatedRedis servers =
            ReplicatedRedis.builder().server(Tenants.confined()).replicas(1).sentinels(1).start();
        TenantRedis redis =
            client(endpoints)
                .maxAttempts(3)
                .connectTimeout(Duration.ofSeconds(3))
                .commandTimeout(Duration.ofSeconds(20))
                .build()) {
      RedisServer sentinel = servers.sentinels().get(0);
      endpoints.put(
          ACME,
          TenantEndpoint.of(
              "redis-sentinel://"
                  + sentinel.host()
                  + ":"
                  + sentinel.port()
                  + "#"
                  + servers.masterName()));
      redis.tenant(ACME).sync().set("k", "v");
      redis.tenant(GLOBEX).sync().set("k", "v");
      List<String> ofGlobex = connections(shared, GLOBEX);
      RedisServer second = servers.failoverByKill();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .until(() -> redis.tenant(ACME).sync().set("k", "after").equals("OK"));
      assertThat(value(second, "tenant:acme:k")).isEqualTo("after");
      assertThat(connections(shared, GLOBEX)).isEqualTo(ofGlobex);
    }
  }

  @Test
  void anEndpointHoldsNoCredentialsAndChecksCertificates() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TenantEndpoint.of("redis://user:hunter2@localhost:6379"))
        .withMessageContaining("credentials")
        .satisfies(thrown -> assertThat(thrown.getMessage()).doesNotContain("hunter2"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TenantEndpoint.of("rediss://localhost:6379?verifyPeer=NONE"))
        .withMessageContaining("certificate");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TenantEndpoint.of("nonsense"))
        .withMessageContaining("redis://host:port");
    assertThat(TenantEndpoint.of("redis://a:1")).isEqualTo(TenantEndpoint.of("redis://a:1"));
    assertThat(TenantEndpoint.shared()).isNotEqualTo(TenantEndpoint.held());
  }

  @Test
  void closingTheClientEndsTheTelling() {
    AtomicInteger told = new AtomicInteger();
    TenantEndpoints mapping =
        new TenantEndpoints() {
          @Override
          public CompletionStage<@Nullable TenantEndpoint> endpoint(TenantId tenant) {
            told.incrementAndGet();
            return endpoints.endpoint(tenant).thenApply(endpoint -> endpoint);
          }

          @Override
          public Runnable onChange(java.util.function.Consumer<TenantId> listener) {
            return endpoints.onChange(listener);
          }
        };
    try (TenantRedis redis = client(mapping).build()) {
      redis.tenant(ACME).sync().set("k", "v");
    }
    int before = told.get();
    endpoints.put(ACME, at(own));
    assertThat(told).hasValue(before);
  }
}
