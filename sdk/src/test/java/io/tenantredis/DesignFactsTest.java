package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.SortArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.netty.buffer.ByteBuf;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespError;
import io.tenantredis.test.server.WireProxy;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Facts of real servers and of Lettuce that break the obvious designs, each with what the SDK makes
 * of it. The first half of a test shows that the fact is one, so that a server or a Lettuce that
 * behaves otherwise is noticed.
 */
class DesignFactsTest {

  static RedisServer server;
  static RespConnection admin;

  @BeforeAll
  static void startServer() {
    server = Tenants.confined().start();
    admin = server.admin();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void clear() {
    admin.command("FLUSHALL");
    admin.command("SET", "tenant:globex:secret", "g");
  }

  @Test
  void keyPatternsDoNotConfineScanRandomkeyAndDbsizeButTheGuardDoes() {
    admin.command("ACL", "SETUSER", "onlooker", "on", ">p", "~tenant:acme:*", "+@read", "+@write");
    try (RespConnection raw = server.connect("onlooker", "p");
        TenantRedis redis = Tenants.client(server).build()) {
      assertThat(String.valueOf(raw.list("SCAN", "0"))).contains("tenant:globex:secret");
      assertThat(raw.text("RANDOMKEY")).isEqualTo("tenant:globex:secret");
      assertThat(raw.integer("DBSIZE")).isEqualTo(1);

      TenantClient<String, String> acme = redis.tenant("acme");
      assertThat(acme.sync().scan().getKeys()).isEmpty();
      assertThat(acme.sync().scan(ScanArgs.Builder.matches("*secret")).getKeys()).isEmpty();
      assertThatThrownBy(() -> acme.sync().randomkey()).isInstanceOf(CommandRefusedException.class);
      assertThatThrownBy(() -> acme.sync().dbsize()).isInstanceOf(CommandRefusedException.class);
    }
  }

  @Test
  void authResetAndHelloCouldChangeAConnectionsUserAndAreRefusedWhateverLettuceMethodSendsThem() {
    try (TenantRedis redis = Tenants.client(server).build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      assertThatThrownBy(() -> acme.sync().auth("tenant_globex", Tenants.password("globex")))
          .isInstanceOf(CommandRefusedException.class)
          .message()
          .doesNotContain(Tenants.password("globex"));
      AsyncCommand<String, String, String> reset =
          new AsyncCommand<>(new Command<>(new Reset(), new StatusOutput<>(StringCodec.UTF8)));
      acme.connection().dispatch(reset);
      assertThatThrownBy(() -> reset.toCompletableFuture().join())
          .hasCauseInstanceOf(CommandRefusedException.class);
      AsyncCommand<String, String, String> disguised =
          new AsyncCommand<>(
              new Command<>(
                  CommandType.GET,
                  new StatusOutput<>(StringCodec.UTF8),
                  new CommandArgs<>(StringCodec.UTF8)) {
                @Override
                public void encode(ByteBuf buffer) {
                  buffer.writeBytes("*1\r\n$5\r\nRESET\r\n".getBytes(StandardCharsets.US_ASCII));
                }
              });
      acme.connection().dispatch(disguised);
      assertThatThrownBy(() -> disguised.toCompletableFuture().join())
          .hasCauseInstanceOf(CommandRefusedException.class);
    }
  }

  @Test
  void theGuardConfinesSortByAndGetThatTheServerWouldAnswerWithoutNoperm() {
    admin.command("RPUSH", "tenant:acme:ids", "1", "2");
    admin.command("MSET", "tenant:acme:w_1", "2", "tenant:acme:w_2", "1", "w_1", "1", "w_2", "2");
    admin.command("ACL", "SETUSER", "sorter", "on", ">p", "~tenant:acme:*", "+sort");
    try (RespConnection raw = server.connect("sorter", "p")) {
      assertThat(raw.tryCommand("SORT", "tenant:acme:ids", "BY", "w_*"))
          .isInstanceOfSatisfying(
              RespError.class, error -> assertThat(error.message()).startsWith("ERR"));
    }
    try (RedisServer open = Tenants.unconfined().start();
        TenantRedis redis = Tenants.client(open).build()) {
      open.admin().command("MSET", "w_1", "1", "w_2", "2");
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().rpush("ids", "1", "2");
      acme.sync().mset(Map.of("w_1", "2", "w_2", "1"));
      assertThat(acme.sync().sort("ids", SortArgs.Builder.by("w_*").get("#").get("w_*")))
          .containsExactly("2", "1", "1", "2");
    }
  }

  @Test
  void aConnectionThatCameBackAsSomebodyElseIsRefusedBeforeAnyCommandLeaves() {
    AtomicReference<TenantCredentials> credentials =
        new AtomicReference<>(TenantCredentials.of("tenant_acme", Tenants.password("acme")));
    try (TenantRedis redis =
        Tenants.client(server)
            .credentials(TenantCredentialsProvider.of(tenant -> credentials.get()))
            .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      credentials.set(TenantCredentials.of("tenant_globex", Tenants.password("globex")));
      admin.command("CLIENT", "KILL", "USER", "tenant_acme");
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> acme.sync().set("k", "w"))
                      .isInstanceOfSatisfying(
                          TenantIdentityException.class,
                          wrong -> assertThat(wrong.code()).isEqualTo(ErrorCode.SEC006)));
      assertThat(admin.text("GET", "tenant:acme:k")).isEqualTo("v");
      assertThat(admin.command("EXISTS", "tenant:acme:w")).isEqualTo(0L);
    }
  }

  @Test
  void lettuceByDefaultAppliesAnIncrementTwiceWhenItsReplyIsLostTheSdkOnce() {
    try (WireProxy proxy = WireProxy.to(server)) {
      RedisClient plain =
          RedisClient.create("redis://admin:admin-secret@" + proxy.host() + ":" + proxy.port());
      try (StatefulRedisConnection<String, String> connection = plain.connect()) {
        proxy.onCommand("INCR").closeAfterForwarding();
        assertThat(connection.sync().incr("plain")).isEqualTo(2);
      } finally {
        plain.shutdown();
      }
      try (TenantRedis redis =
          TenantRedis.builder(proxy.uri())
              .identity("tenant_{tenant}")
              .credentials(Tenants.credentials())
              .build()) {
        proxy.onCommand("INCR").closeAfterForwarding();
        assertThatThrownBy(() -> redis.tenant("acme").sync().incr("guarded"))
            .isInstanceOf(TenantConnectionLostException.class);
        assertThat(redis.tenant("acme").sync().get("guarded")).isEqualTo("1");
      }
    }
  }

  @Test
  void hashFieldsAndValuesThatLookLikeKeysAreLeftAloneToTheByte() {
    try (TenantRedis redis = Tenants.client(server).build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().hset("h", Map.of("tenant:acme:field", "tenant:acme:value"));
      assertThat(acme.sync().hgetall("h"))
          .containsExactly(Map.entry("tenant:acme:field", "tenant:acme:value"));
      assertThat(admin.list("HGETALL", "tenant:acme:h"))
          .hasToString("[tenant:acme:field, tenant:acme:value]");
    }
  }

  private static final class Reset implements ProtocolKeyword {

    @Override
    public byte[] getBytes() {
      return toString().getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public String toString() {
      return "RESET";
    }
  }
}
