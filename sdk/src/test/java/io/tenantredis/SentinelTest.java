package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisException;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.ReplicatedRedis;
import io.tenantredis.test.server.TestCertificates;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

/** The primary is found, and found again after a failover, by asking Sentinels. */
class SentinelTest {

  private static ReplicatedRedis.Builder watched() {
    return ReplicatedRedis.builder().server(Tenants.confined()).replicas(1).sentinels(3);
  }

  private static String uri(ReplicatedRedis servers) {
    return uri("redis-sentinel", servers.sentinels(), servers.masterName());
  }

  private static String uri(String scheme, List<RedisServer> sentinels, String name) {
    return sentinels.stream()
        .map(
            sentinel ->
                sentinel.host()
                    + ":"
                    + (scheme.startsWith("rediss") ? sentinel.tlsPort() : sentinel.port()))
        .collect(Collectors.joining(",", scheme + "://", "#" + name));
  }

  private static TenantRedis.Builder client(String uri) {
    return TenantRedis.builder(uri).identity("tenant_{tenant}").credentials(Tenants.credentials());
  }

  @Test
  void thePrimaryThatSentinelsNameIsUsedAlsoAfterAFailoverAndNothingIsAppliedTwice()
      throws Exception {
    try (ReplicatedRedis servers = watched().start();
        TenantRedis redis =
            client(uri(servers))
                .commandTimeout(Duration.ofSeconds(20))
                .connectTimeout(Duration.ofSeconds(3))
                .build()) {
      RedisServer first = servers.master();
      redis.tenant("acme").sync().set("k", "v");
      assertThat(first.admin().text("GET", "tenant:acme:k")).isEqualTo("v");
      AtomicBoolean stop = new AtomicBoolean();
      Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
      Queue<String> unexpected = new ConcurrentLinkedQueue<>();
      List<CompletableFuture<Void>> callers = new ArrayList<>();
      for (String tenant : List.of("acme", "globex")) {
        callers.add(
            CompletableFuture.runAsync(
                () -> push(redis.tenant(tenant), tenant, stop, acknowledged, unexpected)));
      }
      Awaitility.await().until(() -> acknowledged.size() > 100);
      RedisServer second = servers.failoverByKill();
      for (String tenant : List.of("acme", "globex")) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .ignoreExceptions()
            .until(() -> redis.tenant(tenant).sync().set("after", "the failover").equals("OK"));
      }
      stop.set(true);
      for (CompletableFuture<Void> caller : callers) {
        caller.get(60, TimeUnit.SECONDS);
      }
      assertThat(second).isNotSameAs(first);
      assertThat(unexpected).isEmpty();
      for (String tenant : List.of("acme", "globex")) {
        assertThat(redis.tenant(tenant).sync().lrange("list", 0, -1))
            .doesNotHaveDuplicates()
            .allMatch(id -> id.startsWith(tenant));
      }
    }
  }

  private static void push(
      TenantClient<String, String> tenant,
      String name,
      AtomicBoolean stop,
      Queue<String> acknowledged,
      Queue<String> unexpected) {
    for (int i = 0; !stop.get(); i++) {
      try {
        tenant.sync().rpush("list", name + "-" + i);
        acknowledged.add(name + "-" + i);
      } catch (RedisException failure) {
        if (!(failure instanceof TenantRedisFailure typed)
            || !Set.of(
                    ErrorCode.TR002,
                    ErrorCode.TR003,
                    ErrorCode.TR004,
                    ErrorCode.TR005,
                    ErrorCode.TR007)
                .contains(typed.code())) {
          unexpected.add(failure.toString());
        }
      }
    }
  }

  @Test
  void aUserThatTheNewPrimaryDoesNotHaveFailsClosedThereAndAlone() throws Exception {
    try (ReplicatedRedis servers = watched().start();
        TenantRedis redis = client(uri(servers)).connectTimeout(Duration.ofSeconds(3)).build()) {
      redis.tenant("acme").sync().set("k", "v");
      redis.tenant("globex").sync().set("k", "w");
      servers.failoverByKill().admin().command("ACL", "DELUSER", "tenant_acme");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .until(() -> redis.tenant("globex").sync().set("k", "x").equals("OK"));
      assertThatThrownBy(() -> redis.tenant("acme").sync().get("k"))
          .isInstanceOfSatisfying(
              TenantConnectionException.class,
              failure -> assertThat(failure.code()).isEqualTo(ErrorCode.SEC002))
          .hasMessageContaining("the primary 'mymaster'");
    }
  }

  @Test
  void sentinelsHaveCredentialsOfTheirOwnAndNeverSeeATenants(@TempDir Path directory) {
    TestCertificates certificates = TestCertificates.createIn(directory);
    try (ReplicatedRedis servers =
        ReplicatedRedis.builder()
            .server(Tenants.confined().tls(certificates, certificates.server()))
            .sentinel(
                RedisServer.builder()
                    .adminUser("admin", "admin-secret")
                    .user("watcher", "on", ">watcher-secret", "&*", "+@connection", "+sentinel")
                    .tls(certificates, certificates.server()))
            .replicas(0)
            .sentinels(1)
            .start()) {
      String uri = uri("rediss-sentinel", servers.sentinels(), servers.masterName());
      TlsOptions tls = TlsOptions.builder().trust(certificates.caPem()).build();
      try (TenantRedis redis =
          client(uri)
              .connectTimeout(Duration.ofSeconds(20))
              .commandTimeout(Duration.ofSeconds(30))
              .tls(tls)
              .sentinelCredentials(watcher("watcher-secret"))
              .build()) {
        assertThat(redis.tenant("acme").sync().set("k", "v")).isEqualTo("OK");
      }
      try (TenantRedis redis =
          client(uri)
              .connectTimeout(Duration.ofSeconds(20))
              .commandTimeout(Duration.ofSeconds(30))
              .tls(tls)
              .maxAttempts(1)
              .sentinelCredentials(watcher("not-it"))
              .build()) {
        assertThatThrownBy(() -> redis.tenant("acme").sync().get("k"))
            .isInstanceOfSatisfying(
                TenantConnectionException.class,
                failure -> assertThat(failure.code()).isEqualTo(ErrorCode.TR005))
            .hasMessageContaining("sentinelCredentials");
      }
      String log = servers.sentinels().get(0).admin().list("ACL", "LOG").toString();
      assertThat(log).contains("watcher").doesNotContain("tenant_");
    }
  }

  private static RedisCredentialsProvider watcher(String password) {
    return () -> Mono.just(RedisCredentials.just("watcher", password));
  }

  @Test
  void aSentinelThatHangsDoesNotKeepTenantsFromConnecting() throws Exception {
    try (ReplicatedRedis servers = watched().replicas(0).start();
        TenantRedis redis =
            client(uri(servers))
                .connectTimeout(Duration.ofSeconds(12))
                .commandTimeout(Duration.ofSeconds(30))
                .maxAttempts(1)
                .build()) {
      RedisServer hanging = servers.sentinels().get(0);
      hanging.freeze();
      try {
        assertThat(redis.tenant("acme").sync().set("k", "v")).isEqualTo("OK");
      } finally {
        hanging.thaw();
      }
    }
  }

  @Test
  void manyTenantsShareALookup() throws Exception {
    RedisServer.Builder server = Tenants.confined();
    for (int i = 0; i < 200; i++) {
      server.user("tenant_t" + i, "on", ">" + Tenants.password("t" + i), "~*", "+@all");
    }
    try (ReplicatedRedis servers =
            ReplicatedRedis.builder().server(server).replicas(0).sentinels(1).start();
        TenantRedis redis =
            client(uri(servers))
                .connectTimeout(Duration.ofMinutes(1))
                .commandTimeout(Duration.ofMinutes(1))
                .build()) {
      RedisServer sentinel = servers.sentinels().get(0);
      long before = connectionsOf(sentinel);
      List<CompletionStage<String>> replies = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        replies.add(redis.tenant("t" + i).async().set("k", "v"));
      }
      for (CompletionStage<String> reply : replies) {
        reply.toCompletableFuture().get(60, TimeUnit.SECONDS);
      }
      assertThat(connectionsOf(sentinel) - before).isLessThan(100);
    }
  }

  private static long connectionsOf(RedisServer server) {
    return server
        .admin()
        .text("INFO", "stats")
        .lines()
        .filter(line -> line.startsWith("total_connections_received:"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).trim()))
        .sum();
  }

  @Test
  void whenSentinelsNameAnotherPrimaryConnectionsThatNobodyBrokeAreExchanged() {
    try (ReplicatedRedis servers = watched().replicas(0).sentinels(1).start();
        RedisServer other = Tenants.confined().start();
        TenantRedis redis =
            client(uri(servers))
                .connections(
                    ConnectionOptions.builder()
                        .primaryCheckInterval(Duration.ofMillis(100))
                        .build())
                .build()) {
      redis.tenant("acme").sync().set("where", "before");
      other.admin().command("SET", "tenant:acme:where", "after");
      RedisServer sentinel = servers.sentinels().get(0);
      sentinel.admin().command("SENTINEL", "REMOVE", "mymaster");
      sentinel
          .admin()
          .command(
              "SENTINEL", "MONITOR", "mymaster", other.host(), Integer.toString(other.port()), "1");
      AtomicInteger reads = new AtomicInteger();
      Awaitility.await()
          .until(
              () -> {
                reads.incrementAndGet();
                return redis.tenant("acme").sync().get("where").equals("after");
              });
      assertThat(reads.get()).isPositive();
    }
  }

  @Test
  void mistakesInTheUriAreNamedWhenTheClientIsBuilt() {
    assertThatThrownBy(() -> client("redis-sentinel://localhost:26379").build())
        .isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(
            () -> client("redis://localhost:6379").sentinelCredentials(watcher("x")).build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("names no Sentinels");
  }
}
