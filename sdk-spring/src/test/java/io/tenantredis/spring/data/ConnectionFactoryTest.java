package io.tenantredis.spring.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisBusyException;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.TenantId;
import io.tenantredis.TenantPermissionDeniedException;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.CurrentTenantResolver;
import io.tenantredis.context.NoCurrentTenantException;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.test.server.RedisServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.data.domain.Range;
import org.springframework.data.geo.Circle;
import org.springframework.data.geo.Distance;
import org.springframework.data.geo.Metrics;
import org.springframework.data.geo.Point;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.RedisSystemException;
import org.springframework.data.redis.cache.BatchStrategies;
import org.springframework.data.redis.cache.RedisCacheManager;
import org.springframework.data.redis.cache.RedisCacheWriter;
import org.springframework.data.redis.connection.DataType;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.stream.Consumer;
import org.springframework.data.redis.connection.stream.MapRecord;
import org.springframework.data.redis.connection.stream.ReadOffset;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;
import reactor.core.publisher.Mono;

/**
 * The operation groups of Spring Data Redis through the factory, on a real server, with acme
 * current and globex holding keys of the same names.
 */
class ConnectionFactoryTest {

  static final TenantId ACME = TenantId.of("acme");
  static final TenantId GLOBEX = TenantId.of("globex");

  static RedisServer server;
  static TenantRedis redis;

  final TenantRedisConnectionFactory factory =
      new TenantRedisConnectionFactory(redis, CurrentTenantResolver.context());
  final StringRedisTemplate template = new StringRedisTemplate(factory);
  TenantContext.Scope scope;

  @BeforeAll
  static void start() {
    server = TestTenants.server("acme", "globex");
    redis = TestTenants.client(server);
  }

  @AfterAll
  static void stop() {
    redis.close();
    server.close();
  }

  @BeforeEach
  void openScope() {
    server.admin().command("FLUSHALL");
    scope = TenantContext.open(ACME);
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  void asGlobex(Runnable work) {
    TenantContext.run(GLOBEX, work);
  }

  @Test
  void withoutACurrentTenantThereIsNoConnection() throws Exception {
    assertThatThrownBy(
            () ->
                CompletableFuture.runAsync(
                        () -> template.opsForValue().get("k"), task -> new Thread(task).start())
                    .get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(NoCurrentTenantException.class);
    assertThatThrownBy(() -> TenantContext.run(GLOBEX, factory::getClusterConnection))
        .isInstanceOf(InvalidDataAccessApiUsageException.class);
  }

  @Test
  void stringsAreTheTenantsOwn() {
    template.opsForValue().set("k", "a");
    asGlobex(
        () -> {
          assertThat(template.opsForValue().get("k")).isNull();
          template.opsForValue().set("k", "g", Duration.ofMinutes(5));
        });
    assertThat(template.opsForValue().get("k")).isEqualTo("a");
    assertThat(template.opsForValue().setIfAbsent("k", "b")).isFalse();
    assertThat(template.opsForValue().increment("n", 5)).isEqualTo(5);
    assertThat(template.opsForValue().append("k", "b")).isEqualTo(2);
    assertThat(template.opsForValue().multiGet(List.of("k", "n"))).containsExactly("ab", "5");
    template.opsForValue().multiSet(Map.of("x", "1", "y", "2"));
    assertThat(template.opsForValue().getAndDelete("x")).isEqualTo("1");
    assertThat(template.opsForValue().setBit("bits", 7, true)).isFalse();
    assertThat(server.admin().text("GET", "tenant:acme:k")).isEqualTo("ab");
    assertThat(server.admin().text("GET", "tenant:globex:k")).isEqualTo("g");
  }

  @Test
  void keysAreNamedWithoutThePrefixAndNeverThoseOfAnother() {
    asGlobex(() -> template.opsForValue().set("other", "g"));
    template.opsForValue().set("one", "1");
    template.opsForValue().set("two", "2");
    try (Cursor<String> found = template.scan(ScanOptions.scanOptions().match("*").build())) {
      assertThat(found.stream()).containsExactlyInAnyOrder("one", "two");
    }
    assertThat(template.type("one")).isEqualTo(DataType.STRING);
    assertThat(template.expire("one", Duration.ofMinutes(1))).isTrue();
    assertThat(template.getExpire("one")).isBetween(1L, 60L);
    template.rename("one", "three");
    assertThat(template.countExistingKeys(List.of("one", "two", "three", "other"))).isEqualTo(2);
    assertThat(template.copy("three", "four", false)).isTrue();
    assertThat(template.unlink(List.of("three", "four", "other"))).isEqualTo(2);
    assertThat(template.dump("two")).isNotEmpty();
    asGlobex(() -> assertThat(template.hasKey("other")).isTrue());
  }

  @Test
  void keysAreFoundByScanInPlaceOfKeys() {
    asGlobex(() -> template.opsForValue().set("k1", "g"));
    for (int i = 0; i < 2000; i++) {
      template.opsForValue().set("k" + i, "a");
    }
    template.opsForValue().set("other", "a");
    server.admin().command("CONFIG", "RESETSTAT");
    assertThat(template.keys("k*")).hasSize(2000).contains("k0", "k1999");
    assertThat(template.keys("none*")).isEmpty();
    assertThat(server.admin().text("INFO", "commandstats")).doesNotContain("cmdstat_keys:");
  }

  @Test
  void listsSetsSortedSetsAndHashesAreTheTenantsOwn() {
    template.opsForList().rightPushAll("list", "a", "b", "c");
    assertThat(template.opsForList().range("list", 0, -1)).containsExactly("a", "b", "c");
    assertThat(template.opsForList().leftPop("list")).isEqualTo("a");
    template.opsForSet().add("s1", "x", "y");
    template.opsForSet().add("s2", "y", "z");
    assertThat(template.opsForSet().intersect("s1", "s2")).containsExactly("y");
    assertThat(template.opsForSet().unionAndStore("s1", "s2", "s3")).isEqualTo(3);
    template.opsForZSet().add("z", "low", 1);
    template.opsForZSet().add("z", "high", 2);
    assertThat(template.opsForZSet().reverseRange("z", 0, 0)).containsExactly("high");
    assertThat(template.opsForZSet().rangeByScore("z", 0, 1)).containsExactly("low");
    template.opsForHash().putAll("h", Map.of("sku", "2", "qty", "3"));
    assertThat(template.opsForHash().increment("h", "qty", 1)).isEqualTo(4);
    assertThat(template.opsForHash().entries("h")).containsEntry("sku", "2");
    asGlobex(
        () -> {
          assertThat(template.opsForList().size("list")).isZero();
          assertThat(template.opsForSet().members("s3")).isEmpty();
          assertThat(template.opsForZSet().size("z")).isZero();
          assertThat(template.opsForHash().entries("h")).isEmpty();
        });
  }

  @Test
  void geoAndHyperLogLogAreTheTenantsOwn() {
    template.opsForGeo().add("geo", new Point(13.361, 38.115), "Palermo");
    template.opsForGeo().add("geo", new Point(15.087, 37.502), "Catania");
    assertThat(
            template
                .opsForGeo()
                .radius(
                    "geo", new Circle(new Point(15, 37), new Distance(100, Metrics.KILOMETERS))))
        .hasSize(1);
    template.opsForHyperLogLog().add("hll", "a", "b");
    assertThat(template.opsForHyperLogLog().size("hll")).isEqualTo(2);
    asGlobex(
        () -> {
          assertThat(template.opsForHyperLogLog().size("hll")).isZero();
          assertThat(template.opsForGeo().position("geo", "Palermo")).containsExactly((Point) null);
        });
  }

  @Test
  @SuppressWarnings("unchecked") // An array of generic offsets is what the method takes.
  void streamsAndTheirGroupsAreTheTenantsOwn() {
    template.opsForStream().add(MapRecord.create("events", Map.of("type", "created")));
    template.opsForStream().createGroup("events", ReadOffset.from("0"), "workers");
    List<MapRecord<String, Object, Object>> read =
        template
            .opsForStream()
            .read(
                Consumer.from("workers", "w1"),
                StreamOffset.create("events", ReadOffset.lastConsumed()));
    assertThat(read).hasSize(1);
    assertThat(read.get(0).getStream()).isEqualTo("events");
    assertThat(template.opsForStream().acknowledge("workers", read.get(0))).isEqualTo(1);
    assertThat(template.opsForStream().range("events", Range.unbounded())).hasSize(1);
    asGlobex(() -> assertThat(template.opsForStream().size("events")).isZero());
  }

  @Test
  void thatAGroupExistsIsSaidAsWithoutTheSdk() {
    template.opsForStream().add(MapRecord.create("events", Map.of("type", "created")));
    template.opsForStream().createGroup("events", "workers");
    assertThatThrownBy(() -> template.opsForStream().createGroup("events", "workers"))
        .isInstanceOf(RedisSystemException.class)
        .hasCauseInstanceOf(RedisBusyException.class)
        .hasMessageContaining("BUSYGROUP");
  }

  @Test
  void aReactiveTemplatesTenantIsTheOneWhoIsCurrentWhenItIsSubscribedTo() {
    asGlobex(() -> template.opsForValue().set("k", "g"));
    template.opsForValue().set("k", "a");
    Mono<String> read = new ReactiveStringRedisTemplate(factory).opsForValue().get("k");
    assertThat(read.block()).isEqualTo("a");
    asGlobex(() -> assertThat(read.block()).isEqualTo("g"));
  }

  @Test
  void scriptsGetTheTenantsKeys() {
    template.opsForValue().set("k", "a");
    RedisScript<String> script = RedisScript.of("return redis.call('GET', KEYS[1])", String.class);
    assertThat(template.execute(script, List.of("k"))).isEqualTo("a");
    asGlobex(() -> assertThat(template.execute(script, List.of("k"))).isNull());
  }

  @Test
  void aPipelineGivesTheResultsOfItsCommands() {
    List<Object> results =
        template.executePipelined(
            (RedisConnection connection) -> {
              connection.stringCommands().set(bytes("p1"), bytes("1"));
              connection.stringCommands().set(bytes("p2"), bytes("2"));
              connection.stringCommands().get(bytes("p1"));
              return null;
            });
    assertThat(results).containsExactly(true, true, "1");
    assertThat(server.admin().text("GET", "tenant:acme:p2")).isEqualTo("2");
  }

  @Test
  void aTenantChangedInTheMiddleOfAPipelineIsAnError() {
    assertThatThrownBy(
            () ->
                template.executePipelined(
                    (RedisConnection connection) -> {
                      connection.stringCommands().set(bytes("p1"), bytes("1"));
                      asGlobex(() -> connection.stringCommands().set(bytes("p2"), bytes("2")));
                      return null;
                    }))
        .isInstanceOf(InvalidDataAccessApiUsageException.class)
        .hasMessageContaining("'acme'")
        .hasMessageContaining("'globex'");
    asGlobex(() -> assertThat(template.hasKey("p2")).isFalse());
  }

  @Test
  void whatAPipelineBroughtIsNotGivenToAnotherTenant() {
    try (RedisConnection connection = factory.getConnection()) {
      connection.openPipeline();
      connection.stringCommands().set(bytes("p1"), bytes("1"));
      asGlobex(
          () ->
              assertThatThrownBy(connection::closePipeline)
                  .isInstanceOf(InvalidDataAccessApiUsageException.class)
                  .hasMessageContaining("'acme'"));
      assertThat(connection.isPipelined()).isFalse();
    }
    assertThat(template.opsForValue().get("p1")).isEqualTo("1");
  }

  @Test
  void aTransactionOfASessionCallbackIsExecutedAsAWhole() {
    List<Object> results =
        template.execute(
            new SessionCallback<List<Object>>() {
              @Override
              @SuppressWarnings("unchecked")
              public <K, V> List<Object> execute(RedisOperations<K, V> operations) {
                RedisOperations<String, String> own = (RedisOperations<String, String>) operations;
                own.watch("n");
                own.multi();
                own.opsForValue().set("n", "1");
                own.opsForValue().increment("n");
                assertThat(server.admin().command("EXISTS", "tenant:acme:n")).hasToString("0");
                return own.exec();
              }
            });
    assertThat(results).containsExactly(true, 2L);
    assertThat(server.admin().text("GET", "tenant:acme:n")).isEqualTo("2");
  }

  @Test
  void aBlockingPopWaitsOnAConnectionOfItsOwn() throws Exception {
    CompletableFuture<String> popped =
        CompletableFuture.supplyAsync(
            TenantContext.wrapSupplier(
                () -> template.opsForList().leftPop("jobs", Duration.ofSeconds(30))),
            task -> new Thread(task).start());
    template.opsForValue().set("k", "a");
    template.opsForList().rightPush("jobs", "job");
    assertThat(popped.get(60, TimeUnit.SECONDS)).isEqualTo("job");
  }

  @Test
  void theNativeConnectionIsGuarded() throws Exception {
    try (RedisConnection connection = factory.getConnection()) {
      @SuppressWarnings("unchecked")
      RedisAsyncCommands<byte[], byte[]> lettuce =
          (RedisAsyncCommands<byte[], byte[]>) connection.getNativeConnection();
      lettuce.set(bytes("k"), bytes("v")).get(5, TimeUnit.SECONDS);
      assertThat(server.admin().text("GET", "tenant:acme:k")).isEqualTo("v");
      assertThatThrownBy(() -> lettuce.flushall().get(5, TimeUnit.SECONDS))
          .hasCauseInstanceOf(CommandRefusedException.class);
    }
  }

  @Test
  void whatTheGuardRefusesIsAnInvalidUse() {
    assertThatThrownBy(template::randomKey)
        .isInstanceOf(InvalidDataAccessApiUsageException.class)
        .hasCauseInstanceOf(CommandRefusedException.class);
    assertThatThrownBy(
            () ->
                template.execute(
                    (RedisConnection connection) -> {
                      connection.serverCommands().flushAll();
                      return null;
                    }))
        .isInstanceOf(InvalidDataAccessApiUsageException.class);
  }

  @Test
  void whatTheServersAclDeniesIsAPermissionDenied() {
    assertThatThrownBy(() -> template.opsForSet().differenceAndStore("a", "b", "c"))
        .isInstanceOf(PermissionDeniedDataAccessException.class)
        .hasCauseInstanceOf(TenantPermissionDeniedException.class);
    ReactiveStringRedisTemplate reactive = new ReactiveStringRedisTemplate(factory);
    assertThatThrownBy(() -> reactive.opsForSet().differenceAndStore("a", "b", "c").block())
        .isInstanceOf(PermissionDeniedDataAccessException.class);
  }

  @Test
  void aTenantWithoutAUserOnTheServerIsAConnectionFailure() {
    TenantContext.run(
        TenantId.of("nobody"),
        () ->
            assertThatThrownBy(() -> template.opsForValue().get("k"))
                .isInstanceOfAny(
                    RedisConnectionFailureException.class,
                    org.springframework.dao.QueryTimeoutException.class));
  }

  @Test
  void reactiveOperationsAreThoseOfTheTenantThatWasCurrentWhenTheyWereSubscribedTo() {
    ReactiveStringRedisTemplate reactive = new ReactiveStringRedisTemplate(factory);
    assertThat(reactive.opsForValue().set("k", "a").block()).isTrue();
    assertThat(reactive.opsForList().rightPushAll("l", "1", "2").block()).isEqualTo(2);
    assertThat(reactive.opsForHash().put("h", "f", "v").block()).isTrue();
    assertThat(reactive.opsForSet().add("s", "m").block()).isEqualTo(1);
    assertThat(reactive.opsForZSet().add("z", "m", 1).block()).isTrue();
    assertThat(reactive.scan().collectList().block())
        .containsExactlyInAnyOrder("k", "l", "h", "s", "z");
    asGlobex(() -> assertThat(reactive.opsForValue().get("k").block()).isNull());
    assertThat(reactive.delete("k").block()).isEqualTo(1);
  }

  @Test
  void aCacheIsTheTenantsOwnAndClearedInBatches() {
    RedisCacheManager caches =
        RedisCacheManager.builder(
                RedisCacheWriter.create(
                    factory,
                    writer -> writer.immediateWrites().batchStrategy(BatchStrategies.scan(10))))
            .build();
    for (int i = 0; i < 50; i++) {
      caches.getCache("carts").put("k" + i, "a" + i);
    }
    asGlobex(() -> caches.getCache("carts").put("k1", "g"));
    assertThat(caches.getCache("carts").get("k1", String.class)).isEqualTo("a1");
    caches.getCache("carts").clear();
    assertThat(caches.getCache("carts").get("k1")).isNull();
    asGlobex(() -> assertThat(caches.getCache("carts").get("k1", String.class)).isEqualTo("g"));
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
