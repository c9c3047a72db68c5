package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What many callers send is written together, and nobody can tell. */
class SharedWritesTest {

  private static final int COMMANDS = 2_000;

  static RedisServer server;

  @BeforeAll
  static void startServer() {
    server = Tenants.confined().start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  private static TenantRedis client(String uri, boolean sharing) {
    return TenantRedis.builder(uri)
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials())
        .commandTimeout(Duration.ofSeconds(20))
        .shutdownTimeout(Duration.ZERO)
        .maxAttempts(1)
        .maxConcurrentCalls(2 * COMMANDS)
        .flushConsolidation(sharing)
        .build();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void commandsReachTheServerInTheOrderOfTheCalls(boolean sharing) throws Exception {
    server.admin().command("FLUSHALL");
    try (TenantRedis redis = client(server.uri(), sharing)) {
      var acme = redis.tenant("acme");
      List<String> expected = new ArrayList<>();
      List<CompletableFuture<Long>> lengths = new ArrayList<>();
      for (int i = 0; i < COMMANDS; i++) {
        // Now and then one that no buffer is shared with.
        String element = i % 500 == 7 ? i + "x".repeat(100_000) : String.valueOf(i);
        expected.add(element);
        lengths.add(acme.async().rpush("list", element).toCompletableFuture());
      }
      for (int i = 0; i < COMMANDS; i++) {
        assertThat(lengths.get(i).get(20, TimeUnit.SECONDS)).isEqualTo(i + 1);
      }
      assertThat(acme.sync().lrange("list", 0, -1)).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatACompletedCommandIsFollowedByIsSentAsWell(boolean sharing) throws Exception {
    server.admin().command("FLUSHALL");
    try (TenantRedis redis = client(server.uri(), sharing)) {
      var commands = redis.tenant("acme").async();
      List<CompletableFuture<Long>> chains = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        chains.add(
            commands
                .incr("n")
                .thenCompose(first -> commands.incr("n"))
                .thenCompose(second -> commands.incr("n"))
                .toCompletableFuture());
      }
      for (CompletableFuture<Long> chain : chains) {
        chain.get(20, TimeUnit.SECONDS);
      }
      assertThat(redis.tenant("acme").sync().get("n")).isEqualTo("300");
    }
  }

  @Test
  void noCommandIsLeftBehindByTheWriterBeforeIt() throws Exception {
    try (TenantRedis redis = client(server.uri(), true)) {
      var commands = redis.tenant("acme").sync();
      commands.set("a", "1");
      ExecutorService callers = Executors.newFixedThreadPool(8);
      try {
        List<Future<?>> ends = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          ends.add(
              callers.submit(
                  () -> {
                    for (int at = 0; at < COMMANDS; at++) {
                      commands.get("a");
                    }
                  }));
        }
        for (Future<?> end : ends) {
          end.get(60, TimeUnit.SECONDS);
        }
      } finally {
        callers.shutdown();
      }
    }
  }

  @Test
  void whatIsSentWhileAConnectionEndsIsAnsweredOrFails() throws Exception {
    try (WireProxy proxy = WireProxy.to(server);
        TenantRedis redis = client(proxy.uri(), true)) {
      var acme = redis.tenant("acme");
      acme.sync().set("a", "1");
      Queue<CompletableFuture<String>> sent = new ConcurrentLinkedQueue<>();
      List<Thread> callers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Thread caller =
            new Thread(
                () -> {
                  for (int at = 0; at < COMMANDS / 4; at++) {
                    sent.add(acme.async().get("a").toCompletableFuture());
                  }
                });
        callers.add(caller);
        caller.start();
      }
      proxy.resetConnections();
      for (Thread caller : callers) {
        caller.join();
      }
      assertThat(sent).hasSize(COMMANDS);
      for (CompletableFuture<String> one : sent) {
        // Not at its deadline: it is answered, or fails with the connection.
        one.handle((value, failure) -> null).get(10, TimeUnit.SECONDS);
      }
    }
  }
}
