package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.KeyValue;
import io.lettuce.core.Range;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ArrayOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.SeenCommand;
import io.tenantredis.test.server.WireProxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads that go on to the name a key had before it had its prefix. */
class LegacyKeysTest {

  private static RedisServer server;
  private static ClientResources resources;
  private WireProxy proxy;
  private SimpleMeterRegistry meters;
  private TenantRedis redis;
  private TenantClient<String, String> acme;

  @BeforeAll
  static void startServer() {
    server = Tenants.confined().start();
    resources = DefaultClientResources.create();
    server.admin().command("ACL", "SETUSER", "tenant_acme", "%R~shop/acme/*");
  }

  @AfterAll
  static void stopServer() {
    resources.shutdown(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    server.close();
  }

  @BeforeEach
  void connect() {
    server.admin().command("FLUSHALL");
    proxy = WireProxy.to(server);
    meters = new SimpleMeterRegistry();
    use(builder().legacyKeys(LegacyKeys.template("shop/{tenant}/")));
  }

  private TenantRedis.Builder builder() {
    return TenantRedis.builder(proxy.uri())
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials())
        .clientResources(resources)
        .meterRegistry(meters);
  }

  private void use(TenantRedis.Builder builder) {
    if (redis != null) {
      redis.close();
    }
    redis = builder.build();
    acme = redis.tenant("acme");
    acme.sync().ping();
    proxy.clearCommands();
  }

  @AfterEach
  void disconnect() {
    redis.close();
    proxy.close();
  }

  /** What was sent, without what the client asks for itself. */
  private List<String> sent() {
    return proxy.commands().stream()
        .filter(command -> !command.name().equals("PING"))
        .map(command -> command.fullName() + " " + keyOf(command))
        .toList();
  }

  private static String keyOf(SeenCommand command) {
    return command.args().size() < 2 ? "" : command.args().get(1);
  }

  private double counted(String outcome) {
    return meters.find("tenant.redis.legacy.reads").tag("outcome", outcome).counters().stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  @Test
  void anAbsentKeyIsReadUnderItsLegacyNameOnceAndCounted() {
    server.admin().command("SET", "shop/acme/cart", "old");
    assertThat(acme.sync().get("cart")).isEqualTo("old");
    assertThat(sent()).containsExactly("GET tenant:acme:cart", "GET shop/acme/cart");
    assertThat(counted("found")).isEqualTo(1);
    assertThat(acme.sync().get("nothing")).isNull();
    assertThat(counted("missing")).isEqualTo(1);
  }

  @Test
  void aKeyThatIsThereIsNeverReadUnderItsLegacyName() {
    server.admin().command("SET", "shop/acme/cart", "old");
    acme.sync().set("cart", "");
    proxy.clearCommands();
    assertThat(acme.sync().get("cart")).isEmpty();
    assertThat(sent())
        .containsExactly("GET tenant:acme:cart", "EXISTS tenant:acme:cart", "GET tenant:acme:cart");
    acme.sync().set("cart", "new");
    proxy.clearCommands();
    assertThat(acme.sync().get("cart")).isEqualTo("new");
    assertThat(sent()).containsExactly("GET tenant:acme:cart");
    assertThat(meters.find("tenant.redis.legacy.reads").counters()).isEmpty();
  }

  @Test
  void withoutTheOptionNothingIsAskedTwice() {
    server.admin().command("SET", "shop/acme/cart", "old");
    use(builder());
    assertThat(acme.sync().get("cart")).isNull();
    assertThat(sent()).containsExactly("GET tenant:acme:cart");
  }

  @Test
  void writesNeverGoToALegacyName() {
    RespConnection admin = server.admin();
    admin.command("SET", "shop/acme/n", "5");
    admin.command("SET", "shop/acme/gone", "x");
    assertThat(acme.sync().incr("n")).isEqualTo(1);
    assertThat(acme.sync().append("gone", "y")).isEqualTo(1);
    assertThat(acme.sync().del("other", "gone")).isEqualTo(1);
    assertThat(acme.sync().getdel("gone")).isNull();
    assertThat(acme.sync().setGet("third", "1")).isNull();
    assertThat(acme.sync().expire("gone", 5)).isFalse();
    assertThat(sent()).noneMatch(command -> command.contains("shop/"));
    assertThat(admin.text("GET", "shop/acme/n")).isEqualTo("5");
    assertThat(acme.sync().get("gone")).as("deletions do not reach it either").isEqualTo("x");
  }

  @Test
  void whatWasTakenFromAKeyDoesNotComeBackFromTheOldOne() {
    RespConnection admin = server.admin();
    admin.command("HSET", "shop/acme/h", "a", "old", "b", "old");
    admin.command("RPUSH", "shop/acme/l", "1", "2", "3");
    acme.sync().hset("h", "b", "new");
    acme.sync().rpush("l", "9");
    proxy.clearCommands();
    assertThat(acme.sync().hget("h", "a")).isNull();
    assertThat(acme.sync().hexists("h", "a")).isFalse();
    assertThat(acme.sync().hmget("h", "a", "x")).extracting(KeyValue::hasValue).containsOnly(false);
    assertThat(acme.sync().lrange("l", 1, 2)).isEmpty();
    assertThat(acme.sync().lindex("l", 2)).isNull();
    assertThat(sent()).noneMatch(command -> command.contains("shop/"));
    assertThat(meters.find("tenant.redis.legacy.reads").counters()).isEmpty();
  }

  @Test
  void aReadOfAnythingOfOneKeyFindsTheOldOne() {
    RespConnection admin = server.admin();
    admin.command("HSET", "shop/acme/h", "a", "1");
    admin.command("RPUSH", "shop/acme/l", "x", "y");
    admin.command("SADD", "shop/acme/s", "m");
    admin.command("ZADD", "shop/acme/z", "1.5", "m");
    admin.command("SET", "shop/acme/t", "text", "EX", "1000");
    admin.command("XADD", "shop/acme/x", "1-1", "f", "v");
    assertThat(acme.sync().hget("h", "a")).isEqualTo("1");
    assertThat(acme.sync().hgetall("h")).isEqualTo(Map.of("a", "1"));
    assertThat(acme.sync().hmget("h", "a", "b"))
        .containsExactly(KeyValue.just("a", "1"), KeyValue.empty("b"));
    assertThat(acme.sync().lrange("l", 0, -1)).containsExactly("x", "y");
    assertThat(acme.sync().llen("l")).isEqualTo(2);
    assertThat(acme.sync().smembers("s")).containsExactly("m");
    assertThat(acme.sync().sismember("s", "m")).isTrue();
    assertThat(acme.sync().zscore("z", "m")).isEqualTo(1.5);
    assertThat(acme.sync().zmscore("z", "m", "n")).containsExactly(1.5, null);
    assertThat(acme.sync().type("z")).isEqualTo("zset");
    assertThat(acme.sync().ttl("t")).isBetween(900L, 1000L);
    assertThat(acme.sync().exists("t")).isEqualTo(1);
    assertThat(acme.sync().strlen("t")).isEqualTo(4);
    assertThat(acme.sync().getrange("t", 1, 2)).isEqualTo("ex");
    assertThat(acme.sync().xrange("x", Range.unbounded())).hasSize(1);
    assertThat(acme.sync().mget("t")).containsExactly(KeyValue.just("t", "text"));
    assertThat(counted("found")).isEqualTo(16);
  }

  /** What is there under neither name is answered as without the option. */
  @Test
  void whatIsNowhereIsAnsweredAsEver() {
    List<Function<RedisAsyncCommands<String, String>, Object>> reads =
        List.of(
            commands -> result(commands.get("k")),
            commands -> result(commands.hgetall("k")),
            commands -> result(commands.hmget("k", "a", "b")),
            commands -> result(commands.hget("k", "a")),
            commands -> result(commands.lrange("k", 0, -1)),
            commands -> result(commands.smembers("k")),
            commands -> result(commands.zrangeWithScores("k", 0, -1)),
            commands -> result(commands.zmscore("k", "a")),
            commands -> result(commands.geopos("k", "a", "b")),
            commands -> result(commands.type("k")),
            commands -> result(commands.ttl("k")),
            commands -> result(commands.exists("k")),
            commands -> result(commands.strlen("k")),
            commands -> result(commands.getrange("k", 0, -1)),
            commands -> result(commands.dump("k")),
            commands -> result(commands.xrange("k", Range.unbounded())),
            commands ->
                result(
                    commands.dispatch(
                        CommandType.HRANDFIELD,
                        new ArrayOutput<>(StringCodec.UTF8),
                        new CommandArgs<>(StringCodec.UTF8).addKey("k").add(3))));
    List<Object> with = reads.stream().map(read -> read.apply(acme.async())).toList();
    double missing = counted("missing");
    use(builder());
    List<Object> without = reads.stream().map(read -> read.apply(acme.async())).toList();
    assertThat(with).usingRecursiveComparison().isEqualTo(without);
    assertThat(missing).isEqualTo(reads.size());
  }

  private static Object result(Future<?> future) {
    try {
      Object result = future.get(20, TimeUnit.SECONDS);
      return result == null ? "null" : result;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void everyFlavourReadsOn() {
    server.admin().command("SET", "shop/acme/cart", "old");
    server.admin().command("RPUSH", "shop/acme/l", "x", "y");
    assertThat(result(acme.async().get("cart"))).isEqualTo("old");
    assertThat(acme.reactive().get("cart").block()).isEqualTo("old");
    assertThat(acme.reactive().lrange("l", 0, -1).collectList().block()).containsExactly("x", "y");
    assertThat(acme.reactive().get("nothing").blockOptional()).isEmpty();
    assertThat(acme.reactive().lrange("nothing", 0, -1).collectList().block()).isEmpty();
    assertThat(
            redis
                .tenant(TenantId.of("acme"), ByteArrayCodec.INSTANCE)
                .sync()
                .get(new byte[] {'c', 'a', 'r', 't'}))
        .isEqualTo(new byte[] {'o', 'l', 'd'});
  }

  @Test
  void severalKeysTransactionsAndScansDoNotReadOn() {
    server.admin().command("SET", "shop/acme/a", "old");
    assertThat(acme.sync().mget("a", "b")).extracting(KeyValue::hasValue).containsOnly(false);
    assertThat(acme.sync().exists("a", "b")).isZero();
    assertThat(acme.keys().count()).isZero();
    String inTransaction =
        acme.dedicated(
            connection -> {
              connection.sync().multi();
              connection.sync().get("a");
              return connection.sync().exec().get(0);
            });
    assertThat(inTransaction).isNull();
    String leased = acme.dedicated(connection -> connection.sync().get("a"));
    assertThat(leased).isNull();
    assertThat(sent()).noneMatch(command -> command.contains("shop/"));
  }

  @Test
  void aNameInsideATenantsPrefixIsNeverAskedFor() {
    server.admin().command("SET", "tenant:globex:secret", "theirs");
    server.admin().command("SET", "plain", "old");
    server.admin().command("ACL", "SETUSER", "tenant_acme", "~*");
    try {
      use(builder().legacyKeys(LegacyKeys.prefixes(Map.of("acme", ""))));
      assertThat(acme.sync().get("plain")).isEqualTo("old");
      assertThat(acme.sync().get("tenant:globex:secret")).isNull();
      assertThat(acme.sync().get("tenant:acme:x")).isNull();
      assertThat(counted("outside")).isEqualTo(2);
      assertThat(sent()).doesNotContain("GET tenant:globex:secret", "GET tenant:acme:x");
      use(builder().legacyKeys(LegacyKeys.prefixes(Map.of("acme", "tenant"))));
      assertThat(acme.sync().get(":globex:secret")).isNull();
      assertThat(sent()).doesNotContain("GET tenant:globex:secret");
    } finally {
      server
          .admin()
          .command(
              "ACL", "SETUSER", "tenant_acme", "resetkeys", "~tenant:acme:*", "%R~shop/acme/*");
    }
  }

  @Test
  void aTenantWithoutLegacyKeysReadsItsOwnOnly() {
    use(builder().legacyKeys(LegacyKeys.prefixes(Map.of("globex", "shop/globex/"))));
    server.admin().command("SET", "shop/acme/cart", "old");
    assertThat(acme.sync().get("cart")).isNull();
    assertThat(sent()).containsExactly("GET tenant:acme:cart");
  }

  @Test
  void onlyTheCommandsThatWereNamedReadOn() {
    use(builder().legacyKeys(LegacyKeys.template("shop/{tenant}/").onlyFor("get")));
    server.admin().command("SET", "shop/acme/cart", "old");
    assertThat(acme.sync().strlen("cart")).isZero();
    assertThat(acme.sync().get("cart")).isEqualTo("old");
  }

  @Test
  void wholeNamesAreTranslatedLikeRelativeOnes() {
    use(builder().prefixMode(PrefixMode.REQUIRE).legacyKeys(LegacyKeys.template("shop/{tenant}/")));
    server.admin().command("SET", "shop/acme/cart", "old");
    server.admin().command("HSET", "shop/acme/h", "a", "1");
    assertThat(acme.sync().get("tenant:acme:cart")).isEqualTo("old");
    assertThat(acme.sync().hget("tenant:acme:h", "a")).isEqualTo("1");
  }

  @Test
  void withoutTheRightToReadLegacyNamesTheReadFailsAndIsCounted() {
    server.admin().command("ACL", "SETUSER", "tenant_acme", "resetkeys", "~tenant:acme:*");
    try {
      assertThatThrownBy(() -> acme.sync().get("cart"))
          .isInstanceOfSatisfying(
              TenantPermissionDeniedException.class,
              denied -> assertThat(denied.code()).isEqualTo(ErrorCode.SEC003));
      assertThat(counted("failed")).isEqualTo(1);
    } finally {
      server.admin().command("ACL", "SETUSER", "tenant_acme", "%R~shop/acme/*");
    }
  }

  /** With a deadline of its own the second read would get its reply in time. */
  @Test
  void theDeadlineIsThatOfTheOneCommand() {
    use(
        builder()
            .commandTimeout(Duration.ofSeconds(6))
            .legacyKeys(LegacyKeys.template("shop/{tenant}/")));
    proxy.onCommand("GET tenant:acme:cart").delayReply(Duration.ofSeconds(3));
    proxy.onCommand("GET shop/acme/cart").delayReply(Duration.ofMillis(5500));
    assertThatThrownBy(() -> acme.sync().get("cart")).isInstanceOf(TenantTimeoutException.class);
    assertThat(sent()).containsExactly("GET tenant:acme:cart", "GET shop/acme/cart");
  }

  @Test
  void eachOfTheTwoReadsIsRetriedByItself() {
    server.admin().command("SET", "shop/acme/cart", "old");
    proxy.onCommands(command -> keyOf(command).equals("tenant:acme:cart")).resetAfterForwarding();
    proxy.onCommands(command -> keyOf(command).equals("shop/acme/cart")).resetAfterForwarding();
    assertThat(acme.sync().get("cart")).isEqualTo("old");
    assertThat(sent().stream().filter(command -> command.startsWith("GET")))
        .containsExactly(
            "GET tenant:acme:cart",
            "GET tenant:acme:cart",
            "GET shop/acme/cart",
            "GET shop/acme/cart");
    assertThat(counted("found")).isEqualTo(1);
  }

  @Test
  void mistakesAreReportedWhenTheClientIsBuilt() {
    assertThatThrownBy(
            () ->
                builder()
                    .keyPrefix("{tenant}:")
                    .legacyKeys(LegacyKeys.template("app:{tenant}:").onlyFor("GET", "SET", "NIX"))
                    .commands(CommandPolicy.builder().withhold("EXISTS").build())
                    .build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("is inside a tenant's prefix")
        .hasMessageContaining("SET cannot go on")
        .hasMessageContaining("NIX cannot go on")
        .hasMessageContaining("do not withhold it");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LegacyKeys.prefixes(Map.of("acme", "a:", "globex", "a:b:")))
        .withMessageContaining("begins with that of tenant acme");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LegacyKeys.prefixes(Map.of("acme", "", "globex", "b:")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LegacyKeys.prefixes(Map.of("acme", "a b")))
        .withMessageContaining("U+0020");
    assertThatIllegalArgumentException().isThrownBy(() -> LegacyKeys.prefixes(Map.of()));
    assertThatIllegalArgumentException().isThrownBy(() -> LegacyKeys.template("shop"));
  }
}
