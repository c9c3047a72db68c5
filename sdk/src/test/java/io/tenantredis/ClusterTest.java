package io.tenantredis;

import static io.tenantredis.Clusters.PINNED;
import static io.tenantredis.Clusters.SPREAD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.KeyValue;
import io.lettuce.core.LMoveArgs;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.SlotMigration;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What works on a Redis Cluster of three primaries, and what is refused and why. */
class ClusterTest {

  private static RedisCluster cluster;

  @BeforeAll
  static void start() {
    cluster = Clusters.confined().start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @AfterEach
  void empty() {
    cluster.masters().forEach(node -> node.admin().command("FLUSHALL"));
  }

  private static TenantRedis client(String keyPrefix) {
    return Clusters.client(cluster, keyPrefix).commandTimeout(Duration.ofSeconds(20)).build();
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60));
  }

  private static String wireKey(String template, String tenant, String key) {
    return template.replace("{tenant}", tenant) + key;
  }

  @ParameterizedTest
  @ValueSource(strings = {SPREAD, PINNED})
  void aCommandGoesToTheNodeThatServesTheSlotOfItsKey(String template) {
    try (TenantRedis redis = client(template)) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      for (int i = 0; i < 50; i++) {
        acme.set("k" + i, "v" + i);
      }
      Set<RedisServer> used = new HashSet<>();
      for (int i = 0; i < 50; i++) {
        String key = wireKey(template, "acme", "k" + i);
        RedisServer owner = cluster.masterOf(key);
        used.add(owner);
        assertThat(owner.admin().text("GET", key)).isEqualTo("v" + i);
        assertThat(acme.get("k" + i)).isEqualTo("v" + i);
      }
      assertThat(used).hasSize(template.equals(SPREAD) ? 3 : 1);
      assertThat(acme.ping()).isEqualTo("PONG");
      assertThat(acme.<Long>eval("return 7", ScriptOutputType.INTEGER)).isEqualTo(7);
      assertThat(
              acme.<String>eval(
                  "return redis.call('GET', KEYS[1])", ScriptOutputType.VALUE, new String[] {"k1"}))
          .isEqualTo("v1");
    }
  }

  @Test
  void commandsOverSeveralSlotsAreSplitAndAnsweredAsOneServerWould() {
    try (TenantRedis redis = client(SPREAD)) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      Map<String, String> all = new HashMap<>();
      IntStream.range(0, 200).forEach(i -> all.put("k" + i, "v" + i));
      assertThat(acme.mset(all)).isEqualTo("OK");
      List<KeyValue<String, String>> values = acme.mget("k7", "absent", "k3", "k7", "k199");
      assertThat(values)
          .containsExactly(
              KeyValue.just("k7", "v7"),
              KeyValue.empty("absent"),
              KeyValue.just("k3", "v3"),
              KeyValue.just("k7", "v7"),
              KeyValue.just("k199", "v199"));
      String[] keys = all.keySet().toArray(String[]::new);
      assertThat(acme.exists(keys)).isEqualTo(200);
      assertThat(acme.exists("k1", "k1", "absent")).isEqualTo(2);
      assertThat(acme.touch(keys)).isEqualTo(200);
      assertThat(acme.del("k0", "k1", "absent")).isEqualTo(2);
      assertThat(acme.unlink(keys)).isEqualTo(198);
      assertThat(acme.mget(keys)).noneMatch(KeyValue::hasValue);
    }
  }

  @Test
  void otherCommandsOverSeveralSlotsAreRefusedBeforeAnythingIsSent() {
    try (TenantRedis redis = client(SPREAD)) {
      TenantClient<String, String> acme = redis.tenant("acme");
      for (Runnable command :
          List.<Runnable>of(
              () -> acme.sync().rename("a", "b"),
              () -> acme.sync().sunion("a", "b", "c"),
              () -> acme.sync().msetnx(Map.of("a", "1", "b", "2")),
              () -> acme.sync().eval("return 1", ScriptOutputType.INTEGER, new String[] {"a", "b"}),
              () -> acme.sync().scan(),
              () -> acme.dedicated(connection -> connection.sync().multi()),
              () -> acme.pubSub().ssubscribe("news", message -> {}),
              () -> acme.pubSub().keyEvents(event -> {}))) {
        assertThatThrownBy(command::run)
            .isInstanceOf(CommandRefusedException.class)
            .hasMessageContaining("tenant:{{tenant}}:");
      }
      assertThat(redis.tenant("acme").sync().sunion("{x}a", "{x}b")).isEmpty();
    }
  }

  @Test
  void whereATenantsKeysShareASlotSeveralKeysTransactionsScriptsAndWaitingWork() throws Exception {
    try (TenantRedis redis = client(PINNED)) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().mset(Map.of("a", "1", "b", "2"));
      acme.sync().rename("a", "c");
      assertThat(acme.sync().mget("b", "c"))
          .containsExactly(KeyValue.just("b", "2"), KeyValue.just("c", "1"));
      assertThat(
              acme.<List<Object>>dedicated(
                  connection -> {
                    connection.sync().watch("b", "c");
                    connection.sync().multi();
                    connection.sync().incr("b");
                    connection.sync().incr("c");
                    return connection.sync().exec().stream().toList();
                  }))
          .containsExactly(3L, 2L);
      CompletableFuture<KeyValue<String, String>> waiting =
          acme.async().blpop(20, "queue", "other").toCompletableFuture();
      await()
          .until(
              () ->
                  cluster
                      .masterOf("tenant:{acme}:b")
                      .admin()
                      .text("INFO", "clients")
                      .contains("blocked_clients:1"));
      acme.sync().rpush("other", "x");
      assertThat(waiting.get(20, TimeUnit.SECONDS)).isEqualTo(KeyValue.just("other", "x"));
      assertThat(acme.sync().scan().getKeys()).containsExactlyInAnyOrder("b", "c");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {SPREAD, PINNED})
  void keysAreFoundCountedMeasuredAndDeletedOnAllNodes(String template) {
    try (TenantRedis redis = client(template)) {
      TenantClient<String, String> acme = redis.tenant("acme");
      TenantClient<String, String> globex = redis.tenant("globex");
      List<String> keys = IntStream.range(0, 100).mapToObj(i -> "k" + i).toList();
      keys.forEach(key -> acme.sync().set(key, "v"));
      globex.sync().set("k", "theirs");
      assertThat(acme.keys().scan("*")).containsExactlyInAnyOrderElementsOf(keys);
      assertThat(acme.keys().scan("k1?")).hasSize(10);
      assertThat(acme.keys().count()).isEqualTo(100);
      assertThat(acme.keys().memoryUsage()).isGreaterThan(1000);
      assertThat(acme.keys().reactive().count(KeyWalk.all()).block()).isEqualTo(100);
      AtomicInteger batches = new AtomicInteger();
      List<KeyWalkProgress> reached = new ArrayList<>();
      long before =
          acme.keys()
              .count(
                  KeyWalk.builder()
                      .batchSize(10)
                      .onProgress(reached::add)
                      .stopWhen(() -> batches.incrementAndGet() == 3)
                      .build());
      String cursor = reached.get(reached.size() - 1).cursor();
      assertThat(before + acme.keys().count(KeyWalk.builder().resumeFrom(cursor).build()))
          .isEqualTo(100);
      assertThat(acme.keys().deleteAll()).isEqualTo(100);
      assertThat(acme.keys().count()).isZero();
      assertThat(globex.sync().get("k")).isEqualTo("theirs");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {SPREAD, PINNED})
  void messagesReachSubscribers(String template) {
    try (TenantRedis redis = client(template)) {
      TenantClient<String, String> acme = redis.tenant("acme");
      Queue<String> heard = new ConcurrentLinkedQueue<>();
      acme.pubSub().subscribe("news", message -> heard.add(message.payload()));
      redis.tenant("globex").sync().publish("news", "foreign");
      // Between nodes a message can be lost.
      await()
          .until(
              () -> {
                acme.sync().publish("news", "own");
                return !heard.isEmpty();
              });
      assertThat(heard).containsOnly("own");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {SPREAD, PINNED})
  void aSlotMovesUnderLoadAndNothingIsLostDoubledOrMisread(String template) throws Exception {
    try (TenantRedis redis = client(template)) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      // In one slot in either case, so that they move together.
      List<String> keys = IntStream.range(0, 20).mapToObj(i -> "{x}k" + i).toList();
      int slot = RedisCluster.slotOf(wireKey(template, "acme", keys.get(0)));
      AtomicBoolean stop = new AtomicBoolean();
      Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
      Map<String, Integer> expected = new HashMap<>();
      List<CompletableFuture<Map<String, Integer>>> callers = new ArrayList<>();
      AtomicInteger done = new AtomicInteger();
      for (int caller = 0; caller < 4; caller++) {
        List<String> own = keys.subList(caller * 5, caller * 5 + 5);
        callers.add(CompletableFuture.supplyAsync(() -> count(acme, own, stop, failures, done)));
      }
      RedisServer first = cluster.masterOf(slot);
      List<RedisServer> others =
          cluster.masters().stream().filter(node -> !node.equals(first)).toList();
      for (RedisServer target : List.of(others.get(0), others.get(1), first)) {
        int before = done.get();
        await().until(() -> done.get() > before + 50);
        SlotMigration migration = cluster.beginMigration(slot, target);
        while (migration.moveKeys(3) == 3) {
          int now = done.get();
          await().until(() -> done.get() > now + 10);
        }
        migration.finish();
      }
      int before = done.get();
      await().until(() -> done.get() > before + 50);
      stop.set(true);
      for (CompletableFuture<Map<String, Integer>> caller : callers) {
        expected.putAll(caller.get(30, TimeUnit.SECONDS));
      }
      assertThat(failures).isEmpty();
      expected.forEach(
          (key, count) -> assertThat(acme.get(key)).as(key).isEqualTo(String.valueOf(count)));
    }
  }

  private static Map<String, Integer> count(
      RedisCommands<String, String> tenant,
      List<String> keys,
      AtomicBoolean stop,
      Queue<Throwable> failures,
      AtomicInteger done) {
    Map<String, Integer> counts = new HashMap<>();
    while (!stop.get() && failures.isEmpty()) {
      for (String key : keys) {
        int expected = counts.getOrDefault(key, 0) + 1;
        try {
          long answered = tenant.incr(key);
          if (answered != expected) {
            failures.add(new AssertionError(key + ": " + answered + " and not " + expected));
          }
          counts.put(key, expected);
          done.incrementAndGet();
        } catch (RuntimeException failure) {
          failures.add(failure);
        }
      }
    }
    return counts;
  }

  @Test
  void aRedirectedCommandIsNeverTakenByANodeThatDoesNotKnowTheTenant() {
    RedisServer without = cluster.masters().get(1);
    without.admin().command("ACL", "DELUSER", "tenant_acme");
    try (TenantRedis redis = client(SPREAD)) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      int failed = 0;
      for (int i = 0; i < 30; i++) {
        String key = "k" + i;
        if (cluster.masterOf(wireKey(SPREAD, "acme", key)).equals(without)) {
          assertThatThrownBy(() -> acme.set(key, "v"))
              .isInstanceOf(TenantConnectionException.class)
              .hasMessageContaining("WRONGPASS")
              .hasMessageContaining(without.host() + ":" + without.port());
          failed++;
        } else {
          assertThat(acme.set(key, "v")).isEqualTo("OK");
        }
      }
      assertThat(failed).isPositive();
    } finally {
      List<String> command = new ArrayList<>(List.of("ACL", "SETUSER", "tenant_acme"));
      command.addAll(List.of(Clusters.rules("acme", true)));
      without.admin().command(command.toArray(String[]::new));
    }
  }

  @Test
  void shardedMessagesAndKeyEventsFollowTheTenantsSlot() {
    cluster
        .masters()
        .forEach(node -> node.admin().command("CONFIG", "SET", "notify-keyspace-events", "KA"));
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (TenantRedis redis =
        Clusters.client(cluster, PINNED)
            .commandTimeout(Duration.ofSeconds(20))
            .meterRegistry(meters)
            .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      Queue<String> heard = new ConcurrentLinkedQueue<>();
      acme.pubSub().ssubscribe("shard", message -> heard.add("message " + message.payload()));
      acme.pubSub().keyEvents(event -> heard.add("event " + event.key()));
      acme.sync().spublish("shard", "1");
      acme.sync().set("k", "v");
      await().until(() -> heard.size() == 2);
      assertThat(heard).containsExactlyInAnyOrder("message 1", "event k");
      int slot = RedisCluster.slotOf("tenant:{acme}:");
      RedisServer first = cluster.masterOf(slot);
      RedisServer other =
          cluster.masters().stream().filter(node -> !node.equals(first)).findFirst().orElseThrow();
      cluster.migrate(slot, other);
      heard.clear();
      await()
          .until(
              () -> {
                acme.sync().spublish("shard", "2");
                acme.sync().set("k2", "v");
                return heard.contains("message 2") && heard.contains("event k2");
              });
      cluster.migrate(slot, first);
      // Nothing was out of step: a node ends such subscriptions when their slot moves.
      assertThat(meters.find("tenant.redis.connection.desyncs").counters())
          .allMatch(counter -> counter.count() == 0);
    } finally {
      cluster
          .masters()
          .forEach(node -> node.admin().command("CONFIG", "SET", "notify-keyspace-events", ""));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {SPREAD, PINNED})
  void aClusterAnswersAsOneServerDoes(String template) {
    try (RedisServer server = Tenants.confined().start();
        TenantRedis one = Tenants.client(server).commandTimeout(Duration.ofSeconds(20)).build();
        TenantRedis many = client(template)) {
      RedisCommands<String, String> single = one.tenant("acme").sync();
      RedisCommands<String, String> clustered = many.tenant("acme").sync();
      for (Function<RedisCommands<String, String>, Object> command : COMMANDS) {
        assertThat(answer(command, clustered)).isEqualTo(answer(command, single));
      }
    }
  }

  private static Object answer(
      Function<RedisCommands<String, String>, Object> command,
      RedisCommands<String, String> tenant) {
    try {
      return String.valueOf(command.apply(tenant));
    } catch (TenantCommandException failure) {
      return failure.getMessage();
    }
  }

  private static final List<Function<RedisCommands<String, String>, Object>> COMMANDS =
      List.of(
          c -> c.set("s", "1"),
          c -> c.incrby("s", 4),
          c -> c.get("s"),
          c -> c.append("s", "x"),
          c -> c.incr("s"),
          c -> c.strlen("s"),
          c -> c.setnx("s", "2"),
          c -> c.getrange("s", 0, 0),
          c -> c.mset(Map.of("a", "1", "b", "2", "c", "3")),
          c -> c.mget("c", "none", "a", "b"),
          c -> c.mget("s"),
          c -> c.exists("a", "b", "none", "a"),
          c -> c.touch("a", "none"),
          c -> c.type("a"),
          c -> c.hset("h", Map.of("f", "1")),
          c -> c.hincrby("h", "f", 2),
          c -> c.hgetall("h"),
          c -> c.hget("h", "none"),
          c -> c.rpush("l", "a", "b", "c"),
          c -> c.lrange("l", 0, -1),
          c -> c.lpop("l"),
          c -> c.lmove("{t}x", "{t}y", LMoveArgs.Builder.leftRight()),
          c -> c.sadd("set", "a", "b"),
          c -> c.sismember("set", "a"),
          c -> c.scard("set"),
          c -> c.sinter("{t}1", "{t}2"),
          c -> c.zadd("z", 1, "a"),
          c -> c.zincrby("z", 2, "a"),
          c -> c.zrangeWithScores("z", 0, -1),
          c -> c.pfadd("p", "a", "b"),
          c -> c.pfcount("p"),
          c -> c.setbit("bits", 7, 1),
          c -> c.bitcount("bits"),
          c -> c.geoadd("g", 13.36, 38.11, "palermo"),
          c -> c.geopos("g", "palermo"),
          c -> c.xlen("x"),
          c -> c.expire("a", 100),
          c -> c.persist("a"),
          c -> c.ttl("a"),
          c -> c.lpush("s", "wrong type"),
          c -> c.eval("return {KEYS[1], ARGV[1]}", ScriptOutputType.MULTI, new String[0], "v"),
          c -> c.eval("return redis.call('HGET', KEYS[1], 'f')", ScriptOutputType.VALUE, "h"),
          c -> c.echo("hello"),
          c -> c.ping(),
          c -> c.publish("nobody", "x"),
          c -> c.unlink("a", "b", "none"),
          c -> c.del("c", "s", "h"),
          c -> c.mget("a", "s"));

  @ParameterizedTest
  @ValueSource(strings = {SPREAD, PINNED})
  void noTenantReachesAnotherOneWhereTheServersConfineNobody(String template) {
    try (RedisCluster open = Clusters.unconfined().start();
        TenantRedis redis =
            Clusters.client(open, template).commandTimeout(Duration.ofSeconds(20)).build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      TenantClient<String, String> globex = redis.tenant("globex");
      List<String> keys = IntStream.range(0, 30).mapToObj(i -> "k" + i).toList();
      keys.forEach(key -> globex.sync().set(key, "canary"));
      String[] all = keys.toArray(String[]::new);
      assertThat(acme.sync().mget(all)).noneMatch(KeyValue::hasValue);
      assertThat(acme.sync().exists(all)).isZero();
      assertThat(acme.sync().del(all)).isZero();
      assertThat(acme.sync().unlink(all)).isZero();
      assertThat(acme.keys().scan("*")).isEmpty();
      assertThat(acme.keys().deleteAll()).isZero();
      Map<String, String> own = new HashMap<>();
      keys.forEach(key -> own.put(key, "own"));
      acme.sync().mset(own);
      assertThat(acme.keys().count()).isEqualTo(30);
      assertThat(globex.sync().mget(all)).allMatch(value -> value.getValue().equals("canary"));
      int slot = RedisCluster.slotOf(wireKey(template, "acme", "k1"));
      open.migrate(
          slot,
          open.masters().stream()
              .filter(node -> !node.equals(open.masterOf(slot)))
              .findFirst()
              .orElseThrow());
      assertThat(acme.sync().mget(all)).allMatch(value -> value.getValue().equals("own"));
      assertThat(acme.keys().deleteAll()).isEqualTo(30);
      assertThat(globex.sync().mget(all)).allMatch(value -> value.getValue().equals("canary"));
    }
  }

  @Test
  void aRedirectionThatAScriptMadeUpLeadsNobodyToAServerOutsideTheCluster() {
    try (RedisServer outside = Clusters.server(true).start();
        TenantRedis redis = client(SPREAD)) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      String made =
          "MOVED "
              + RedisCluster.slotOf(wireKey(SPREAD, "acme", "k"))
              + " "
              + outside.host()
              + ":"
              + outside.port();
      assertThatThrownBy(
              () ->
                  acme.sync()
                      .eval(
                          "return redis.error_reply(ARGV[1])",
                          ScriptOutputType.VALUE,
                          new String[] {"k"},
                          made))
          .isInstanceOf(TenantCommandException.class);
      // Waits for whatever question the redirection led to.
      acme.keys().count();
      assertThat(outside.admin().text("INFO", "commandstats")).doesNotContain("cmdstat_acl|whoami");
    }
  }

  @Test
  void aScriptThatMakesUpARedirectionIsNotRunAgain() {
    try (TenantRedis redis = client(SPREAD)) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      acme.set("k", "0");
      String key = wireKey(SPREAD, "acme", "k");
      RedisServer owner = cluster.masterOf(key);
      for (String kind : List.of("MOVED", "ASK")) {
        for (RedisServer named : cluster.masters()) {
          String made =
              kind + " " + RedisCluster.slotOf(key) + " " + named.host() + ":" + named.port();
          acme.set("k", "0");
          assertThatThrownBy(
                  () ->
                      acme.eval(
                          "redis.call('INCR', KEYS[1]) return redis.error_reply(ARGV[1])",
                          ScriptOutputType.VALUE,
                          new String[] {"k"},
                          made))
              .isInstanceOfSatisfying(
                  TenantCommandException.class,
                  failure -> assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN));
          assertThat(owner.admin().text("GET", key)).as(made).isEqualTo("1");
        }
      }
    }
  }

  @Test
  void aSplitReplyThatTheApplicationsCodecCannotReadFailsTheCommand() throws Exception {
    RedisCodec<String, String> unreadable =
        RedisCodec.of(
            StringCodec.UTF8,
            new StringCodec(StandardCharsets.UTF_8) {
              @Override
              public String decodeValue(ByteBuffer bytes) {
                throw new IllegalStateException("cannot read");
              }
            });
    try (TenantRedis redis = client(SPREAD)) {
      redis.tenant("acme").sync().mset(Map.of("a", "1", "b", "2", "c", "3"));
      CompletableFuture<?> reply =
          redis
              .tenant(TenantId.of("acme"), unreadable)
              .async()
              .mget("a", "b", "c")
              .toCompletableFuture();
      assertThatThrownBy(() -> reply.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(TenantReplyException.class);
    }
  }

  @Test
  void aSplitCommandNeedsNoMorePlacesThanTheTenantHas() {
    for (int places : new int[] {1, 4}) {
      try (TenantRedis redis =
          Clusters.client(cluster, SPREAD)
              .commandTimeout(Duration.ofSeconds(20))
              .maxConcurrentCalls(places)
              .build()) {
        String[] keys = IntStream.range(0, 30).mapToObj(i -> "k" + i).toArray(String[]::new);
        assertThat(redis.tenant("acme").sync().mget(keys)).hasSize(30);
      }
    }
  }

  @Test
  void aClusterHasNoFurtherEndpointsNoOtherDatabaseAndNoCredentialsInItsUri() {
    assertThatThrownBy(
            () ->
                Clusters.client(cluster, PINNED)
                    .endpoints(
                        tenant ->
                            CompletableFuture.completedFuture(TenantEndpoint.of("redis://other")))
                    .build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("names a cluster");
    assertThatThrownBy(
            () ->
                TenantRedis.builder("redis-cluster://one,two/3")
                    .identity("tenant_{tenant}")
                    .credentials(Tenants.credentials())
                    .build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("database");
    assertThatThrownBy(
            () ->
                TenantRedis.builder("redis-cluster://one,user:secret@two")
                    .identity("tenant_{tenant}")
                    .credentials(Tenants.credentials())
                    .build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageNotContaining("secret");
  }

  @Test
  void whatFailsInPartSaysThatItMayHaveBeenExecuted() {
    RedisServer without = cluster.masters().get(2);
    without.admin().command("ACL", "SETUSER", "tenant_acme", "-del", "-mget");
    try (TenantRedis redis = client(SPREAD)) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      String[] keys = IntStream.range(0, 30).mapToObj(i -> "k" + i).toArray(String[]::new);
      assertThatThrownBy(() -> acme.del(keys))
          .isInstanceOfSatisfying(
              TenantPermissionDeniedException.class,
              failure -> assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN));
      assertThatThrownBy(() -> acme.mget(keys))
          .isInstanceOfSatisfying(
              TenantPermissionDeniedException.class,
              failure -> assertThat(failure.outcome()).isEqualTo(Outcome.REJECTED));
    } finally {
      without.admin().command("ACL", "SETUSER", "tenant_acme", "+del", "+mget");
    }
  }
}
