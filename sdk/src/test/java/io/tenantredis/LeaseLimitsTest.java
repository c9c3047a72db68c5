package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The limits of a tenant are those of its leased connections, too. */
class LeaseLimitsTest {

  private static RedisServer server;
  private WireProxy proxy;

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
  }

  @AfterEach
  void disconnect() {
    proxy.close();
  }

  private TenantRedis client(ResilienceOptions.Builder limits) {
    return TenantRedis.builder(proxy.uri())
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials())
        .commandTimeout(Duration.ofSeconds(30))
        .shutdownTimeout(Duration.ZERO)
        .resilience(limits.build())
        .build();
  }

  private static void assertLimited(ErrorCode code, ThrowingCallable command) {
    assertThatThrownBy(command)
        .isInstanceOfSatisfying(
            TenantLimitException.class,
            limited -> {
              assertThat(limited.code()).isEqualTo(code);
              assertThat(limited.outcome()).isEqualTo(Outcome.NOT_SENT);
            });
  }

  @Test
  void commandsOfALeaseCountForTheRateLimitOfTheTenant() {
    try (TenantRedis redis =
        client(ResilienceOptions.builder().rateLimit(3, Duration.ofHours(1)))) {
      TenantClient<String, String> acme = redis.tenant("acme");
      try (StatefulRedisConnection<String, String> lease = acme.lease()) {
        lease.sync().set("a", "1");
        acme.sync().set("b", "1");
        lease.sync().set("c", "1");
        assertLimited(ErrorCode.TR008, () -> lease.sync().set("d", "1"));
        assertLimited(ErrorCode.TR008, () -> acme.sync().set("e", "1"));
      }
      assertThat(redis.tenant("globex").sync().set("a", "1")).isEqualTo("OK");
      assertThat(server.admin().integer("EXISTS", "tenant:acme:d", "tenant:acme:e")).isZero();
    }
  }

  @Test
  void aTransactionThatLacksACommandForTheRateLimitCanOnlyBeDiscarded() {
    try (TenantRedis redis =
        client(ResilienceOptions.builder().rateLimit(3, Duration.ofHours(1)))) {
      try (StatefulRedisConnection<String, String> lease = redis.tenant("acme").lease()) {
        RedisCommands<String, String> commands = lease.sync();
        commands.watch("n");
        commands.multi();
        commands.incr("n");
        assertLimited(ErrorCode.TR008, () -> commands.incr("n"));
        assertThatThrownBy(commands::exec)
            .isInstanceOf(CommandRefusedException.class)
            .hasMessageContaining("DISCARD");
        assertThat(commands.discard()).isEqualTo("OK");
      }
      assertThat(server.admin().integer("EXISTS", "tenant:acme:n")).isZero();
      assertThat(proxy.openConnections()).isEqualTo(1);
    }
  }

  @Test
  void whatALeaseLeavesBehindIsUndoneWhenNothingMoreIsAllowed() {
    try (TenantRedis redis =
        client(
            ResilienceOptions.builder().rateLimit(2, Duration.ofHours(1)).maxConcurrentCalls(1))) {
      StatefulRedisConnection<String, String> lease = redis.tenant("acme").lease();
      lease.sync().multi();
      lease.sync().incr("n");
      lease.close();
      assertThat(proxy.commandsSeen("DISCARD")).isEqualTo(1);
      assertThat(server.admin().integer("EXISTS", "tenant:acme:n")).isZero();
    }
  }

  @Test
  void whatEndsNothingIsTurnedAwayLikeOtherCommands() {
    try (TenantRedis redis = client(ResilienceOptions.builder().rateLimit(3, Duration.ofHours(1)));
        StatefulRedisConnection<String, String> lease = redis.tenant("acme").lease()) {
      RedisCommands<String, String> commands = lease.sync();
      commands.watch("n");
      assertThat(commands.unwatch()).isEqualTo("OK");
      assertThat(commands.unwatch()).isEqualTo("OK");
      assertThat(commands.unwatch()).isEqualTo("OK");
      assertLimited(ErrorCode.TR008, commands::unwatch);
      assertLimited(ErrorCode.TR008, commands::discard);
      assertLimited(ErrorCode.TR008, commands::exec);
      assertThat(proxy.commandsSeen("UNWATCH")).isEqualTo(3);
    }
  }

  @Test
  void aLeaseHasNoMoreCommandsInFlightThanATenantMayHave() throws Exception {
    try (TenantRedis redis = client(ResilienceOptions.builder().maxConcurrentCalls(4));
        StatefulRedisConnection<String, String> lease = redis.tenant("acme").lease()) {
      RedisAsyncCommands<String, String> commands = lease.async();
      proxy.stopReading();
      List<RedisFuture<Long>> given = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        given.add(commands.incr("n"));
      }
      RedisFuture<Long> oneMore = commands.incr("n");
      proxy.resumeReading();
      assertLimited(
          ErrorCode.TR006,
          () -> {
            try {
              oneMore.get(20, TimeUnit.SECONDS);
            } catch (java.util.concurrent.ExecutionException failed) {
              throw failed.getCause();
            }
          });
      for (int i = 0; i < 4; i++) {
        assertThat(given.get(i).get(20, TimeUnit.SECONDS)).isEqualTo(i + 1);
      }
      assertThat(lease.sync().incr("n")).isEqualTo(5);
    }
  }
}
