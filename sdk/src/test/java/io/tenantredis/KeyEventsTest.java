package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.codec.ByteArrayCodec;
import io.tenantredis.admin.AclDialect;
import io.tenantredis.admin.AclPolicy;
import io.tenantredis.test.server.RedisServer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What the server tells of a tenant's keys. */
class KeyEventsTest {

  private final List<String> heard = new CopyOnWriteArrayList<>();

  private static RedisServer.Builder notifying(RedisServer.Builder builder) {
    return builder.setting("notify-keyspace-events", "KEA");
  }

  private void listen(TenantRedis redis) {
    redis.tenant("acme").pubSub().keyEvents(event -> heard.add(event.event() + " " + event.key()));
  }

  /** The client's fence alone: users that may hear everything. */
  @Test
  void onlyEventsOfTheTenantsOwnKeysAreTold() {
    try (RedisServer server = notifying(Tenants.unconfined()).start();
        TenantRedis redis = Tenants.client(server).build()) {
      listen(redis);
      for (String foreign :
          List.of(
              "cart", "tenant:acm:cart", "tenant:acme2:cart", "tenant:acme", "xtenant:acme:x")) {
        server.admin().command("SET", foreign, "canary");
        server.admin().command("PUBLISH", "__keyspace@0__:" + foreign, "canary");
      }
      redis.tenant("globex").sync().set("cart", "canary");
      redis.tenant("acme").pubSub().publish("__keyspace@0__:cart", "a channel like any other");
      redis.tenant("acme").sync().set("cart", "1");
      redis.tenant("acme").sync().del("cart");
      Awaitility.await().until(() -> heard.size() >= 2);
      assertThat(heard).containsExactly("set cart", "del cart");
    }
  }

  @Test
  void keysMayHoldAnyByte() {
    try (RedisServer server = notifying(Tenants.unconfined()).start();
        TenantRedis redis = Tenants.client(server).build()) {
      List<byte[]> keys = new CopyOnWriteArrayList<>();
      TenantClient<byte[], byte[]> acme =
          redis.tenant(TenantId.of("acme"), ByteArrayCodec.INSTANCE);
      acme.pubSub().keyEvents(event -> keys.add(event.key()));
      byte[] key = {0, -1, '_', '_', ':', '*', '\r', '\n'};
      acme.sync().set(key, key);
      Awaitility.await().until(() -> keys.size() == 1);
      assertThat(keys.get(0)).isEqualTo(key);
    }
  }

  /** Both fences, and what an operator grants for it. */
  @Test
  void thePolicyThatGrantsThemIsEnoughAndWithoutItTheErrorNamesIt() {
    try (RedisServer server = notifying(Tenants.confined()).start();
        TenantRedis redis = Tenants.client(server).build()) {
      assertThatThrownBy(() -> listen(redis))
          .isInstanceOf(TenantPermissionDeniedException.class)
          .hasMessageContaining("AclPolicy.Builder.keyspaceEvents");
      TenantId acme = TenantId.of("acme");
      String channel =
          AclPolicy.forTenant(acme, KeyPrefixTemplate.of("tenant:{tenant}:").prefixOf(acme))
              .keyspaceEvents(0)
              .allow("PSUBSCRIBE")
              .build()
              .permissions(AclDialect.redis("7.0"))
              .stream()
              .filter(rule -> rule.startsWith("&__keyspace@"))
              .findFirst()
              .orElseThrow();
      server.admin().command("ACL", "SETUSER", "tenant_acme", channel);
      listen(redis);
      redis.tenant("globex").sync().set("cart", "canary");
      redis.tenant("acme").sync().set("cart", "1");
      Awaitility.await().until(() -> heard.size() == 1);
      assertThat(heard).containsExactly("set cart");
    }
  }

  @Test
  void theDatabaseIsThatOfTheClient() {
    try (RedisServer server = notifying(Tenants.unconfined()).start();
        TenantRedis redis =
            TenantRedis.builder(server.uri().replaceAll("/+$", "") + "/3")
                .identity("tenant_{tenant}")
                .credentials(Tenants.credentials())
                .build()) {
      listen(redis);
      server.admin().command("SET", "tenant:acme:cart", "in database 0");
      redis.tenant("acme").sync().incr("visits");
      Awaitility.await().until(() -> heard.size() == 1);
      assertThat(heard).containsExactly("incrby visits");
    }
  }
}
