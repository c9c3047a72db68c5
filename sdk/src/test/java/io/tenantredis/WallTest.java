package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two tenants on one server, through every flavour. */
class WallTest {

  static RedisServer server;

  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  TenantRedis redis;

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
    redis = Tenants.client(server).meterRegistry(registry).build();
  }

  @AfterEach
  void disconnect() {
    redis.close();
  }

  @Test
  void twoTenantsWriteTheSameKeyNameAndReadBackTheirOwnValue() throws Exception {
    TenantClient<String, String> acme = redis.tenant("acme");
    TenantClient<String, String> globex = redis.tenant("globex");
    acme.sync().set("cart", "a");
    globex.async().set("cart", "g").get(5, TimeUnit.SECONDS);
    assertThat(acme.reactive().get("cart").block()).isEqualTo("a");
    assertThat(globex.sync().get("cart")).isEqualTo("g");
    assertThat(server.admin().text("GET", "tenant:acme:cart")).isEqualTo("a");
    assertThat(server.admin().text("GET", "tenant:globex:cart")).isEqualTo("g");
  }

  @Test
  void scanShowsOnlyTheTenantsOwnNames() {
    redis.tenant("acme").sync().set("one", "1");
    redis.tenant("globex").sync().set("two", "2");
    assertThat(redis.tenant("acme").sync().scan(ScanArgs.Builder.limit(100)).getKeys())
        .containsExactly("one");
    assertThat(redis.tenant("acme").keys().scan("*")).containsExactly("one");
    assertThat(redis.tenant("acme").keys().count()).isEqualTo(1);
    assertThat(redis.tenant("acme").keys().deleteAll()).isEqualTo(1);
    assertThat(redis.tenant("globex").keys().count()).isEqualTo(1);
  }

  @Test
  void aCommandThatIsNotConfinedToTheTenantIsRefusedBeforeItIsSent() {
    assertThatThrownBy(() -> redis.tenant("acme").sync().flushall())
        .isInstanceOf(CommandRefusedException.class)
        .hasMessageContaining("deleteAll");
  }

  @Test
  void aServersErrorIsTheLettuceExceptionWithItsCode() {
    redis.tenant("acme").sync().set("k", "v");
    assertThatThrownBy(() -> redis.tenant("acme").sync().lpush("k", "x"))
        .isInstanceOf(RedisCommandExecutionException.class)
        .isInstanceOfSatisfying(
            TenantRedisFailure.class,
            failure -> {
              assertThat(failure.code()).isEqualTo(ErrorCode.TR001);
              assertThat(failure.outcome()).isEqualTo(Outcome.REJECTED);
              assertThat(failure.command()).isEqualTo("LPUSH");
            })
        .hasMessageStartingWith("WRONGTYPE");
  }

  @Test
  void inRequireModeWholeNamesPassAndForeignOnesAreRefusedBeforeTheyAreSent() {
    try (WireProxy proxy = WireProxy.to(server);
        TenantRedis whole =
            TenantRedis.builder(proxy.uri())
                .prefixMode(PrefixMode.REQUIRE)
                .identity("tenant_{tenant}")
                .credentials(Tenants.credentials())
                .build()) {
      TenantClient<String, String> acme = whole.tenant("acme");
      acme.sync().set("tenant:acme:k", "v");
      assertThat(acme.sync().scan(ScanArgs.Builder.matches("tenant:acme:*").limit(100)).getKeys())
          .containsExactly("tenant:acme:k");
      assertThat(acme.keys().count()).isEqualTo(1);
      long sent = proxy.commandsSeen();
      assertThatThrownBy(() -> acme.sync().get("tenant:globex:k"))
          .isInstanceOfSatisfying(
              CommandRefusedException.class,
              refused -> assertThat(refused.reason()).isEqualTo(RefusalReason.FOREIGN_NAME));
      assertThatThrownBy(() -> acme.sync().mget("tenant:acme:k", "k"))
          .isInstanceOf(CommandRefusedException.class);
      assertThatThrownBy(() -> acme.sync().scan(ScanArgs.Builder.matches("*")))
          .isInstanceOf(CommandRefusedException.class);
      assertThat(proxy.commandsSeen()).isEqualTo(sent);
    }
  }

  @Test
  void aCommandWithoutARuleIsRefusedBeforeItIsSent() {
    try (WireProxy proxy = WireProxy.to(server);
        TenantRedis redis =
            TenantRedis.builder(proxy.uri())
                .identity("tenant_{tenant}")
                .credentials(Tenants.credentials())
                .build()) {
      assertThatThrownBy(
              () ->
                  redis
                      .tenant("acme")
                      .sync()
                      .dispatch(
                          new ProtocolKeyword() {
                            @Override
                            public byte[] getBytes() {
                              return "MYMODULE.PEEK".getBytes(StandardCharsets.US_ASCII);
                            }

                            @Override
                            public String toString() {
                              return "MYMODULE.PEEK";
                            }
                          },
                          new StatusOutput<>(StringCodec.UTF8)))
          .isInstanceOfSatisfying(
              CommandRefusedException.class,
              refused -> assertThat(refused.reason()).isEqualTo(RefusalReason.NO_RULE));
      assertThat(proxy.commandsSeen()).isZero();
    }
  }

  @Test
  void aHandleThatAllThreadsShareCannotBeChangedForEverybody() {
    StatefulRedisConnection<String, String> shared = redis.tenant("acme").connection();
    assertThatThrownBy(() -> shared.setAutoFlushCommands(false))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> shared.setTimeout(java.time.Duration.ofMillis(1)))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(
            () -> shared.addListener((io.lettuce.core.api.push.PushListener) message -> {}))
        .isInstanceOf(UnsupportedOperationException.class);
    shared.close();
    assertThat(shared.sync().ping()).isEqualTo("PONG");
  }

  @Test
  void withoutAclUsersTheGuardStillKeepsTenantsApart() {
    try (RedisServer plain = RedisServer.start();
        TenantRedis open = TenantRedis.builder(plain.uri()).withoutAclUsers().build()) {
      open.tenant("acme").sync().set("k", "a");
      open.tenant("globex").sync().set("k", "g");
      assertThat(open.tenant("acme").sync().get("k")).isEqualTo("a");
      assertThat(open.tenant("acme").keys().scan("*")).containsExactly("k");
      assertThatThrownBy(() -> open.tenant("acme").sync().flushdb())
          .isInstanceOf(CommandRefusedException.class);
    }
  }
}
