package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisCommandInterruptedException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.AsyncCloseable;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireFault;
import io.tenantredis.test.server.WireFaultPoint;
import io.tenantredis.test.server.WireProxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Transactions that do not go as they should: what each command is told, and what the next borrower
 * of the connection meets.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TransactionsTest {

  static final int BUFFERED = 4;

  RedisServer server;
  WireProxy proxy;
  TenantRedis redis;
  TenantClient<String, String> acme;

  @BeforeAll
  void startServer() {
    server = Tenants.unconfined().start();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  @BeforeEach
  void connect() {
    server.admin().command("FLUSHALL");
    server.admin().command("ACL", "SETUSER", "tenant_acme", "+@all");
    proxy = WireProxy.to(server);
    redis =
        TenantRedis.builder(proxy.uri())
            .identity("tenant_{tenant}")
            .credentials(Tenants.credentials())
            .commandTimeout(Duration.ofSeconds(30))
            .shutdownTimeout(Duration.ZERO)
            .dedicatedConnections(
                PoolOptions.builder().maxSize(1).maxBufferedCommands(BUFFERED).build())
            .build();
    acme = redis.tenant("acme");
  }

  @AfterEach
  void disconnect() {
    redis.close();
    proxy.close();
  }

  /** The next borrower's commands are executed when they are given, and by themselves. */
  private void theNextBorrowerIsAlone() {
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      RedisCommands<String, String> commands = connection.sync();
      assertThat(commands.set("probe", "1")).isEqualTo("OK");
      assertThat(commands.get("probe")).isEqualTo("1");
      acme.sync().set("watched", "changed");
      assertThat(commands.multi()).isEqualTo("OK");
      assertThat(commands.incr("probe")).isNull();
      TransactionResult result = commands.exec();
      assertThat(result.wasDiscarded()).isFalse();
      assertThat(result).containsExactly(2L);
    }
  }

  private String stored(String key) {
    return acme.sync().get(key);
  }

  private static TenantRedisFailure failure(Future<?> future) throws Exception {
    try {
      Object value = future.get(20, TimeUnit.SECONDS);
      throw new AssertionError("not failed, but " + value);
    } catch (ExecutionException failed) {
      assertThat(failed.getCause()).isInstanceOf(TenantRedisFailure.class);
      return (TenantRedisFailure) failed.getCause();
    }
  }

  private static Outcome outcome(Future<?> future) throws Exception {
    return failure(future).outcome();
  }

  @Test
  void aTransactionWithinATransactionIsRefusedAndTheWholeCanOnlyBeDiscarded() {
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      RedisCommands<String, String> commands = connection.sync();
      commands.multi();
      commands.set("a", "outer");
      assertThatThrownBy(commands::multi)
          .isInstanceOf(CommandRefusedException.class)
          .hasMessageContaining("lease another connection");
      assertThat(connection.isMulti()).isTrue();
      assertThatThrownBy(commands::exec)
          .isInstanceOf(CommandRefusedException.class)
          .hasMessageContaining("DISCARD");
    }
    theNextBorrowerIsAlone();
    assertThat(stored("a")).isNull();
  }

  @Test
  void commandsInFrontOfARefusedTransactionWithinTheirsStillEnd() throws Exception {
    StatefulRedisConnection<String, String> connection = acme.lease();
    RedisAsyncCommands<String, String> commands = connection.async();
    commands.multi();
    RedisFuture<String> set = commands.set("a", "1");
    RedisFuture<String> nested = commands.multi();
    assertThat(outcome(nested)).isEqualTo(Outcome.NOT_SENT);
    connection.close();
    assertThat(set.get(20, TimeUnit.SECONDS)).isNull();
    theNextBorrowerIsAlone();
  }

  @Test
  void anExecWhoseCallerIsInterruptedEndsItsTransaction() {
    for (int i = 0; i < 20; i++) {
      try (StatefulRedisConnection<String, String> connection = acme.lease()) {
        RedisCommands<String, String> commands = connection.sync();
        commands.multi();
        commands.incr("n");
        Thread.currentThread().interrupt();
        try {
          commands.exec();
        } catch (RedisCommandInterruptedException unlessItWasFaster) {
          assertThat(Thread.currentThread().isInterrupted()).isTrue();
        } finally {
          Thread.interrupted();
        }
        commands.set("plain", "1");
        assertThat(commands.get("plain")).isEqualTo("1");
      }
      theNextBorrowerIsAlone();
    }
    assertThat(stored("n")).isEqualTo("20");
  }

  @Test
  void aMultiThatIsCancelledOnItsWayBeginsItsTransactionAllTheSame() throws Exception {
    for (boolean executed : new boolean[] {true, false}) {
      try (StatefulRedisConnection<String, String> connection = acme.lease()) {
        RedisAsyncCommands<String, String> commands = connection.async();
        proxy.clearCommands();
        proxy.onCommand("MULTI").delayReply(Duration.ofMillis(400));
        RedisFuture<String> multi = commands.multi();
        await().until(() -> proxy.commandsSeen("MULTI") == 1);
        multi.cancel(true);
        RedisFuture<Long> counted = commands.incr("n");
        if (executed) {
          assertThat(commands.exec().get(20, TimeUnit.SECONDS)).containsExactly(1L);
          assertThat(counted.get(20, TimeUnit.SECONDS)).isEqualTo(1);
        }
      }
      theNextBorrowerIsAlone();
    }
    assertThat(stored("n")).isEqualTo("1");
  }

  @Test
  void anEndThatWasNotFlushedLeavesNoTransactionToTheNextBorrower() throws Exception {
    for (boolean exec : new boolean[] {true, false}) {
      RedisFuture<String> set;
      RedisFuture<?> end;
      try (StatefulRedisConnection<String, String> connection = acme.lease()) {
        RedisAsyncCommands<String, String> commands = connection.async();
        commands.multi().get(20, TimeUnit.SECONDS);
        connection.setAutoFlushCommands(false);
        set = commands.set("a", "never");
        end = exec ? commands.exec() : commands.discard();
      }
      assertThat(outcome(end)).isEqualTo(Outcome.NOT_SENT);
      assertThat(outcome(set)).isEqualTo(Outcome.NOT_SENT);
      theNextBorrowerIsAlone();
      assertThat(stored("a")).isNull();
    }
  }

  @Test
  void whatWasQueuedByTheServerIsNotExecutedIfExecWasNotFlushed() throws Exception {
    RedisFuture<String> set;
    RedisFuture<TransactionResult> exec;
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      RedisAsyncCommands<String, String> commands = connection.async();
      commands.multi().get(20, TimeUnit.SECONDS);
      set = commands.set("a", "never");
      connection.flushCommands();
      await().until(() -> proxy.commandsSeen("SET") == 1);
      connection.setAutoFlushCommands(false);
      exec = commands.exec();
    }
    assertThat(outcome(exec)).isEqualTo(Outcome.NOT_SENT);
    assertThat(outcome(set)).isEqualTo(Outcome.NOT_SENT);
    theNextBorrowerIsAlone();
    assertThat(stored("a")).isNull();
  }

  @Test
  void theEndOfATransactionFitsIntoAFullBuffer() throws Exception {
    for (boolean exec : new boolean[] {true, false}) {
      server.admin().command("DEL", "tenant:acme:n");
      try (StatefulRedisConnection<String, String> connection = acme.lease()) {
        RedisAsyncCommands<String, String> commands = connection.async();
        connection.setAutoFlushCommands(false);
        commands.multi();
        for (int i = 1; i < BUFFERED; i++) {
          commands.incr("n");
        }
        RedisFuture<?> end = exec ? commands.exec() : commands.discard();
        connection.flushCommands();
        end.get(20, TimeUnit.SECONDS);
      }
      assertThat(stored("n")).isEqualTo(exec ? "3" : null);
      theNextBorrowerIsAlone();
    }
  }

  @Test
  void aTransactionThatLacksACommandForWantOfRoomIsNotExecuted() throws Exception {
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      RedisAsyncCommands<String, String> commands = connection.async();
      connection.setAutoFlushCommands(false);
      commands.get("plain");
      commands.multi();
      for (int i = 2; i < BUFFERED; i++) {
        commands.incr("n");
      }
      RedisFuture<String> without = commands.set("b", "1");
      assertThat(failure(without)).isInstanceOf(TenantLimitException.class);
      connection.flushCommands();
      RedisFuture<String> behind = commands.set("c", "1");
      RedisFuture<TransactionResult> exec = commands.exec();
      connection.flushCommands();
      assertThat(failure(exec)).isInstanceOf(CommandRefusedException.class);
      RedisFuture<String> discard = commands.discard();
      connection.flushCommands();
      assertThat(discard.get(20, TimeUnit.SECONDS)).isEqualTo("OK");
      assertThat(behind.get(20, TimeUnit.SECONDS)).isNull();
    }
    theNextBorrowerIsAlone();
    assertThat(stored("n")).isNull();
    assertThat(stored("c")).isNull();
  }

  @Test
  void aTransactionKeepsItsOrderWhenFlushingIsSwitchedWithinIt() throws Exception {
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      RedisAsyncCommands<String, String> commands = connection.async();
      commands.multi().get(20, TimeUnit.SECONDS);
      RedisFuture<Long> first = commands.incr("n");
      connection.setAutoFlushCommands(false);
      RedisFuture<String> second = commands.set("a", "1");
      connection.setAutoFlushCommands(true);
      RedisFuture<Long> third = commands.incr("n");
      assertThat(commands.exec().get(20, TimeUnit.SECONDS)).containsExactly(1L, "OK", 2L);
      assertThat(first.get(20, TimeUnit.SECONDS)).isEqualTo(1);
      assertThat(second.get(20, TimeUnit.SECONDS)).isEqualTo("OK");
      assertThat(third.get(20, TimeUnit.SECONDS)).isEqualTo(2);
    }
    theNextBorrowerIsAlone();
  }

  @Test
  void nothingOvertakesTheBeginningOrTheEndOfATransaction() throws Exception {
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      RedisAsyncCommands<String, String> commands = connection.async();
      commands.set("a", "1").get(20, TimeUnit.SECONDS);
      connection.setAutoFlushCommands(false);
      commands.multi();
      connection.setAutoFlushCommands(true);
      commands.incr("n");
      assertThat(commands.exec().get(20, TimeUnit.SECONDS)).containsExactly(1L);
      commands.multi().get(20, TimeUnit.SECONDS);
      connection.setAutoFlushCommands(false);
      commands.incr("n");
      RedisFuture<TransactionResult> exec = commands.exec();
      connection.setAutoFlushCommands(true);
      assertThat(commands.get("a").get(20, TimeUnit.SECONDS)).isEqualTo("1");
      assertThat(exec.get(20, TimeUnit.SECONDS)).containsExactly(2L);
    }
    theNextBorrowerIsAlone();
  }

  @Test
  void aFlushPutsNothingElseIntoATransaction() throws Exception {
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      RedisAsyncCommands<String, String> commands = connection.async();
      connection.setAutoFlushCommands(false);
      RedisFuture<Long> before = commands.incr("before");
      connection.setAutoFlushCommands(true);
      commands.multi().get(20, TimeUnit.SECONDS);
      RedisFuture<String> set = commands.set("a", "1");
      connection.flushCommands();
      assertThat(before.get(20, TimeUnit.SECONDS)).isEqualTo(1);
      assertThat(commands.exec().get(20, TimeUnit.SECONDS)).containsExactly("OK");
      assertThat(set.get(20, TimeUnit.SECONDS)).isEqualTo("OK");
    }
    theNextBorrowerIsAlone();
  }

  @Test
  void allOfATransactionEndsWithItsResultsWhenTheWorkEndsWithOneOfThem() throws Exception {
    List<RedisFuture<Long>> parts = new ArrayList<>();
    long first =
        acme.dedicatedAsync(
                connection -> {
                  RedisAsyncCommands<String, String> commands = connection.async();
                  commands.multi();
                  parts.add(commands.incr("x"));
                  parts.add(commands.incr("y"));
                  parts.add(commands.incr("z"));
                  commands.exec();
                  return parts.get(0);
                })
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    assertThat(first).isEqualTo(1);
    for (RedisFuture<Long> part : parts) {
      assertThat(part.get(20, TimeUnit.SECONDS)).isEqualTo(1);
    }
    theNextBorrowerIsAlone();
  }

  @Test
  void aTransactionWhoseLeaseIsClosedBehindExecEndsWithItsResults() throws Exception {
    StatefulRedisConnection<String, String> connection = acme.lease();
    RedisAsyncCommands<String, String> commands = connection.async();
    commands.multi();
    RedisFuture<Long> counted = commands.incr("n");
    RedisFuture<String> set = commands.set("a", "1");
    RedisFuture<TransactionResult> exec = commands.exec();
    connection.close();
    assertThat(exec.get(20, TimeUnit.SECONDS)).containsExactly(1L, "OK");
    assertThat(counted.get(20, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(set.get(20, TimeUnit.SECONDS)).isEqualTo("OK");
    theNextBorrowerIsAlone();
  }

  @Test
  void whatExecMayHaveExecutedIsUnknownHoweverItsReplyIsLost() throws Exception {
    for (boolean timeout : new boolean[] {true, false}) {
      for (boolean queued : new boolean[] {true, false}) {
        StatefulRedisConnection<String, String> connection = acme.lease();
        RedisAsyncCommands<String, String> commands = connection.async();
        commands.multi().get(20, TimeUnit.SECONDS);
        proxy.clearCommands();
        RedisFuture<Long> part = commands.incr("n");
        if (queued) {
          connection.flushCommands();
          await().until(() -> proxy.commandsSeen("INCR") == 1);
        }
        if (timeout) {
          connection.setTimeout(Duration.ofSeconds(1));
        }
        WireFaultPoint atExec = proxy.onCommand("EXEC");
        WireFault fault = timeout ? atExec.dropReply() : atExec.resetAfterForwarding();
        RedisFuture<TransactionResult> exec = commands.exec();
        assertThat(outcome(exec)).isEqualTo(Outcome.UNKNOWN);
        fault.remove();
        connection.close();
        assertThat(outcome(part)).isEqualTo(Outcome.UNKNOWN);
        theNextBorrowerIsAlone();
      }
    }
  }

  @Test
  void noReplyOfATransactionIsBelievedThatCameWithBytesNobodyAskedFor() throws Exception {
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      RedisAsyncCommands<String, String> commands = connection.async();
      commands.multi().get(20, TimeUnit.SECONDS);
      RedisFuture<Long> part = commands.incr("n");
      connection.flushCommands();
      await().until(() -> proxy.commandsSeen("INCR") == 1);
      proxy
          .onCommand("EXEC")
          .replaceReply("*1\r\n:1\r\n:7\r\n".getBytes(StandardCharsets.US_ASCII));
      RedisFuture<TransactionResult> exec = commands.exec();
      assertThat(outcome(exec)).isEqualTo(Outcome.UNKNOWN);
      assertThat(outcome(part)).isEqualTo(Outcome.UNKNOWN);
    }
    theNextBorrowerIsAlone();
  }

  @Test
  void whatRanWithoutItsTransactionIsNotCalledRejected() throws Exception {
    server.admin().command("ACL", "SETUSER", "tenant_acme", "-multi");
    StatefulRedisConnection<String, String> connection = acme.lease();
    RedisAsyncCommands<String, String> commands = connection.async();
    proxy.stopReading();
    RedisFuture<String> multi = commands.multi();
    RedisFuture<Long> counted = commands.incr("n");
    RedisFuture<TransactionResult> exec = commands.exec();
    proxy.resumeReading();
    assertThat(failure(multi)).isInstanceOf(TenantPermissionDeniedException.class);
    assertThat(failure(exec)).isInstanceOf(TenantCommandException.class);
    assertThat(outcome(counted)).isEqualTo(Outcome.UNKNOWN);
    assertThat(stored("n")).isEqualTo("1");
    connection.close();
    server.admin().command("ACL", "SETUSER", "tenant_acme", "+multi");
    theNextBorrowerIsAlone();
  }

  @Test
  void whatWasGivenForATransactionThatDidNotBeginIsNotSent() throws Exception {
    server.admin().command("ACL", "SETUSER", "tenant_acme", "-multi");
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      RedisAsyncCommands<String, String> commands = connection.async();
      proxy.stopReading();
      RedisFuture<String> multi = commands.multi();
      RedisFuture<Long> counted = commands.incr("n");
      proxy.resumeReading();
      assertThat(failure(multi)).isInstanceOf(TenantPermissionDeniedException.class);
      RedisFuture<TransactionResult> exec = commands.exec();
      assertThat(failure(exec)).isInstanceOf(TenantCommandException.class);
      assertThat(outcome(counted)).isEqualTo(Outcome.NOT_SENT);
      assertThat(stored("n")).isNull();
      assertThat(connection.isMulti()).isFalse();
      assertThat(connection.sync().set("a", "1")).isEqualTo("OK");
    }
  }

  @Test
  void aConnectionWhoseTransactionCannotBeEndedTakesNoCommands() {
    server.admin().command("ACL", "SETUSER", "tenant_acme", "-discard");
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      RedisCommands<String, String> commands = connection.sync();
      commands.set("a", "1");
      commands.multi();
      commands.set("a", "2");
      assertThatThrownBy(commands::discard).isInstanceOf(TenantPermissionDeniedException.class);
      assertThatThrownBy(() -> commands.get("a"))
          .isInstanceOf(CommandRefusedException.class)
          .hasMessageContaining("lease another");
    }
    server.admin().command("ACL", "SETUSER", "tenant_acme", "+discard");
    theNextBorrowerIsAlone();
    assertThat(stored("a")).isEqualTo("1");
  }

  @Test
  void aWatchThatWasNotEndedIsNoneOfTheNextBorrower() throws Exception {
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      connection.sync().watch("watched");
      assertThatThrownBy(() -> connection.sync().discard()).hasMessageContaining("without MULTI");
      assertThat(connection.sync().get("watched")).isNull();
    }
    theNextBorrowerIsAlone();
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      connection.sync().watch("watched");
      assertThatThrownBy(() -> connection.sync().exec()).hasMessageContaining("without MULTI");
    }
    theNextBorrowerIsAlone();
    RedisFuture<String> unwatch;
    try (StatefulRedisConnection<String, String> connection = acme.lease()) {
      connection.sync().watch("watched");
      connection.setAutoFlushCommands(false);
      unwatch = connection.async().unwatch();
    }
    assertThat(outcome(unwatch)).isEqualTo(Outcome.NOT_SENT);
    theNextBorrowerIsAlone();
  }

  @Test
  void aConnectionWhoseTransactionWasAbortedIsUsedAgain() {
    long first =
        acme.dedicated(
            connection -> {
              long id = connection.sync().clientId();
              connection.sync().multi();
              connection
                  .async()
                  .dispatch(
                      CommandType.GEOSEARCH,
                      new StatusOutput<>(StringCodec.UTF8),
                      new CommandArgs<>(StringCodec.UTF8).addKey("n").add("1"));
              assertThatThrownBy(() -> connection.sync().exec()).hasMessageContaining("EXECABORT");
              return id;
            });
    assertThat(acme.<Long>dedicated(connection -> connection.sync().clientId())).isEqualTo(first);
    theNextBorrowerIsAlone();
  }

  @Test
  void aLeaseCanBeClosedOnTheEventLoop() throws Exception {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    acme.leaseAsync()
        .thenCompose(
            connection ->
                connection
                    .async()
                    .watch("watched")
                    .thenCompose(ok -> connection.async().multi())
                    .thenAccept(ok -> connection.close()))
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                closed.complete(null);
              } else {
                closed.completeExceptionally(failure);
              }
            });
    // In less than the command timeout, which a close that waits here would take.
    closed.get(15, TimeUnit.SECONDS);
    theNextBorrowerIsAlone();
    assertThat(proxy.commandsSeen("DISCARD")).isEqualTo(1);
  }

  @Test
  void aConnectionWithAListenerIsNotGivenToTheNextBorrower() {
    long first =
        acme.dedicated(
            connection -> {
              connection.addListener(message -> {});
              return connection.sync().clientId();
            });
    assertThat(acme.<Long>dedicated(connection -> connection.sync().clientId()))
        .isNotEqualTo(first);
  }

  @Test
  void whatIsGivenToALeaseWhileItClosesEnds() throws Exception {
    for (int i = 0; i < 150; i++) {
      StatefulRedisConnection<String, String> connection = acme.lease();
      RedisAsyncCommands<String, String> commands = connection.async();
      boolean inTransaction = i % 3 == 1;
      if (inTransaction) {
        commands.multi().get(20, TimeUnit.SECONDS);
      } else if (i % 3 == 2) {
        connection.setAutoFlushCommands(false);
      }
      CountDownLatch both = new CountDownLatch(2);
      CompletableFuture<Void> closing =
          CompletableFuture.runAsync(
              () -> {
                meet(both);
                ((AsyncCloseable) connection).closeAsync().join();
              },
              task -> new Thread(task).start());
      meet(both);
      List<RedisFuture<?>> given = new ArrayList<>();
      for (int command = 0; command < i % 4; command++) {
        given.add(commands.incr("n"));
      }
      if (inTransaction) {
        given.add(i % 2 == 0 ? commands.exec() : commands.discard());
      }
      closing.get(10, TimeUnit.SECONDS);
      for (RedisFuture<?> one : given) {
        assertThat(one.await(10, TimeUnit.SECONDS)).isTrue();
      }
    }
    theNextBorrowerIsAlone();
  }

  @Test
  void aBooleanIsAReplyLikeOthersWithinATransaction() {
    List<Object> replies =
        acme.dedicated(
            connection -> {
              RedisCommands<String, String> commands = connection.sync();
              commands.set("k", "before");
              commands.multi();
              commands.get("k");
              commands.eval("redis.setresp(3) return true", ScriptOutputType.BOOLEAN, "k");
              commands.set("k", "after");
              commands.get("k");
              return commands.exec().stream().toList();
            });
    assertThat(replies).containsExactly("before", true, "OK", "after");
  }

  private static void meet(CountDownLatch both) {
    both.countDown();
    while (both.getCount() > 0) {
      Thread.onSpinWait();
    }
  }
}
