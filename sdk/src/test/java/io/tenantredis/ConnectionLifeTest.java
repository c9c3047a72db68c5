package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How many connections there are, who has to go and who comes back. */
class ConnectionLifeTest {

  private static final int TENANTS = 20;

  static RedisServer server;

  @BeforeAll
  static void startServer() {
    RedisServer.Builder builder = RedisServer.builder().adminUser("admin", "admin-secret");
    for (int i = 0; i < TENANTS; i++) {
      builder.user("tenant_t" + i, Tenants.rules("t" + i, true));
    }
    server = builder.start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  private static TenantRedis client(ConnectionOptions.Builder connections) {
    return Tenants.client(server).connections(connections.build()).build();
  }

  private static long connections(String tenant) {
    return server
        .admin()
        .text("CLIENT", "LIST")
        .lines()
        .filter(line -> line.contains(" user=tenant_" + tenant + " "))
        .count();
  }

  private static long connections() {
    return server
        .admin()
        .text("CLIENT", "LIST")
        .lines()
        .filter(line -> line.contains(" user=tenant_"))
        .count();
  }

  @Test
  void anIdleTenantIsEvictedAndItsHandlesConnectAgainWithTheNextCommand() {
    try (TenantRedis redis = client(ConnectionOptions.builder().idleTime(Duration.ofSeconds(3)))) {
      TenantClient<String, String> handle = redis.tenant("t0");
      handle.sync().set("k", "v");
      assertThat(connections("t0")).isEqualTo(1);
      Awaitility.await().until(() -> connections("t0") == 0);
      assertThat(redis.toString()).contains("tenants=0");
      assertThat(handle.sync().get("k")).isEqualTo("v");
      assertThat(redis.tenant("t0").sync().get("k")).isEqualTo("v");
      assertThat(connections("t0")).isEqualTo(1);
    }
  }

  @Test
  void aTenantInUseIsNotEvicted() throws Exception {
    try (WireProxy proxy = WireProxy.to(server);
        TenantRedis redis =
            TenantRedis.builder(proxy.uri())
                .identity("tenant_{tenant}")
                .credentials(Tenants.credentials())
                .connections(ConnectionOptions.builder().idleTime(Duration.ofMillis(40)).build())
                .build()) {
      redis.tenant("t0").sync().set("k", "v");
      proxy.onCommand("GET").delayReply(Duration.ofMillis(500));
      assertThat(redis.tenant("t0").async().get("k").get(5, TimeUnit.SECONDS)).isEqualTo("v");
      assertThat(proxy.commandsSeen("GET")).isEqualTo(1);
      Awaitility.await().until(() -> connections("t0") == 0);
    }
  }

  @Test
  void noCommandFailsWhileTenantsAreEvictedAllTheTime() throws Exception {
    try (TenantRedis redis = client(ConnectionOptions.builder().idleTime(Duration.ofNanos(1)))) {
      List<CompletableFuture<Void>> callers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        TenantClient<String, String> handle = redis.tenant("t" + i);
        callers.add(
            CompletableFuture.runAsync(
                () -> {
                  for (int n = 0; n < 300; n++) {
                    assertThat(handle.sync().incr("evicted")).isEqualTo(n + 1);
                    java.util.concurrent.locks.LockSupport.parkNanos(1_000_000L * (n % 30));
                  }
                }));
      }
      for (CompletableFuture<Void> caller : callers) {
        caller.get(60, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void theLeastRecentlyUsedTenantMakesRoomForAnother() {
    try (TenantRedis redis = client(ConnectionOptions.builder().maxConnections(3))) {
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < TENANTS; i++) {
          redis.tenant("t" + i).sync().set("k", "v");
          assertThat(connections()).isLessThanOrEqualTo(3);
        }
      }
      assertThat(connections("t" + (TENANTS - 1))).isEqualTo(1);
    }
  }

  @Test
  void withoutAnIdleTenantConnectingFailsWhenThereIsNoRoomInTime() throws Exception {
    try (WireProxy proxy = WireProxy.to(server);
        TenantRedis redis =
            TenantRedis.builder(proxy.uri())
                .identity("tenant_{tenant}")
                .credentials(Tenants.credentials())
                .connectTimeout(Duration.ofSeconds(2))
                .commandTimeout(Duration.ofSeconds(30))
                .maxAttempts(1)
                .connections(ConnectionOptions.builder().maxConnections(1).build())
                .build()) {
      redis.tenant("t0").sync().set("k", "v");
      proxy.stopReading();
      Future<String> busy = redis.tenant("t0").async().get("k");
      assertThatThrownBy(() -> redis.tenant("t1").sync().get("k"))
          .isInstanceOfSatisfying(
              TenantConnectionException.class,
              failure -> {
                assertThat(failure.code()).isEqualTo(ErrorCode.TR012);
                assertThat(failure.outcome()).isEqualTo(Outcome.NOT_SENT);
              })
          .hasMessageContaining("maxConnections");
      proxy.resumeReading();
      assertThat(busy.get(20, TimeUnit.SECONDS)).isEqualTo("v");
      Awaitility.await()
          .ignoreExceptions()
          .until(() -> redis.tenant("t1").sync().set("k", "w"), "OK"::equals);
    }
  }

  @Test
  void aTenantWhoseConnectsHangHoldsUpNoOther() throws Exception {
    try (TenantRedis redis =
        Tenants.client(server)
            .credentials(
                tenant ->
                    tenant.value().equals("t0")
                        ? new CompletableFuture<>()
                        : Tenants.credentials().credentials(tenant))
            .connections(ConnectionOptions.builder().maxConcurrentConnects(2).build())
            .connectTimeout(Duration.ofMinutes(1))
            .commandTimeout(Duration.ofMinutes(1))
            .shutdownTimeout(Duration.ofMillis(100))
            .build()) {
      Future<String> hanging = redis.tenant("t0").async().get("k");
      for (int i = 1; i < TENANTS; i++) {
        redis.tenant("t" + i).sync().set("k", "v");
      }
      assertThat(hanging.isDone()).isFalse();
    }
  }

  @Test
  void manyTenantsAtOnceConnectWithFewAttemptsAtATime() throws Exception {
    try (TenantRedis redis =
        Tenants.client(server)
            .connections(ConnectionOptions.builder().maxConcurrentConnects(1).build())
            .connectTimeout(Duration.ofMinutes(1))
            .commandTimeout(Duration.ofMinutes(1))
            .build()) {
      List<Future<String>> replies = new ArrayList<>();
      for (int i = 0; i < TENANTS; i++) {
        replies.add(redis.tenant("t" + i).async().set("k", "v"));
      }
      for (Future<String> reply : replies) {
        assertThat(reply.get(60, TimeUnit.SECONDS)).isEqualTo("OK");
      }
    }
  }

  @Test
  void closingATenantClosesItsConnectionsAndItsHandlesStayValid() {
    try (TenantRedis redis = client(ConnectionOptions.builder())) {
      TenantClient<String, String> handle = redis.tenant("t0");
      handle.sync().set("k", "v");
      redis.tenant("t1").sync().set("k", "v");
      redis.close(TenantId.of("t0"));
      Awaitility.await().until(() -> connections("t0") == 0);
      assertThat(connections("t1")).isEqualTo(1);
      assertThat(handle.sync().get("k")).isEqualTo("v");
      redis.close(TenantId.of("nobody"));
    }
  }

  @Test
  void closingATenantWaitsForItsCommandsInFlight() throws Exception {
    try (WireProxy proxy = WireProxy.to(server);
        TenantRedis redis =
            TenantRedis.builder(proxy.uri())
                .identity("tenant_{tenant}")
                .credentials(Tenants.credentials())
                .build()) {
      redis.tenant("t0").sync().set("k", "v");
      proxy.onCommand("GET").delayReply(Duration.ofMillis(300));
      Future<String> slow = redis.tenant("t0").async().get("k");
      redis.close(TenantId.of("t0"));
      // Close fails what it does not wait for. The event loop may still be about to
      // complete it.
      assertThat(slow.get(5, TimeUnit.SECONDS)).isEqualTo("v");
    }
  }

  @Test
  void closingATenantFailsWhatIsStillInFlightAfterTheShutdownTimeout() throws Exception {
    try (WireProxy proxy = WireProxy.to(server);
        TenantRedis redis =
            TenantRedis.builder(proxy.uri())
                .identity("tenant_{tenant}")
                .credentials(Tenants.credentials())
                .commandTimeout(Duration.ofMinutes(2))
                .shutdownTimeout(Duration.ofMillis(50))
                .build()) {
      redis.tenant("t0").sync().set("k", "v");
      proxy.onCommand("GET").dropReply();
      Future<String> slow = redis.tenant("t0").async().get("k");
      redis.close(TenantId.of("t0"));
      assertThatThrownBy(() -> slow.get(20, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class);
    }
  }
}
