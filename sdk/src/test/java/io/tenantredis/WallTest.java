package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScanArgs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
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
}
