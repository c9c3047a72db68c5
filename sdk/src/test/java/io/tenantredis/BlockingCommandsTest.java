package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.KeyValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;

/** Commands that wait on the server. Its users may do everything: the guard is the only fence. */
class BlockingCommandsTest {

  static RedisServer server;

  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  WireProxy proxy;
  TenantRedis redis;
  TenantClient<String, String> acme;

  @BeforeAll
  static void startServer() {
    server = Tenants.unconfined().start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void connect() {
    server.admin().command("FLUSHALL");
    server.admin().command("RPUSH", "list", "canary");
    server.admin().command("RPUSH", "tenant:globex:list", "canary");
    proxy = WireProxy.to(server);
    redis =
        TenantRedis.builder(proxy.uri())
            .identity("tenant_{tenant}")
            .credentials(Tenants.credentials())
            .commandTimeout(Duration.ofSeconds(3))
            .shutdownTimeout(Duration.ZERO)
            .dedicatedConnections(
                PoolOptions.builder().maxSize(2).acquireTimeout(Duration.ofMillis(300)).build())
            .meterRegistry(registry)
            .build();
    acme = redis.tenant("acme");
    acme.sync().ping();
  }

  @AfterEach
  void disconnect() {
    redis.close();
    proxy.close();
  }

  private double used() {
    return connections("used");
  }

  private double connections(String state) {
    return registry
        .get("tenant.redis.dedicated.connections")
        .tag("db.client.connection.state", state)
        .gauge()
        .value();
  }

  private void awaitBlocked(int clients) {
    await()
        .until(() -> server.admin().text("INFO", "clients").contains("blocked_clients:" + clients));
  }

  @Test
  void aBlockedPopDoesNotHoldUpTheTenantsOtherCommandsAndGivesItsConnectionBack() throws Exception {
    RedisFuture<KeyValue<String, String>> popped = acme.async().blpop(30, "list");
    awaitBlocked(1);
    assertThat(used()).isEqualTo(1);
    assertThat(acme.sync().set("other", "1")).isEqualTo("OK");
    acme.sync().rpush("list", "mine");
    assertThat(popped.get(5, TimeUnit.SECONDS)).isEqualTo(KeyValue.just("list", "mine"));
    assertThat(used()).isZero();
    assertThat(connections("idle")).isEqualTo(1);
    assertThat(server.admin().text("LINDEX", "list", "0")).isEqualTo("canary");
  }

  @Test
  void allFlavoursAreRoutedByThemselves() throws Exception {
    acme.sync().rpush("list", "1", "2", "3", "4");
    assertThat(acme.sync().blpop(1, "list").getValue()).isEqualTo("1");
    assertThat(acme.async().blpop(1, "list").get(5, TimeUnit.SECONDS).getValue()).isEqualTo("2");
    assertThat(acme.reactive().blpop(1, "list").block(Duration.ofSeconds(5)).getValue())
        .isEqualTo("3");
    AsyncCommand<String, String, KeyValue<String, String>> raw =
        new AsyncCommand<>(
            new Command<>(
                CommandType.BLPOP,
                new KeyValueOutput<>(StringCodec.UTF8),
                new CommandArgs<>(StringCodec.UTF8).addKey("list").add(1)));
    acme.connection().dispatch(raw);
    assertThat(raw.get(5, TimeUnit.SECONDS)).isEqualTo(KeyValue.just("list", "4"));
    await().until(() -> connections("idle") == 1);
    assertThat(used()).isZero();
  }

  @Test
  @SuppressWarnings("unchecked") // Varargs of a generic type.
  void theTimeThatACommandMayWaitComesOnTopOfTheCommandTimeout() {
    long start = System.nanoTime();
    assertThat(acme.sync().blpop(3.5, "nothing")).isNull();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(3400));
    List<StreamMessage<String, String>> none =
        acme.sync()
            .xread(XReadArgs.Builder.block(3200), XReadArgs.StreamOffset.from("stream", "0-0"));
    assertThat(none).isEmpty();
  }

  @Test
  void aCommandThatWaitsForEverHasNoTimeout() throws Exception {
    CompletableFuture<KeyValue<String, String>> popped =
        CompletableFuture.supplyAsync(() -> acme.sync().blpop(0, "list"));
    awaitBlocked(1);
    // Longer than the command timeout and what a synchronous caller waits beyond it.
    await().during(Duration.ofMillis(4200)).until(() -> !popped.isDone());
    acme.sync().rpush("list", "at last");
    assertThat(popped.get(5, TimeUnit.SECONDS).getValue()).isEqualTo("at last");
  }

  @Test
  void aCommandWhoseReplyDoesNotComeEndsAfterBlockTimeAndCommandTimeout() {
    proxy.onCommand("BLPOP").dropReply();
    assertThatThrownBy(() -> acme.sync().blpop(0.2, "list"))
        .isInstanceOfSatisfying(
            TenantTimeoutException.class,
            late -> assertThat(late.outcome()).isEqualTo(Outcome.UNKNOWN));
    assertThat(used()).isZero();
    assertThat(acme.sync().blpop(0.01, "nothing")).isNull();
  }

  @Test
  void theConnectionOfACancelledCommandIsClosedSoThatItTakesNoValue() {
    RedisFuture<KeyValue<String, String>> popped = acme.async().blpop(30, "list");
    awaitBlocked(1);
    popped.cancel(true);
    awaitBlocked(0);
    await().until(() -> connections("idle") + used() == 0);
    acme.sync().rpush("list", "kept");
    assertThat(acme.sync().llen("list")).isEqualTo(1);
  }

  @Test
  void theConnectionOfACancelledSubscriptionIsClosed() {
    Disposable popped = acme.reactive().blpop(30, "list").subscribe();
    awaitBlocked(1);
    popped.dispose();
    awaitBlocked(0);
    await().until(() -> connections("idle") + used() == 0);
  }

  @Test
  void moreBlockingCommandsThanConnectionsFailInBoundedTime() {
    acme.async().blpop(30, "a");
    acme.async().blpop(30, "b");
    awaitBlocked(2);
    assertThatThrownBy(() -> acme.sync().blpop(30, "c"))
        .isInstanceOfSatisfying(
            TenantLimitException.class,
            full -> {
              assertThat(full.code()).isEqualTo(ErrorCode.TR010);
              assertThat(full.command()).isEqualTo("BLPOP");
            });
  }

  @Test
  void aLostConnectionFailsTheCommandWithUnknownOutcomeAndItIsNotSentAgain() {
    proxy.onCommand("BLPOP").resetAfterForwarding();
    assertThatThrownBy(() -> acme.sync().blpop(1, "list"))
        .isInstanceOfSatisfying(
            TenantConnectionLostException.class,
            lost -> assertThat(lost.outcome()).isEqualTo(Outcome.UNKNOWN));
    assertThat(proxy.commandsSeen("BLPOP")).isEqualTo(1);
    assertThat(used()).isZero();
  }

  @Test
  void anErrorOfTheServerGivesTheConnectionBack() {
    acme.sync().set("text", "x");
    assertThatThrownBy(() -> acme.sync().blpop(1, "text")).hasMessageStartingWith("WRONGTYPE");
    assertThat(connections("idle")).isEqualTo(1);
  }

  @Test
  @SuppressWarnings("unchecked") // Varargs of a generic type.
  void readingAStreamWithoutBlockStaysOnTheSharedConnection() {
    acme.sync().xadd("stream", Map.of("f", "v"));
    assertThat(acme.sync().xread(XReadArgs.StreamOffset.from("stream", "0-0"))).hasSize(1);
    assertThat(connections("idle")).isZero();
  }

  @Test
  void waitNeedsTheConnectionThatWroteAndSaysSo() {
    assertThatThrownBy(() -> acme.sync().waitForReplication(0, 10))
        .isInstanceOf(CommandRefusedException.class)
        .hasMessageContaining("dedicated(...)");
    long replicas =
        acme.dedicated(
            connection -> {
              connection.sync().set("k", "v");
              return connection.sync().waitForReplication(0, 10);
            });
    assertThat(replicas).isZero();
  }
}
