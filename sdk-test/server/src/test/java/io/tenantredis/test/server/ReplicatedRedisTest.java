package io.tenantredis.test.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplicatedRedisTest {

  @Test
  void replicasFollowTheMaster() {
    try (ReplicatedRedis redis = ReplicatedRedis.builder().replicas(2).start()) {
      assertThat(redis.servers()).hasSize(3);
      assertThat(redis.master()).isSameAs(redis.servers().get(0));
      assertThat(redis.replicas()).hasSize(2);
      assertThat(redis.sentinels()).isEmpty();
      redis.master().admin().command("SET", "a", "1");
      redis.awaitReplicas();
      for (RedisServer replica : redis.replicas()) {
        assertThat(replica.admin().command("GET", "a")).isEqualTo("1");
        assertThat(((RespError) replica.admin().tryCommand("SET", "a", "2")).code())
            .isEqualTo("READONLY");
      }
    }
  }

  @Test
  void failoverWithoutSentinelsPromotesAReplica() {
    try (ReplicatedRedis redis = ReplicatedRedis.builder().replicas(2).start()) {
      RedisServer old = redis.master();
      RedisServer promoted = redis.failover();
      assertThat(promoted).isNotSameAs(old).isSameAs(redis.master());
      promoted.admin().command("SET", "a", "1");
      redis.awaitReplicas();
      assertThat(old.admin().command("GET", "a")).isEqualTo("1");
      assertThatThrownBy(redis::failoverByKill).isInstanceOf(IllegalStateException.class);
      old.kill9();
      redis.rejoin(old);
      assertThat(redis.replicas()).hasSize(2).contains(old);
      assertThat(old.admin().command("GET", "a")).isEqualTo("1");
    }
  }

  @Test
  void withoutARunningReplicaNobodyTakesOver() {
    try (ReplicatedRedis redis = ReplicatedRedis.builder().start()) {
      redis.replicas().get(0).kill9();
      assertThatThrownBy(redis::failover).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void sentinelsNameTheMasterThroughFailoversOfBothKinds() {
    long before = System.nanoTime();
    try (ReplicatedRedis redis =
        ReplicatedRedis.builder()
            .replicas(2)
            .sentinels(3)
            .masterName("cache")
            .server(
                RedisServer.builder()
                    .adminUser("root", "s3cret")
                    .user("acme", "on", ">pw", "~a*", "+@all"))
            .sentinel(RedisServer.builder().requirePass("watch"))
            .start()) {
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(60));
      assertThat(redis.masterName()).isEqualTo("cache");
      RedisServer first = redis.master();
      for (RedisServer sentinel : redis.sentinels()) {
        assertThat(sentinel.admin().list("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "cache"))
            .containsExactly("127.0.0.1", Integer.toString(first.port()));
      }
      assertUsersAreOnEveryServerAndSentinelsHaveTheirOwn(redis);

      RedisServer second = redis.failover();
      assertThat(second).isNotSameAs(first);

      second.admin().command("SET", "a", "1");
      redis.awaitReplicas();
      RedisServer third = redis.failoverByKill();
      assertThat(third).isNotSameAs(second).isSameAs(redis.master());
      assertThat(third.admin().command("GET", "a")).isEqualTo("1");

      redis.rejoin(second);
      assertThat(redis.replicas()).hasSize(2).contains(second);
      assertThat(second.admin().command("GET", "a")).isEqualTo("1");
    }
  }

  private static void assertUsersAreOnEveryServerAndSentinelsHaveTheirOwn(ReplicatedRedis redis) {
    for (RedisServer server : redis.servers()) {
      server.connect("acme", "pw").close();
      assertThatThrownBy(() -> server.connect("acme", "no")).isInstanceOf(RespErrorException.class);
    }
    for (RedisServer sentinel : redis.sentinels()) {
      sentinel.connect("default", "watch").close();
      try (RespConnection anonymous = sentinel.connect()) {
        assertThat(((RespError) anonymous.tryCommand("SENTINEL", "MASTERS")).code())
            .isEqualTo("NOAUTH");
      }
    }
  }

  @Test
  void aDefaultUserWithFewRightsDoesNotKeepServersFromReplicating() {
    try (ReplicatedRedis redis =
        ReplicatedRedis.builder()
            .server(RedisServer.builder().user("default", "on", "nopass", "+ping"))
            .start()) {
      assertThat(redis.failover()).isNotNull();
    }
  }

  @Test
  void withTlsSentinelsNameTlsPorts() {
    try (ReplicatedRedis redis =
        ReplicatedRedis.builder()
            .server(RedisServer.builder().tls().requireClientCertificate())
            .sentinel(RedisServer.builder().tls().requireClientCertificate())
            .sentinels(2)
            .start()) {
      assertThat(
              redis
                  .sentinels()
                  .get(0)
                  .admin()
                  .list("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"))
          .containsExactly("127.0.0.1", Integer.toString(redis.master().tlsPort()));
      RedisServer old = redis.master();
      assertThat(redis.failover()).isNotSameAs(old);
    }
    assertThatThrownBy(
            () ->
                ReplicatedRedis.builder().server(RedisServer.builder().tls()).sentinels(1).start())
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void closeEndsAllProcesses() {
    ReplicatedRedis redis = ReplicatedRedis.builder().sentinels(1).start();
    List<Long> pids =
        List.of(
            redis.servers().get(0).pid(),
            redis.servers().get(1).pid(),
            redis.sentinels().get(0).pid());
    redis.close();
    redis.close();
    assertThat(pids).noneMatch(pid -> ProcessHandle.of(pid).isPresent());
  }
}
