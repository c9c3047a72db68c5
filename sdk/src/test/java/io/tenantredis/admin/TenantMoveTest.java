package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tenantredis.ConnectionOptions;
import io.tenantredis.EndpointMap;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantEndpoint;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespErrorException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A tenant moves to another server, with its user and its keys. */
class TenantMoveTest {

  private static final Tenancy TENANCY = Tenancy.of("tenant:{tenant}:", "tenant_{tenant}");
  private static final TenantId ACME = TenantId.of("acme");
  private static final TenantId GLOBEX = TenantId.of("globex");
  private static final char[] PASSWORD = "secret of tenants".toCharArray();
  private static final Consumer<MoveReport> QUIET = report -> {};

  /** The common pool of a small machine has one thread. */
  private static final Executor OWN_THREAD = task -> new Thread(task).start();

  private static RedisServer here;
  private static RedisServer there;
  private static TenantRedisAdmin old;
  private static TenantRedisAdmin next;

  @BeforeAll
  static void startServers() {
    here = RedisServer.builder().adminUser("root", "root password").start();
    there = RedisServer.builder().adminUser("root", "root password").start();
    old = ProvisionerTest.connect(here);
    next = ProvisionerTest.connect(there);
  }

  @AfterAll
  static void stopServers() {
    old.close();
    next.close();
    here.close();
    there.close();
  }

  @BeforeEach
  void createUsers() {
    for (TenantId tenant : List.of(ACME, GLOBEX)) {
      old.provisioner().apply(policy(tenant), AclPassword.of(PASSWORD)).requireComplete();
    }
  }

  @AfterEach
  void empty() {
    for (RedisServer server : List.of(here, there)) {
      server.admin().command("FLUSHALL");
      server.admin().command("ACL", "DELUSER", "tenant_acme", "tenant_globex");
    }
  }

  private static AclPolicy policy(TenantId tenant) {
    return TENANCY
        .policyOf(tenant)
        .profile(AclProfile.CACHE)
        .profile(AclProfile.QUEUE)
        .profile(AclProfile.PUBSUB)
        .build();
  }

  private static TenantMove move() {
    return old.moveTo(next, policy(ACME));
  }

  static void fillTypes(RespConnection admin) {
    admin.command("SET", "tenant:acme:string", "text");
    admin.command("SET", "tenant:acme:number", "42");
    admin.command("SET", "tenant:acme:expiring", "x", "PX", "600000");
    admin.command("SET", "tenant:acme:long", "x".repeat(5000));
    admin.command("HSET", "tenant:acme:hash", "f", "1", "g", "2");
    admin.command("RPUSH", "tenant:acme:list", "a", "b");
    admin.command("SADD", "tenant:acme:numbers", "1", "2");
    admin.command("ZADD", "tenant:acme:zset", "1.5", "m", "2", "n");
    admin.command("XADD", "tenant:acme:stream", "1-1", "f", "v");
    admin.command("XGROUP", "CREATE", "tenant:acme:stream", "workers", "0");
    admin.command(
        "XREADGROUP", "GROUP", "workers", "w", "COUNT", "1", "STREAMS", "tenant:acme:stream", ">");
    admin.command("PFADD", "tenant:acme:hll", "a", "b", "c");
    for (int i = 0; i < 600; i++) {
      admin.command("SADD", "tenant:acme:set", "member-" + i);
      admin.command("HSET", "tenant:acme:big", "field-" + i, "value-" + i);
      admin.command("RPUSH", "tenant:acme:biglist", "element-" + i);
      admin.command("ZADD", "tenant:acme:bigzset", String.valueOf(i), "member-" + i);
    }
    admin.command("SET", "tenant:globex:string", "not acme's");
    admin.command("SET", "tenant:acm", "not acme's");
  }

  private static final int KEYS = 14;

  private static List<String> keys(RedisServer server) {
    List<String> keys = new ArrayList<>();
    for (Object key : (List<?>) server.admin().command("KEYS", "tenant:acme:*")) {
      keys.add(String.valueOf(key));
    }
    return keys.stream().sorted().toList();
  }

  static void assertSameEverywhere(RedisServer from, RedisServer to) {
    assertThat(keys(to)).isEqualTo(keys(from));
    for (String key : keys(from)) {
      assertThat(to.admin().command("PEXPIRETIME", key))
          .isEqualTo(from.admin().command("PEXPIRETIME", key));
      assertThat(to.admin().text("TYPE", key)).isEqualTo(from.admin().text("TYPE", key));
    }
    for (String[] question :
        List.of(
            new String[] {"GET", "tenant:acme:string"},
            new String[] {"GET", "tenant:acme:long"},
            new String[] {"LRANGE", "tenant:acme:biglist", "0", "-1"},
            new String[] {"ZRANGE", "tenant:acme:bigzset", "0", "-1", "WITHSCORES"},
            new String[] {"XRANGE", "tenant:acme:stream", "-", "+"},
            new String[] {"XPENDING", "tenant:acme:stream", "workers"},
            new String[] {"SCARD", "tenant:acme:set"},
            new String[] {"HGET", "tenant:acme:big", "field-77"},
            new String[] {"PFCOUNT", "tenant:acme:hll"})) {
      assertThat(String.valueOf(to.admin().command(question)))
          .isEqualTo(String.valueOf(from.admin().command(question)));
    }
  }

  @Test
  void allKeysOfTheTenantAreBroughtWithTypeValueAndExpiryAndNoOthers() {
    fillTypes(here.admin());
    TenantMove move = move();

    MoveReport copied = move.copy(QUIET);
    assertThat(copied.copied()).isEqualTo(KEYS);
    assertThat(copied.finished()).isTrue();
    MoveReport report = move.cutOver(QUIET);

    assertThat(report.keys()).isEqualTo(KEYS);
    assertThat(report.window()).isPositive();
    assertSameEverywhere(here, there);
    assertThat(there.admin().integer("DBSIZE")).isEqualTo(KEYS);
    try (RespConnection tenant = there.connect("tenant_acme", new String(PASSWORD))) {
      assertThat(tenant.text("GET", "tenant:acme:string")).isEqualTo("text");
    }
    assertThat(old.provisioner().list("tenant_globex"::equals)).hasSize(1);
  }

  @Test
  void fromTheCutOverOnTheOldServerRefusesWritesAndServesReads() {
    fillTypes(here.admin());
    move().copy(QUIET);
    try (RespConnection tenant = here.connect("tenant_acme", new String(PASSWORD))) {
      tenant.command("SET", "tenant:acme:string", "still");
      move().cutOver(QUIET);
      assertThat(there.admin().text("GET", "tenant:acme:string")).isEqualTo("still");
      assertThatExceptionOfType(RespErrorException.class)
          .isThrownBy(() -> tenant.command("SET", "tenant:acme:string", "too late"))
          .withMessageContaining("NOPERM");
      assertThat(tenant.text("GET", "tenant:acme:string")).isEqualTo("still");
    }
  }

  @Test
  void beforeTheCutOverNobodyLogsInOnTheNewServer() {
    fillTypes(here.admin());
    move().copy(QUIET);
    assertThatExceptionOfType(RespErrorException.class)
        .isThrownBy(() -> there.connect("tenant_acme", new String(PASSWORD)).close())
        .withMessageContaining("WRONGPASS");
  }

  @Test
  void aFurtherCopyBringsOnlyWhatDiffersAndTakesAwayWhatIsGone() {
    fillTypes(here.admin());
    move().copy(QUIET);
    here.admin().command("SET", "tenant:acme:string", "changed");
    here.admin().command("PEXPIRE", "tenant:acme:number", "500000");
    here.admin().command("DEL", "tenant:acme:list");
    here.admin().command("SET", "tenant:acme:new", "1");

    MoveReport report = move().copy(QUIET);

    assertThat(report.removed()).isEqualTo(1);
    assertThat(keys(there)).isEqualTo(keys(here));
    assertThat(there.admin().text("GET", "tenant:acme:string")).isEqualTo("changed");
    assertThat(there.admin().command("PEXPIRETIME", "tenant:acme:number"))
        .isEqualTo(here.admin().command("PEXPIRETIME", "tenant:acme:number"));
    // Hashes and sets in another order are serialized differently, and copied again.
    assertThat(report.copied()).isBetween(3L, 5L);
    assertThat(report.same()).isEqualTo(KEYS - report.copied());
  }

  @Test
  void aMoveThatWasInterruptedIsBegunAgain() {
    fillTypes(here.admin());
    Consumer<MoveReport> interrupting =
        report -> {
          throw new IllegalStateException("interrupted");
        };
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> move().copy(interrupting));
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> move().cutOver(interrupting));
    try (RespConnection tenant = here.connect("tenant_acme", new String(PASSWORD))) {
      tenant.command("SET", "tenant:acme:string", "may write again");
    }
    // As a process leaves it that was killed in the window.
    old.provisioner().update(policy(ACME).frozen()).requireComplete();
    move().cutOver(QUIET);
    assertSameEverywhere(here, there);
  }

  @Test
  void aMoveThatFailsAfterTheApplicationsWereHeldLetsThemGoOnWhereTheyWere() {
    fillTypes(here.admin());
    List<String> told = new ArrayList<>();
    Switchover switchover =
        new Switchover() {
          @Override
          public void hold(TenantId tenant) {
            told.add("hold " + tenant);
            throw new IllegalStateException("one application does not answer");
          }

          @Override
          public void switchOver(TenantId tenant) {
            told.add("switch over " + tenant);
          }

          @Override
          public void release(TenantId tenant) {
            told.add("release " + tenant);
          }
        };
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> move().run(switchover, QUIET));
    assertThat(told).containsExactly("hold acme", "release acme");
    try (RespConnection tenant = here.connect("tenant_acme", new String(PASSWORD))) {
      tenant.command("SET", "tenant:acme:string", "writes");
    }
  }

  @Test
  void abortTakesACutOverBackUnlessApplicationsUseTheNewServer() {
    fillTypes(here.admin());
    move().cutOver(QUIET);
    try (RespConnection tenant = there.connect("tenant_acme", new String(PASSWORD))) {
      tenant.command("PING");
      assertThatExceptionOfType(AdminException.class)
          .isThrownBy(() -> move().abort())
          .withMessageContaining("applications use the new servers");
    }
    Awaitility.await().ignoreExceptions().untilAsserted(() -> move().abort());
    try (RespConnection tenant = here.connect("tenant_acme", new String(PASSWORD))) {
      tenant.command("SET", "tenant:acme:string", "back");
    }
    assertThatExceptionOfType(RespErrorException.class)
        .isThrownBy(() -> there.connect("tenant_acme", new String(PASSWORD)).close());
  }

  @Test
  void aTenantThatLivesOnTheNewServerIsNotOverwritten() {
    fillTypes(here.admin());
    move().cutOver(QUIET);
    there.admin().command("SET", "tenant:acme:string", "written there");
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(() -> move().copy(QUIET))
        .withMessageContaining("lives there already");
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(() -> move().cutOver(QUIET))
        .withMessageContaining("lives there already");
    assertThat(there.admin().text("GET", "tenant:acme:string")).isEqualTo("written there");
  }

  @Test
  void keysWithoutAUserOnTheNewServerAreNotTouched() {
    fillTypes(here.admin());
    there.admin().command("SET", "tenant:acme:forgotten", "whose?");
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(() -> move().copy(QUIET))
        .withMessageContaining("delete them first");
    assertThat(there.admin().text("GET", "tenant:acme:forgotten")).isEqualTo("whose?");
  }

  @Test
  void aUserThatIsNotAsThePolicySaysIsNotMoved() {
    here.admin().command("ACL", "SETUSER", "tenant_acme", "+flushall");
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(() -> move().copy(QUIET))
        .withMessageContaining("flushall");
    here.admin().command("ACL", "DELUSER", "tenant_acme");
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(() -> move().copy(QUIET))
        .withMessageContaining("no user tenant_acme");
  }

  @Test
  void aServerIsNotMovedToItself() {
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(() -> old.moveTo(old, policy(ACME)).copy(QUIET))
        .withMessageContaining("the same");
  }

  @Test
  void finishingTakesUserAndKeysFromTheOldServerAndOnlyAfterTheCutOver() {
    fillTypes(here.admin());
    move().copy(QUIET);
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(() -> move().finish(true, QUIET))
        .withMessageContaining("cut over first");
    move().cutOver(QUIET);
    try (RespConnection tenant = here.connect("tenant_acme", new String(PASSWORD))) {
      MoveReport report = move().finish(true, QUIET);
      assertThat(report.keys()).isEqualTo(KEYS);
      assertThatCode(() -> tenant.command("GET", "tenant:acme:string")).isNotNull();
    }
    assertThat(keys(here)).isEmpty();
    assertThat(keys(there)).hasSize(KEYS);
    assertThat(here.admin().text("GET", "tenant:globex:string")).isEqualTo("not acme's");
    assertThatExceptionOfType(RespErrorException.class)
        .isThrownBy(() -> here.connect("tenant_acme", new String(PASSWORD)).close())
        .withMessageContaining("WRONGPASS");
  }

  private static void done(CompletionStage<Void> stage) {
    stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  @Test
  void aTenantMovesUnderLoadWithoutAFailedCommandAndWithoutALostWrite() throws Exception {
    EndpointMap endpoints = new EndpointMap();
    try (TenantRedis redis =
        TenantRedis.builder(here.uri())
            .identity("tenant_{tenant}")
            .credentials(
                TenantCredentialsProvider.of(
                    tenant -> TenantCredentials.of("tenant_" + tenant, new String(PASSWORD))))
            .connections(
                ConnectionOptions.builder()
                    .reconnectDelay(Duration.ofMillis(5), Duration.ofMillis(50))
                    .build())
            .commandTimeout(Duration.ofSeconds(30))
            .connectTimeout(Duration.ofSeconds(30))
            .endpoints(endpoints)
            .maxAttempts(1)
            .build()) {
      for (int i = 0; i < 500; i++) {
        redis.tenant(ACME).async().set("k" + i, "v" + i);
      }
      redis.tenant(ACME).sync().set("last", "written");
      int threads = 4;
      AtomicBoolean stop = new AtomicBoolean();
      AtomicLongArray written = new AtomicLongArray(threads);
      AtomicLong ofGlobex = new AtomicLong();
      AtomicLong longestOfGlobex = new AtomicLong();
      List<CompletableFuture<Void>> callers = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int thread = i;
        callers.add(
            CompletableFuture.runAsync(
                () -> {
                  while (!stop.get()) {
                    long count = redis.tenant(ACME).sync().incr("count-" + thread);
                    redis.tenant(ACME).sync().rpush("list-" + thread, String.valueOf(count));
                    assertThat(count).isEqualTo(written.incrementAndGet(thread));
                  }
                },
                OWN_THREAD));
      }
      callers.add(
          CompletableFuture.runAsync(
              () -> {
                while (!stop.get()) {
                  long began = System.nanoTime();
                  redis.tenant(GLOBEX).sync().incr("count");
                  longestOfGlobex.accumulateAndGet(System.nanoTime() - began, Math::max);
                  ofGlobex.incrementAndGet();
                }
              },
              OWN_THREAD));
      Awaitility.await().until(() -> written.get(0) > 50 && ofGlobex.get() > 50);
      AtomicLong whenHeld = new AtomicLong();

      MoveReport report =
          move()
              .run(
                  new Switchover() {
                    @Override
                    public void hold(TenantId tenant) {
                      endpoints.hold(tenant);
                      done(redis.endpointChanged(tenant));
                      whenHeld.set(ofGlobex.get());
                    }

                    @Override
                    public void switchOver(TenantId tenant) {
                      long before = whenHeld.get();
                      Awaitility.await().until(() -> ofGlobex.get() > before);
                      endpoints.put(tenant, TenantEndpoint.of(there.uri()));
                      done(redis.endpointChanged(tenant));
                    }

                    @Override
                    public void release(TenantId tenant) {
                      endpoints.release(tenant);
                    }
                  },
                  QUIET);

      move().finish(true, QUIET);
      long afterwards = written.get(0);
      Awaitility.await().until(() -> written.get(0) > afterwards + 50);
      stop.set(true);
      for (CompletableFuture<Void> caller : callers) {
        caller.get(30, TimeUnit.SECONDS);
      }
      assertThat(report.window()).isPositive();
      for (int i = 0; i < threads; i++) {
        assertThat(there.admin().text("GET", "tenant:acme:count-" + i))
            .isEqualTo(String.valueOf(written.get(i)));
        assertThat(there.admin().integer("LLEN", "tenant:acme:list-" + i))
            .isEqualTo(written.get(i));
      }
      assertThat(here.admin().text("GET", "tenant:globex:count"))
          .isEqualTo(String.valueOf(ofGlobex.get()));
      assertThat(keys(here)).isEmpty();
      assertThatExceptionOfType(RespErrorException.class)
          .isThrownBy(() -> here.connect("tenant_acme", new String(PASSWORD)).close());
      assertThat(redis.tenant(ACME).sync().get("last")).isEqualTo("written");
    }
  }
}
