package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.ReplicatedRedis;
import java.time.Duration;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Subscriptions when Sentinels name another primary while the old one still answers. */
class PubSubFailoverTest {

  @Test
  void subscriptionsFollowThePrimaryAndTheGapIsTold() {
    Heard heard = new Heard();
    try (ReplicatedRedis servers =
            ReplicatedRedis.builder()
                .server(Tenants.confined())
                .replicas(1)
                .sentinels(1)
                .downAfter(Duration.ofSeconds(10))
                .start();
        TenantRedis redis =
            TenantRedis.builder(uri(servers))
                .identity("tenant_{tenant}")
                .credentials(Tenants.credentials())
                .connections(
                    ConnectionOptions.builder()
                        .primaryCheckInterval(Duration.ofMillis(100))
                        .build())
                .build()) {
      TenantSubscription subscription = redis.tenant("acme").pubSub().subscribe("news", heard);
      servers.master().admin().command("PUBLISH", "tenant:acme:news", "1");
      heard.await("news=1");
      RedisServer second = servers.failover();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> heard.calls.contains("gap CONNECTION"));
      assertThat(subscription.state()).isEqualTo(SubscriptionState.SUBSCRIBED);
      assertThat(second.admin().list("PUBSUB", "NUMSUB", "tenant:acme:news").get(1)).isEqualTo(1L);
      second.admin().command("PUBLISH", "tenant:acme:news", "2");
      heard.awaitLast("news=2");
    }
  }

  private static String uri(ReplicatedRedis servers) {
    return servers.sentinels().stream()
        .map(sentinel -> sentinel.host() + ":" + sentinel.port())
        .collect(Collectors.joining(",", "redis-sentinel://", "#" + servers.masterName()));
  }
}
