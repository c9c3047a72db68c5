package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Credentials change while commands are under way. */
class RotationTest {

  private static final TenantId ACME = TenantId.of("acme");

  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final AtomicReference<String> password = new AtomicReference<>(Tenants.password("acme"));
  RedisServer server;

  @BeforeEach
  void startServer() {
    server = Tenants.confined().start();
  }

  @AfterEach
  void stopServer() {
    server.close();
  }

  private TenantRedis.Builder client() {
    return Tenants.client(server)
        .meterRegistry(registry)
        .maxAttempts(1)
        .credentials(
            TenantCredentialsProvider.of(
                tenant -> TenantCredentials.of("tenant_" + tenant, password.get())));
  }

  private double exchanges() {
    return registry.find("tenant.redis.connection.exchanges").counters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }

  private List<String> connectionIds() {
    return server
        .admin()
        .text("CLIENT", "LIST")
        .lines()
        .filter(line -> line.contains(" user=tenant_acme "))
        .map(line -> line.substring(0, line.indexOf(' ')))
        .toList();
  }

  /** Changes the password as an operator does: the new one first, the old one goes last. */
  private void rotate(TenantRedis redis, String next, boolean tell) {
    String old = password.get();
    double before = exchanges();
    server.admin().command("ACL", "SETUSER", "tenant_acme", ">" + next);
    password.set(next);
    if (tell) {
      redis.credentialsChanged(ACME);
    }
    Awaitility.await().until(() -> exchanges() > before);
    server.admin().command("ACL", "SETUSER", "tenant_acme", "<" + old);
  }

  @Test
  void underConstantLoadNotOneCommandFailsWhileTheServerHoldsBothPasswords() throws Exception {
    // Who held a connection for long when it was left is told so, and asks again.
    try (TenantRedis redis = client().maxAttempts(3).build()) {
      AtomicBoolean stop = new AtomicBoolean();
      AtomicLong sent = new AtomicLong();
      List<CompletableFuture<Void>> callers = new ArrayList<>();
      redis.tenant(ACME).sync().set("count", "0");
      for (int i = 0; i < 3; i++) {
        callers.add(
            CompletableFuture.runAsync(
                () -> {
                  while (!stop.get()) {
                    redis.tenant(ACME).sync().incr("count");
                    sent.incrementAndGet();
                  }
                }));
      }
      for (int round = 0; round < 10; round++) {
        rotate(redis, "next-" + round, true);
      }
      stop.set(true);
      for (CompletableFuture<Void> caller : callers) {
        caller.get(30, TimeUnit.SECONDS);
      }
      assertThat(redis.tenant(ACME).sync().get("count")).isEqualTo(sent.toString());
      Awaitility.await().until(() -> connectionIds().size() == 1);
    }
  }

  @Test
  void changedCredentialsAreFoundByPolling() {
    try (TenantRedis redis =
        client()
            .connections(
                ConnectionOptions.builder().credentialsPollInterval(Duration.ofMillis(50)).build())
            .build()) {
      redis.tenant(ACME).sync().set("k", "v");
      List<String> before = connectionIds();
      rotate(redis, "polled", false);
      assertThat(redis.tenant(ACME).sync().get("k")).isEqualTo("v");
      Awaitility.await().until(() -> connectionIds().size() == 1);
      assertThat(connectionIds()).doesNotContainAnyElementsOf(before);
    }
  }

  @Test
  void unchangedCredentialsKeepTheirConnection() {
    try (TenantRedis redis =
        client()
            .connections(
                ConnectionOptions.builder().credentialsPollInterval(Duration.ofMillis(20)).build())
            .build()) {
      redis.tenant(ACME).sync().set("k", "v");
      List<String> before = connectionIds();
      Awaitility.await().during(Duration.ofMillis(300)).until(() -> connectionIds().equals(before));
    }
  }

  @Test
  void whenTheNewCredentialsAreRefusedTheOldConnectionIsKeptAndTheyAreTriedAgain() {
    try (TenantRedis redis =
        client()
            .connections(
                ConnectionOptions.builder()
                    .reconnectDelay(Duration.ofMillis(10), Duration.ofMillis(50))
                    .longestQuarantineDelay(Duration.ofSeconds(1))
                    .build())
            .build()) {
      redis.tenant(ACME).sync().set("k", "v");
      password.set("not-there-yet");
      redis.credentialsChanged(ACME);
      Awaitility.await()
          .until(
              () ->
                  registry.find("tenant.redis.connection.failures").counters().stream()
                          .mapToDouble(counter -> counter.count())
                          .sum()
                      >= 2);
      assertThat(redis.tenant(ACME).sync().get("k")).isEqualTo("v");
      server.admin().command("ACL", "SETUSER", "tenant_acme", ">not-there-yet");
      Awaitility.await().until(() -> exchanges() == 1);
      assertThat(redis.tenant(ACME).sync().get("k")).isEqualTo("v");
    }
  }

  @Test
  void credentialsThatAreNotOnTheServerYetAreNotTakenForARevocation() {
    try (TenantRedis redis =
        client()
            .connections(
                ConnectionOptions.builder()
                    .reconnectDelay(Duration.ofMillis(1), Duration.ofMillis(1))
                    .longestQuarantineDelay(Duration.ofMillis(10))
                    .reverifyInterval(Duration.ofMillis(20))
                    .build())
            .build()) {
      redis.tenant(ACME).sync().set("k", "v");
      List<String> before = connectionIds();
      password.set("not-there-yet");
      Awaitility.await()
          .until(
              () ->
                  registry.find("tenant.redis.connection.failures").counters().stream()
                          .mapToDouble(counter -> counter.count())
                          .sum()
                      >= 8);
      assertThat(redis.tenant(ACME).sync().get("k")).isEqualTo("v");
      assertThat(connectionIds()).containsAll(before);
    }
  }

  @Test
  void allSharedConnectionsAreExchanged() throws Exception {
    try (TenantRedis redis =
        client().connections(ConnectionOptions.builder().sharedConnections(3).build()).build()) {
      List<CompletableFuture<Void>> callers = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        new Thread(
                () -> {
                  redis.tenant(ACME).sync().set("k", "v");
                  done.complete(null);
                })
            .start();
        callers.add(done);
      }
      for (CompletableFuture<Void> caller : callers) {
        caller.get(10, TimeUnit.SECONDS);
      }
      List<String> before = connectionIds();
      assertThat(before).hasSizeBetween(2, 3);
      server.admin().command("ACL", "SETUSER", "tenant_acme", ">striped");
      password.set("striped");
      redis.credentialsChanged(ACME);
      Awaitility.await()
          .until(
              () ->
                  connectionIds().size() == before.size()
                      && connectionIds().stream().noneMatch(before::contains));
    }
  }
}
