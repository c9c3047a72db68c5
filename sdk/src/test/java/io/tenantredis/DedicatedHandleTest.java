package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.AsyncCloseable;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A leased connection. The tenant's user may do everything: the guard is the only fence. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DedicatedHandleTest {

  RedisServer server;
  SimpleMeterRegistry registry;
  WireProxy proxy;
  TenantRedis redis;
  TenantClient<String, String> acme;

  RedisServer.Builder users() {
    return Tenants.unconfined();
  }

  @BeforeAll
  void startServer() {
    server = users().start();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  @BeforeEach
  void connect() {
    server.admin().command("FLUSHALL");
    server.admin().command("SET", "a", "canary");
    server.admin().command("SET", "tenant:globex:a", "canary");
    proxy = WireProxy.to(server);
    registry = new SimpleMeterRegistry();
    redis =
        TenantRedis.builder(proxy.uri())
            .identity("tenant_{tenant}")
            .credentials(Tenants.credentials())
            .meterRegistry(registry)
            .commandTimeout(Duration.ofSeconds(3))
            .shutdownTimeout(Duration.ZERO)
            .dedicatedConnections(PoolOptions.builder().maxSize(2).maxBufferedCommands(3).build())
            .build();
    acme = redis.tenant("acme");
  }

  @AfterEach
  void disconnect() {
    redis.close();
    proxy.close();
  }

  @Test
  void aTransactionOfEachFlavourIsConfinedAndItsRepliesAreTranslated() throws Exception {
    acme.sync().set("a", "1");
    acme.sync().rpush("list", "x");
    TransactionResult sync =
        acme.dedicated(
            connection -> {
              connection.sync().multi();
              assertThat(connection.sync().get("a")).isNull();
              connection.sync().lmpop(io.lettuce.core.LMPopArgs.Builder.left(), "list");
              return connection.sync().exec();
            });
    assertThat(sync.<String>get(0)).isEqualTo("1");
    assertThat(sync.<Object>get(1).toString()).contains("list").doesNotContain("tenant:");
    TransactionResult async =
        acme.dedicatedAsync(
                connection -> {
                  connection.async().multi();
                  RedisFuture<String> a = connection.async().get("a");
                  connection.async().set("b", "2");
                  return connection
                      .async()
                      .exec()
                      .thenApply(
                          result -> {
                            assertThat(a.toCompletableFuture().join()).isEqualTo("1");
                            return result;
                          });
                })
            .toCompletableFuture()
            .get(5, TimeUnit.SECONDS);
    assertThat(async).containsExactly("1", "OK");
    assertThat(server.admin().text("GET", "tenant:acme:b")).isEqualTo("2");
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      TransactionResult reactive =
          connection
              .reactive()
              .multi()
              .flatMap(
                  ok -> {
                    connection.reactive().get("b").subscribe();
                    return connection.reactive().exec();
                  })
              .block(Duration.ofSeconds(5));
      assertThat(reactive).containsExactly("2");
    }
  }

  @Test
  void handMadeCommandsAndThoseGivenToTheWriterAreGuardedToo() throws Exception {
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      AsyncCommand<String, String, String> viaDispatch = set("raw");
      connection.dispatch(viaDispatch);
      assertThat(viaDispatch.get(5, TimeUnit.SECONDS)).isEqualTo("OK");
      AsyncCommand<String, String, String> viaWriter = set("written");
      ((io.lettuce.core.RedisChannelHandler<String, String>) connection)
          .getChannelWriter()
          .write(viaWriter);
      assertThat(viaWriter.get(5, TimeUnit.SECONDS)).isEqualTo("OK");
    }
    assertThat(server.admin().text("GET", "tenant:acme:raw")).isEqualTo("v");
    assertThat(server.admin().text("GET", "tenant:acme:written")).isEqualTo("v");
  }

  private static AsyncCommand<String, String, String> set(String key) {
    return new AsyncCommand<>(
        new Command<>(
            CommandType.SET,
            new StatusOutput<>(StringCodec.UTF8),
            new CommandArgs<>(StringCodec.UTF8).addKey(key).addValue("v")));
  }

  @Test
  void aWatchedKeyThatChangedMeanwhileDiscardsTheTransaction() {
    acme.dedicated(
        connection -> {
          connection.sync().watch("a");
          acme.sync().set("a", "changed");
          connection.sync().multi();
          connection.sync().set("a", "mine");
          assertThat(connection.sync().exec().wasDiscarded()).isTrue();
          return null;
        });
    assertThat(acme.sync().get("a")).isEqualTo("changed");
  }

  @Test
  void whatWasLeftOpenIsUndoneBeforeTheNextBorrower() {
    long first =
        acme.dedicated(
            connection -> {
              long id = connection.sync().clientId();
              connection.sync().watch("a");
              connection.sync().multi();
              connection.sync().set("a", "never");
              return id;
            });
    acme.dedicated(
        connection -> {
          assertThat(connection.sync().clientId()).isEqualTo(first);
          assertThat(connection.sync().get("a")).isNull();
          connection.sync().watch("a");
          return null;
        });
    assertThat(proxy.commandsSeen("DISCARD")).isEqualTo(1);
    assertThat(proxy.commandsSeen("UNWATCH")).isEqualTo(1);
    acme.sync().set("a", "changed");
    acme.dedicated(
        connection -> {
          connection.sync().multi();
          connection.sync().set("b", "1");
          assertThat(connection.sync().exec().wasDiscarded()).isFalse();
          return null;
        });
  }

  @Test
  void aConnectionInAStateThatCannotBeUndoneIsThrownAway() {
    long first =
        acme.dedicated(
            connection -> {
              long id = connection.sync().clientId();
              connection.sync().clientSetname("marked");
              return id;
            });
    assertThat(acme.<Long>dedicated(connection -> connection.sync().clientId()))
        .isNotEqualTo(first);
  }

  @Test
  void aConnectionIsGivenBackWhenTheWorkThrows() {
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(
              () ->
                  acme.dedicated(
                      connection -> {
                        throw new IllegalStateException("mine");
                      }))
          .hasMessage("mine");
    }
    assertThat(acme.<String>dedicated(connection -> connection.sync().ping())).isEqualTo("PONG");
  }

  @Test
  void aTransactionWithARefusedCommandIsNotExecutedInPart() {
    acme.dedicated(
        connection -> {
          connection.sync().multi();
          connection.sync().set("a", "half");
          assertThatThrownBy(() -> connection.sync().flushall())
              .isInstanceOf(CommandRefusedException.class);
          assertThatThrownBy(() -> connection.sync().exec())
              .isInstanceOf(CommandRefusedException.class)
              .hasMessageContaining("DISCARD");
          connection.sync().discard();
          connection.sync().multi();
          connection.sync().set("b", "whole");
          assertThat(connection.sync().exec()).containsExactly("OK");
          return null;
        });
    assertThat(acme.sync().get("a")).isNull();
  }

  @Test
  void whatTheServerRefusedToQueueFailsWithItsErrorAndTheRestWithThatOfExec() {
    acme.dedicated(
        connection -> {
          connection.sync().multi();
          RedisFuture<Long> counted = connection.async().incr("n");
          AsyncCommand<String, String, String> rejected = command(CommandType.GEOSEARCH, "n", "1");
          connection.dispatch(rejected);
          RedisFuture<String> set = connection.async().set("a", "never");
          assertThatThrownBy(() -> connection.sync().exec())
              .isInstanceOfSatisfying(
                  TenantCommandException.class, DedicatedHandleTest::wasNotExecuted)
              .hasMessageContaining("EXECABORT");
          assertThatThrownBy(() -> rejected.get(5, TimeUnit.SECONDS))
              .cause()
              .isInstanceOfSatisfying(
                  TenantCommandException.class, DedicatedHandleTest::wasNotExecuted)
              .hasMessageContaining("wrong number of arguments");
          for (RedisFuture<?> discarded : List.of(counted, set)) {
            assertThatThrownBy(() -> discarded.get(5, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                    TenantCommandException.class, DedicatedHandleTest::wasNotExecuted)
                .hasMessageContaining("EXECABORT");
          }
          assertThat(connection.sync().ping()).isEqualTo("PONG");
          return null;
        });
    assertThat(acme.sync().get("a")).isNull();
    assertThat(acme.sync().get("n")).isNull();
  }

  @Test
  void whatFailsWithinATransactionFailsWithItsOwnErrorAndNothingElseDoes() throws Exception {
    acme.sync().rpush("list", "x");
    acme.dedicated(
        connection -> {
          connection.sync().multi();
          RedisFuture<Long> wrong = connection.async().incr("list");
          RedisFuture<Long> right = connection.async().incr("n");
          assertThat(connection.sync().exec()).hasSize(2);
          assertThatThrownBy(() -> wrong.get(5, TimeUnit.SECONDS))
              .cause()
              .isInstanceOfSatisfying(
                  TenantCommandException.class, DedicatedHandleTest::wasNotExecuted)
              .hasMessageContaining("WRONGTYPE");
          assertThat(right.toCompletableFuture().join()).isEqualTo(1);
          return null;
        });
  }

  private static void wasNotExecuted(TenantCommandException failure) {
    assertThat(failure.outcome()).isEqualTo(Outcome.REJECTED);
    assertThat(failure.code()).isEqualTo(ErrorCode.TR001);
  }

  private static AsyncCommand<String, String, String> command(
      CommandType type, String key, String argument) {
    return new AsyncCommand<>(
        new Command<>(
            type,
            new StatusOutput<>(StringCodec.UTF8),
            new CommandArgs<>(StringCodec.UTF8).addKey(key).add(argument)));
  }

  @Test
  void nothingIsRetriedOnALeasedConnection() {
    acme.dedicated(
        connection -> {
          proxy.onCommand("GET").answerError("LOADING Redis is loading the dataset in memory");
          assertThatThrownBy(() -> connection.sync().get("a"))
              .isInstanceOf(TenantLoadingException.class);
          assertThat(proxy.commandsSeen("GET")).isEqualTo(1);
          return null;
        });
    assertThat(
            registry
                .get("db.client.operation.duration")
                .tag("db.operation.name", "GET")
                .tag("outcome", "rejected")
                .timer()
                .count())
        .isEqualTo(1);
  }

  @Test
  void aLostConnectionFailsQueuedCommandsAndTheirTransaction() {
    StatefulRedisConnection<String, String> connection = acme.lease();
    connection.sync().multi();
    RedisFuture<String> queued = connection.async().set("a", "1");
    proxy.onCommand("EXEC").resetAfterForwarding();
    assertThatThrownBy(() -> connection.sync().exec())
        .isInstanceOfSatisfying(
            TenantConnectionLostException.class,
            lost -> assertThat(lost.outcome()).isEqualTo(Outcome.UNKNOWN));
    assertThatThrownBy(() -> queued.get(5, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(io.lettuce.core.RedisException.class);
    connection.close();
    assertThat(acme.<String>dedicated(other -> other.sync().ping())).isEqualTo("PONG");
  }

  @Test
  void heldBackCommandsAreSentByAFlushAndBoundedInNumber() throws Exception {
    StatefulRedisConnection<String, String> connection = acme.lease();
    connection.setAutoFlushCommands(false);
    List<RedisFuture<String>> held = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      held.add(connection.async().set("k" + i, "v"));
    }
    assertThatThrownBy(() -> held.get(3).get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(TenantLimitException.class);
    assertThat(proxy.commandsSeen("SET")).isZero();
    connection.flushCommands();
    for (RedisFuture<String> sent : held.subList(0, 3)) {
      assertThat(sent.get(5, TimeUnit.SECONDS)).isEqualTo("OK");
    }
    RedisFuture<String> never = connection.async().set("never", "v");
    connection.close();
    assertThatThrownBy(() -> never.get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(TenantClosedException.class);
    assertThat(acme.sync().get("never")).isNull();
  }

  @Test
  void whatATransactionQueuesLeavesWithExecUnlessItIsFlushed() {
    acme.dedicated(
        connection -> {
          connection.sync().multi();
          connection.sync().set("a", "1");
          connection.sync().set("b", "2");
          for (int i = 0; i < 3; i++) {
            acme.sync().get("other");
          }
          assertThat(proxy.commandsSeen("SET")).isZero();
          connection.flushCommands();
          await().until(() -> proxy.commandsSeen("SET") == 2);
          connection.sync().set("c", "3");
          assertThat(connection.sync().exec()).containsExactly("OK", "OK", "OK");
          return null;
        });
    assertThat(proxy.commandsSeen("SET")).isEqualTo(3);
    assertThat(acme.sync().mget("a", "b", "c"))
        .extracting(KeyValue::getValue)
        .containsExactly("1", "2", "3");
  }

  @Test
  void whatWasHeldBackBeforeATransactionIsNoPartOfIt() throws Exception {
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      connection.setAutoFlushCommands(false);
      RedisFuture<String> before = connection.async().set("before", "1");
      connection.setAutoFlushCommands(true);
      connection.sync().multi();
      connection.sync().set("a", "1");
      assertThat(connection.sync().exec()).containsExactly("OK");
      assertThat(before.get(5, TimeUnit.SECONDS)).isEqualTo("OK");
    }
  }

  @Test
  void aCommandThatIsCancelledStaysInItsTransaction() throws Exception {
    for (boolean flushed : new boolean[] {false, true}) {
      try (StatefulRedisConnection<String, String> connection = acme.lease()) {
        connection.sync().set("n", "7");
        connection.sync().multi();
        RedisFuture<Long> cancelled = connection.async().incr("n");
        RedisFuture<String> set = connection.async().set("a", "1");
        RedisFuture<String> get = connection.async().get("a");
        cancelled.cancel(true);
        if (flushed) {
          connection.flushCommands();
        }
        assertThat(connection.sync().exec()).containsExactly(8L, "OK", "1");
        assertThat(cancelled.isCancelled()).isTrue();
        assertThat(set.get(5, TimeUnit.SECONDS)).isEqualTo("OK");
        assertThat(get.get(5, TimeUnit.SECONDS)).isEqualTo("1");
        assertThat(connection.sync().get("n")).isEqualTo("8");
      }
    }
  }

  @Test
  void whatATransactionQueuedEndsWithTheLease() throws Exception {
    StatefulRedisConnection<String, String> connection = acme.lease();
    connection.sync().multi();
    RedisFuture<String> queued = connection.async().set("a", "never");
    connection.close();
    assertThat(queued.get(5, TimeUnit.SECONDS)).isNull();
    StatefulRedisConnection<String, String> tainted = acme.lease();
    tainted.sync().clientSetname("marked");
    tainted.sync().multi();
    RedisFuture<String> dropped = tainted.async().set("a", "never");
    tainted.close();
    assertThatThrownBy(() -> dropped.get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(TenantClosedException.class);
    assertThat(acme.sync().get("a")).isNull();
  }

  @Test
  void aTransactionIsBoundedInNumber() {
    acme.dedicated(
        connection -> {
          connection.sync().multi();
          for (int i = 0; i < 3; i++) {
            connection.sync().incr("n");
          }
          assertThatThrownBy(() -> connection.sync().incr("n"))
              .isInstanceOf(TenantLimitException.class);
          return null;
        });
  }

  @Test
  void aClosedHandleTakesNoCommands() throws Exception {
    StatefulRedisConnection<String, String> connection = acme.lease();
    ((AsyncCloseable) connection).closeAsync().get(5, TimeUnit.SECONDS);
    assertThat(connection.isOpen()).isFalse();
    assertThatThrownBy(() -> connection.sync().get("a")).isInstanceOf(TenantClosedException.class);
    connection.close();
  }

  @Test
  void transactionsAreRefusedOnTheSharedConnectionWithTheWayToDoIt() {
    assertThatThrownBy(() -> acme.sync().multi())
        .isInstanceOf(CommandRefusedException.class)
        .hasMessageContaining("dedicated(...)");
    assertThatThrownBy(() -> acme.sync().watch("a"))
        .isInstanceOf(CommandRefusedException.class)
        .hasMessageContaining("dedicated(...)");
  }

  @Test
  void invalidationsOfTrackedKeysComeWithTheTenantsOwnNames() {
    server.admin().command("ACL", "SETUSER", "tenant_acme", "+client|tracking");
    Queue<Object> invalidated = new ConcurrentLinkedQueue<>();
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      connection.addListener(
          message ->
              invalidated.addAll((List<?>) message.getContent(StringCodec.UTF8::decodeKey).get(1)));
      connection.sync().clientTracking(TrackingArgs.Builder.enabled());
      connection.sync().get("a");
      acme.sync().set("a", "2");
      await().until(() -> List.copyOf(invalidated).equals(List.of("a")));
    }
  }
}
