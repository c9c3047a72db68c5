package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.ServerFault;
import io.tenantredis.test.server.WireProxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection whose replies may not belong to its commands is not trusted. */
class InStepTest {

  private static final String DESYNCS = "tenant.redis.connection.desyncs";

  static RedisServer server;
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
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
    open(Duration.ofMillis(100), Duration.ofSeconds(5));
    for (int i = 0; i < 100; i++) {
      acme.async().set("k" + i, "v" + i);
    }
    acme.sync().set("k", "v");
  }

  private void open(Duration probes, Duration timeout) {
    if (redis != null) {
      redis.close();
    }
    redis =
        TenantRedis.builder(proxy.uri())
            .identity("tenant_{tenant}")
            .credentials(Tenants.credentials())
            .meterRegistry(meters)
            .commandTimeout(timeout)
            .resilience(ResilienceOptions.builder().stepProbeInterval(probes).build())
            .build();
    acme = redis.tenant("acme");
  }

  @AfterEach
  void disconnect() {
    redis.close();
    proxy.close();
  }

  private double desyncs() {
    return meters.find(DESYNCS).counters().stream().mapToDouble(c -> c.count()).sum();
  }

  /** Keeps the connection busy, so that no command ever times out though a reply is missing. */
  private void keepBusyUntilOutOfStepIsNoticed() throws Exception {
    Queue<RedisFuture<String>> inFlight = new ArrayDeque<>();
    long giveUpAt = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    for (int i = 0; desyncs() == 0 && System.nanoTime() - giveUpAt < 0; i++) {
      inFlight.add(acme.async().get("k" + i % 100));
      if (inFlight.size() >= 16) {
        ended(inFlight.remove());
      }
    }
    for (RedisFuture<String> future : inFlight) {
      ended(future);
    }
  }

  private static void ended(RedisFuture<String> future) throws Exception {
    try {
      future.get(10, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      assertThat(failed.getCause()).isInstanceOf(TenantRedisFailure.class);
    }
  }

  private void assertRepliesAreRight() {
    for (int i = 0; i < 100; i++) {
      assertThat(acme.sync().get("k" + i)).isEqualTo("v" + i);
    }
  }

  @Test
  void aLostReplyIsNoticedThoughCommandsKeepComing() throws Exception {
    proxy.onCommand("GET").skipping(50).dropReply();
    keepBusyUntilOutOfStepIsNoticed();
    assertThat(desyncs()).isEqualTo(1);
    assertRepliesAreRight();
    assertThat(proxy.connectionsAccepted()).isEqualTo(2);
  }

  @Test
  void aDoubledReplyIsNoticedThoughCommandsKeepComing() throws Exception {
    proxy.onCommand("GET").skipping(50).duplicateReply();
    keepBusyUntilOutOfStepIsNoticed();
    assertThat(desyncs()).isEqualTo(1);
    assertRepliesAreRight();
  }

  @Test
  void aReplyThatCameWithOneNobodyAskedForIsNotBelieved() {
    await().until(() -> proxy.commandsSeen("PING") >= 1);
    proxy
        .onCommand("GET tenant:acme:k1")
        .times(1)
        .replaceReply("$6\r\nforged\r\n$2\r\nv1\r\n".getBytes(StandardCharsets.US_ASCII));
    assertThatThrownBy(() -> acme.sync().get("k1"))
        .isInstanceOfSatisfying(
            TenantConnectionLostException.class,
            lost -> assertThat(lost.outcome()).isEqualTo(Outcome.UNKNOWN));
    assertThat(desyncs()).isEqualTo(1);
    assertRepliesAreRight();
  }

  @Test
  void aReplyThatCameWithSomethingUnreadableIsNotBelieved() throws Exception {
    await().until(() -> proxy.commandsSeen("PING") >= 1);
    proxy
        .onCommand("GET tenant:acme:k1")
        .times(1)
        .replaceReply("$6\r\nforged\r\n?what\r\n".getBytes(StandardCharsets.US_ASCII));
    proxy.onCommand("GET tenant:acme:k2").times(1).dropReply();
    RedisFuture<String> first = acme.async().get("k1");
    RedisFuture<String> second = acme.async().get("k2");
    assertThat(
            first.toCompletableFuture().handle((v, failure) -> failure).get(10, TimeUnit.SECONDS))
        .isInstanceOf(TenantRedisFailure.class);
    ended(second);
    assertThat(desyncs()).isEqualTo(1);
    assertRepliesAreRight();
  }

  @Test
  void aConnectionThatIsInStepIsKept() {
    for (int i = 0; i < 3; i++) {
      long probes = proxy.commandsSeen("PING");
      await()
          .until(
              () -> {
                assertRepliesAreRight();
                return proxy.commandsSeen("PING") > probes;
              });
    }
    assertThat(desyncs()).isZero();
    assertThat(proxy.connectionsAccepted()).isEqualTo(1);
  }

  @Test
  void anIdleConnectionIsNotProbed() {
    await().until(() -> proxy.commandsSeen("PING") >= 1);
    long before = proxy.commandsSeen("PING");
    await().during(Duration.ofMillis(400)).until(() -> proxy.commandsSeen("PING") <= before + 1);
  }

  @Test
  void repliesBehindOneThatCameTooLateAreHandedOutOnceTheyAreProved() throws Exception {
    open(Duration.ofMinutes(1), Duration.ofSeconds(5));
    acme.sync().get("k");
    proxy.stopReading();
    RedisFuture<String> late = acme.async().get("k1");
    RedisFuture<String> behind = withALaterDeadline(() -> acme.async().get("k2"));
    assertThat(late.toCompletableFuture().handle((v, failure) -> failure).get(20, TimeUnit.SECONDS))
        .isInstanceOf(TenantTimeoutException.class);
    proxy.resumeReading();
    assertThat(acme.sync().get("k3")).as("on a new connection").isEqualTo("v3");
    assertThat(behind.get(10, TimeUnit.SECONDS)).isEqualTo("v2");
    await().until(() -> proxy.openConnections() == 1);
    assertThat(desyncs()).isZero();
  }

  @Test
  void repliesBehindAMissingOneAreNeverHandedOutAfterItWasMissed() throws Exception {
    open(Duration.ofMinutes(1), Duration.ofSeconds(5));
    acme.sync().get("k");
    proxy.onCommand("GET tenant:acme:k1").dropReply();
    proxy.stopReading();
    RedisFuture<String> missing = acme.async().get("k1");
    RedisFuture<String> behind = withALaterDeadline(() -> acme.async().get("k2"));
    assertThat(
            missing.toCompletableFuture().handle((v, failure) -> failure).get(20, TimeUnit.SECONDS))
        .isInstanceOf(TenantTimeoutException.class);
    proxy.resumeReading();
    assertThat(
            behind
                .toCompletableFuture()
                .handle((v, failure) -> v == null)
                .get(20, TimeUnit.SECONDS))
        .as("no value")
        .isTrue();
    await().until(() -> proxy.openConnections() <= 1);
    assertRepliesAreRight();
  }

  /** Each command's deadline counts from when it was given. */
  private static <T> T withALaterDeadline(Supplier<T> command) {
    await().pollDelay(Duration.ofSeconds(3)).until(() -> true);
    return command.get();
  }

  @Test
  void whereProofIsNotPermittedATimeoutClosesTheConnection() {
    try (ServerFault denied = server.faults().denyCommand("tenant_acme", "ping")) {
      open(Duration.ofMillis(100), Duration.ofSeconds(4));
      acme.sync().get("k");
      await().until(() -> proxy.commandsSeen("PING") >= 1);
      assertRepliesAreRight();
      assertThat(desyncs()).isZero();
      proxy.onCommand("GET").dropReply();
      assertThatThrownBy(() -> acme.sync().get("k")).isInstanceOf(TenantTimeoutException.class);
      await().until(() -> proxy.openConnections() == 0);
      assertRepliesAreRight();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "LOADING Redis is loading the dataset in memory",
        "BUSY Redis is busy running a script.",
        "MASTERDOWN Link with MASTER is down",
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist"
      })
  void aServerThatProvesNothingForNowKeepsItsConnectionsAndIsAskedAgain(String refusal) {
    long before = proxy.commandsSeen("PING");
    proxy.onCommand("PING").times(3).answerError(refusal);
    acme.sync().get("k");
    await().until(() -> proxy.commandsSeen("PING") >= before + 4);
    assertRepliesAreRight();
    assertThat(desyncs()).isZero();
    assertThat(proxy.connectionsAccepted()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NOPERM this user has no permissions to run the 'get' command",
        "WRONGTYPE Operation against a key holding the wrong kind of value",
        "READONLY You can't write against a read only replica."
      })
  void anErrorThatAPingCannotHaveIsAnotherCommandsReply(String error) {
    proxy.onCommand("PING").answerError(error);
    acme.sync().get("k");
    await().until(() -> desyncs() == 1);
    assertRepliesAreRight();
  }

  @ParameterizedTest
  @ValueSource(strings = {"*2147483647\r\n", "%1000000000\r\n", "*2\r\n*16777217\r\n+x\r\n"})
  void aReplyThatAnnouncesMoreThanAnybodyHasTakesNoMemoryAndClosesTheConnection(String reply) {
    proxy.onCommand("LRANGE").replaceReply(reply.getBytes(StandardCharsets.US_ASCII));
    assertThatThrownBy(() -> acme.sync().lrange("list", 0, -1))
        .isInstanceOf(TenantReplyException.class);
    await().until(() -> desyncs() == 1);
    assertRepliesAreRight();
  }

  @ParameterizedTest
  @ValueSource(strings = {">2\r\n+some\r\n+push\r\n", "$6\r\nforged\r\n", "?what\r\n"})
  void whatNobodyAskedForClosesTheConnection(String bytes) {
    await().until(() -> proxy.commandsSeen("PING") >= 1);
    proxy.inject(bytes.getBytes(StandardCharsets.UTF_8));
    await().until(() -> proxy.openConnections() == 0);
    assertRepliesAreRight();
  }

  @Test
  void aReplyOfAnotherTypeThanTheCommandsClosesTheConnection() {
    proxy.onCommand("GET").replaceReply(":1\r\n".getBytes(StandardCharsets.US_ASCII));
    assertThatThrownBy(() -> acme.sync().get("k"))
        .isInstanceOfSatisfying(
            TenantReplyException.class,
            unreadable -> assertThat(unreadable.code()).isEqualTo(ErrorCode.TR015));
    await().until(() -> desyncs() == 1);
    assertRepliesAreRight();
  }

  @Test
  void aCodecThatFailsIsTheApplicationsMatterAndClosesNothing() {
    TenantClient<String, String> picky = redis.tenant(TenantId.of("acme"), new Picky());
    assertThatThrownBy(() -> picky.sync().get("k"))
        .isInstanceOf(TenantReplyException.class)
        .hasRootCauseInstanceOf(IllegalArgumentException.class);
    assertRepliesAreRight();
    assertThat(desyncs()).isZero();
    assertThat(proxy.connectionsAccepted()).isEqualTo(1);
  }

  private static final class Picky implements RedisCodec<String, String> {

    @Override
    public String decodeKey(ByteBuffer bytes) {
      return StringCodec.UTF8.decodeKey(bytes);
    }

    @Override
    public String decodeValue(ByteBuffer bytes) {
      throw new IllegalArgumentException("not to its liking");
    }

    @Override
    public ByteBuffer encodeKey(String key) {
      return StringCodec.UTF8.encodeKey(key);
    }

    @Override
    public ByteBuffer encodeValue(String value) {
      return StringCodec.UTF8.encodeValue(value);
    }
  }
}
