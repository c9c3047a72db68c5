package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.codec.ByteArrayCodec;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The client's fence alone: users that may hear everything, on a server full of others. */
class PubSubWallTest {

  private static final List<String> FOREIGN =
      List.of(
          "",
          "news",
          "tenant:",
          "tenant:acme",
          "tenant:acm",
          "tenant:acme2:news",
          "tenant:ac",
          "xtenant:acme:news",
          "TENANT:ACME:news",
          "tenant:globex:news",
          "tenant:globex:tenant:acme:news",
          "tenant?acme:news",
          "*",
          "tenant:*",
          "[t]enant:acme:news",
          "__keyspace@0__:tenant:acme:news",
          "__keyevent@0__:set");

  @Test
  void noForeignMessageIsDelivered() {
    try (RedisServer server = Tenants.unconfined().start();
        TenantRedis redis = Tenants.client(server).build()) {
      check(server, redis, "tenant:acme:");
    }
  }

  /** A prefix that is a pattern to the server unless it is escaped. */
  @Test
  void noForeignMessageIsDeliveredUnderAPrefixOfGlobCharacters() {
    try (RedisServer server = Tenants.unconfined().start();
        TenantRedis redis = Tenants.client(server).keyPrefix("c?[ab]^\\{tenant}:").build()) {
      check(server, redis, "c?[ab]^\\acme:");
    }
  }

  private static void check(RedisServer server, TenantRedis redis, String prefix) {
    TenantPubSub<byte[], byte[]> acme =
        redis.tenant(TenantId.of("acme"), ByteArrayCodec.INSTANCE).pubSub();
    List<String> heard = new CopyOnWriteArrayList<>();
    SubscriptionListener<TenantMessage<byte[], byte[]>> listener =
        message -> heard.add(text(message.channel()) + "=" + text(message.payload()));
    for (String pattern : List.of("*", "n*", "?ews", "[nm]ews", "", "*\\*", "**")) {
      acme.psubscribe(bytes(pattern), listener);
    }
    List<byte[]> names = new ArrayList<>();
    for (String foreign : FOREIGN) {
      names.add(bytes(foreign));
    }
    for (String similar :
        List.of(
            "cXa^acme:news",
            "c?ab^\\acme:news",
            "c?[ab]^acme:news",
            "cxb^acme:news",
            "cxb^\\acme:news")) {
      names.add(bytes(similar));
    }
    names.add(new byte[] {0, -1, '\r', '\n'});
    for (byte[] name : names) {
      acme.subscribe(name, listener);
      acme.ssubscribe(name, listener);
    }
    try (RespConnection publisher = server.connectAsAdministrator()) {
      for (int round = 0; round < 20; round++) {
        for (byte[] name : names) {
          publisher.commandBytes(bytes("PUBLISH"), name, bytes("canary"));
          publisher.commandBytes(bytes("SPUBLISH"), name, bytes("canary"));
        }
        redis.tenant("globex").pubSub().publish("news", "canary");
        redis.tenant("globex").pubSub().spublish("news", "canary");
      }
      publisher.command("PUBLISH", prefix + "news", "own");
      publisher.command("SPUBLISH", prefix + "tenant:acme", "own");
    }
    // "news" matches *, n*, ?ews, [nm]ews and **, and is subscribed to by name.
    Awaitility.await().until(() -> heard.size() == 7);
    assertThat(heard).allMatch(message -> message.endsWith("=own"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
