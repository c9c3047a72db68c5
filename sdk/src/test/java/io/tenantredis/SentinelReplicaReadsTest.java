package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.ReadFrom;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.sync.RedisCommands;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.ReplicatedRedis;
import io.tenantredis.test.server.TestCertificates;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

/** Replicas are found, and found again after a failover, by asking Sentinels. */
class SentinelReplicaReadsTest {

  private static final Set<ErrorCode> HONEST =
      Set.of(ErrorCode.TR002, ErrorCode.TR003, ErrorCode.TR004, ErrorCode.TR005, ErrorCode.TR007);

  private static TenantRedis.Builder client(ReplicatedRedis servers) {
    String sentinels =
        servers.sentinels().stream()
            .map(sentinel -> sentinel.host() + ":" + sentinel.port())
            .collect(Collectors.joining(","));
    return TenantRedis.builder("redis-sentinel://" + sentinels + "#" + servers.masterName())
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials());
  }

  private static long asked(RedisServer server, String command) {
    return server
        .admin()
        .text("INFO", "commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_" + command + ":calls="))
        .mapToLong(line -> Long.parseLong(line.split("[=,]")[1]))
        .sum();
  }

  @Test
  void readsGoToTheReplicasThatSentinelsNameAlsoAfterAFailover() throws Exception {
    try (ReplicatedRedis servers =
            ReplicatedRedis.builder().server(Tenants.confined()).replicas(2).sentinels(3).start();
        TenantRedis redis =
            client(servers)
                .readFrom(ReadFrom.REPLICA_PREFERRED)
                .connections(
                    ConnectionOptions.builder()
                        .primaryCheckInterval(Duration.ofMillis(200))
                        .build())
                .commandTimeout(Duration.ofSeconds(20))
                .connectTimeout(Duration.ofSeconds(3))
                .build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      acme.set("k", "v");
      servers.awaitReplicas();
      awaitReadsAt(servers.replicas(), acme);

      AtomicBoolean stop = new AtomicBoolean();
      AtomicInteger reads = new AtomicInteger();
      Queue<String> unexpected = new ConcurrentLinkedQueue<>();
      CompletableFuture<Void> reader =
          CompletableFuture.runAsync(() -> read(redis, stop, reads, unexpected));
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> reads.get() > 50);
      RedisServer after = servers.failoverByKill();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .until(() -> acme.set("k", "v").equals("OK"));
      int done = reads.get();
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> reads.get() > done + 50);
      stop.set(true);
      reader.get(30, TimeUnit.SECONDS);
      assertThat(unexpected).isEmpty();

      RedisServer left =
          servers.replicas().stream().filter(RedisServer::isRunning).findFirst().orElseThrow();
      awaitReadsAt(List.of(left), acme);
      for (RedisServer server : Set.of(after, left)) {
        assertThat(server.admin().text("INFO", "errorstats")).doesNotContain("errorstat_NOPERM");
      }
    }
  }

  /** Until some reads in a row went there, however slow the machine is. */
  private static void awaitReadsAt(
      List<RedisServer> replicas, RedisCommands<String, String> tenant) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              long before = replicas.stream().mapToLong(replica -> asked(replica, "get")).sum();
              for (int i = 0; i < 10; i++) {
                assertThat(tenant.get("k")).isEqualTo("v");
              }
              return replicas.stream().mapToLong(replica -> asked(replica, "get")).sum() - before
                  == 10;
            });
  }

  private static void read(
      TenantRedis redis, AtomicBoolean stop, AtomicInteger reads, Queue<String> unexpected) {
    RedisCommands<String, String> acme = redis.tenant("acme").sync();
    while (!stop.get()) {
      try {
        String value = acme.get("k");
        if (!"v".equals(value)) {
          unexpected.add("read " + value);
        }
        reads.incrementAndGet();
        // The servers need the processors, too.
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
      } catch (RedisException failure) {
        if (!(failure instanceof TenantRedisFailure typed) || !HONEST.contains(typed.code())) {
          unexpected.add(failure.toString());
        }
      }
    }
  }

  private static ReplicatedRedis one() {
    return ReplicatedRedis.builder()
        .server(Tenants.confined())
        .replicas(1)
        .sentinels(1)
        .downAfter(Duration.ofSeconds(10))
        .start();
  }

  private static TenantRedis.Builder neverAskingByItself(ReplicatedRedis servers) {
    return client(servers)
        .readFrom(ReadFrom.REPLICA_PREFERRED)
        .connectTimeout(Duration.ofSeconds(20))
        .connections(ConnectionOptions.builder().primaryCheckInterval(Duration.ZERO).build());
  }

  @Test
  void sentinelsThatHangDelayTheFirstReadByHalfOfItsTimeAndNoOther() {
    try (ReplicatedRedis servers = one();
        TenantRedis redis =
            neverAskingByItself(servers).commandTimeout(Duration.ofSeconds(6)).build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      acme.set("k", "v");
      servers.awaitReplicas();
      // Afterwards no Sentinel says who is who.
      RedisServer primary = servers.master();
      List<RedisServer> replicas = servers.replicas();
      servers.sentinels().get(0).freeze();
      long began = System.nanoTime();
      for (int i = 0; i < 20; i++) {
        assertThat(acme.get("k")).isEqualTo("v");
      }
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(30));
      assertThat(asked(primary, "get")).isEqualTo(20);
      servers.sentinels().get(0).thaw();
      awaitReadsAt(replicas, acme);
    }
  }

  @Test
  void aReplicaThatWasDownAtFirstIsFoundWhenItIsBack() {
    try (ReplicatedRedis servers = one();
        TenantRedis redis =
            neverAskingByItself(servers).commandTimeout(Duration.ofSeconds(20)).build()) {
      RedisServer replica = servers.replicas().get(0);
      RedisServer sentinel = servers.sentinels().get(0);
      replica.kill9();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  sentinel
                      .admin()
                      .list("SENTINEL", "REPLICAS", servers.masterName())
                      .toString()
                      .contains("s_down"));
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      acme.set("k", "v");
      assertThat(acme.get("k")).isEqualTo("v");
      assertThat(asked(servers.master(), "get")).isEqualTo(1);
      replica.restart();
      awaitReadsAt(List.of(replica), acme);
    }
  }

  @Test
  void sentinelsAreAskedForReplicasWithTheirOwnCredentialsOverTls(@TempDir Path directory) {
    TestCertificates certificates = TestCertificates.createIn(directory);
    try (ReplicatedRedis servers =
        ReplicatedRedis.builder()
            .server(Tenants.confined().tls(certificates, certificates.server()))
            .sentinel(
                RedisServer.builder()
                    .adminUser("admin", "admin-secret")
                    .user("watcher", "on", ">watcher-secret", "&*", "+@connection", "+sentinel")
                    .tls(certificates, certificates.server()))
            .replicas(1)
            .sentinels(1)
            .start()) {
      RedisServer sentinel = servers.sentinels().get(0);
      try (TenantRedis redis =
          TenantRedis.builder(
                  "rediss-sentinel://"
                      + sentinel.host()
                      + ":"
                      + sentinel.tlsPort()
                      + "#"
                      + servers.masterName())
              .identity("tenant_{tenant}")
              .credentials(Tenants.credentials())
              .sentinelCredentials(
                  () -> Mono.just(RedisCredentials.just("watcher", "watcher-secret")))
              .tls(TlsOptions.builder().trust(certificates.caPem()).build())
              .readFrom(ReadFrom.REPLICA_PREFERRED)
              .commandTimeout(Duration.ofSeconds(30))
              .connectTimeout(Duration.ofSeconds(20))
              .build()) {
        RedisCommands<String, String> acme = redis.tenant("acme").sync();
        acme.set("k", "v");
        servers.awaitReplicas();
        awaitReadsAt(servers.replicas(), acme);
      }
      assertThat(sentinel.admin().list("ACL", "LOG").toString()).doesNotContain("tenant_");
    }
  }
}
