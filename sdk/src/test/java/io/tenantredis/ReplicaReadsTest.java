package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.lettuce.core.GetExArgs;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SortArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.models.role.RedisNodeDescription;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.ReplicatedRedis;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.assertj.core.api.ThrowingConsumer;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads of the replicas of one server, which the application named. */
class ReplicaReadsTest {

  private static final String PRIMARY = "the primary";
  private static final String FIRST = "the first replica";
  private static final String SECOND = "the second replica";

  private static ReplicatedRedis servers;
  private static RedisServer primary;
  private static RedisServer first;
  private static RedisServer second;

  @BeforeAll
  static void start() {
    servers = ReplicatedRedis.builder().server(Tenants.confined()).replicas(2).start();
    primary = servers.master();
    first = servers.replicas().get(0);
    second = servers.replicas().get(1);
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  /** Each server gives another answer to {@code GET where}: nobody else knows who answered. */
  @BeforeEach
  void mark() {
    primary.admin().command("FLUSHALL");
    servers.awaitReplicas();
    for (String tenant : List.of("acme", "globex")) {
      primary.admin().command("SET", "tenant:" + tenant + ":where", PRIMARY);
    }
    servers.awaitReplicas();
    mark(first, FIRST);
    mark(second, SECOND);
    servers.servers().forEach(server -> server.admin().command("CONFIG", "RESETSTAT"));
  }

  private static void mark(RedisServer replica, String name) {
    replica.admin().command("CONFIG", "SET", "replica-read-only", "no");
    for (String tenant : List.of("acme", "globex")) {
      replica.admin().command("SET", "tenant:" + tenant + ":where", name);
    }
    replica.admin().command("CONFIG", "SET", "replica-read-only", "yes");
  }

  private static TenantRedis.Builder client(ReadFrom readFrom, RedisServer... replicas) {
    String[] addresses = new String[replicas.length];
    for (int i = 0; i < replicas.length; i++) {
      addresses[i] = address(replicas[i]);
    }
    return patient(primary).readFrom(readFrom).replicas(addresses);
  }

  private static TenantRedis.Builder patient(RedisServer server) {
    return Tenants.client(server)
        .commandTimeout(Duration.ofSeconds(20))
        .connectTimeout(Duration.ofSeconds(20));
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60));
  }

  private static String address(RedisServer server) {
    return server.host() + ":" + server.port();
  }

  private static Set<String> answers(RedisCommands<String, String> tenant) {
    Set<String> answers = new HashSet<>();
    for (int i = 0; i < 12; i++) {
      answers.add(tenant.get("where"));
    }
    return answers;
  }

  private static boolean wasAsked(RedisServer server, String command) {
    return server.admin().text("INFO", "commandstats").contains("cmdstat_" + command + ":");
  }

  private static boolean refusedAWrite(RedisServer server) {
    return server.admin().text("INFO", "errorstats").contains("errorstat_READONLY");
  }

  @Test
  void readsGoWhereTheClientSaysAndWritesToThePrimary() {
    try (TenantRedis redis = client(ReadFrom.REPLICA, first).build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      assertThat(answers(acme)).containsExactly(FIRST);
      acme.set("k", "v");
      acme.incr("n");
      acme.getex("k", GetExArgs.Builder.persist());
      assertThat(primary.admin().text("GETRANGE", "tenant:acme:k", "0", "-1")).isEqualTo("v");
      await().until(() -> "v".equals(acme.get("k")));
      assertThat(acme.mget("k", "n")).extracting(value -> value.getValue()).hasSize(2);
      assertThat(acme.strlen("k")).isEqualTo(1);
      assertThat(wasAsked(primary, "get") || wasAsked(primary, "mget")).isFalse();
      assertThat(wasAsked(first, "mget")).isTrue();
      assertThat(refusedAWrite(first)).isFalse();
    }
    try (TenantRedis redis = client(ReadFrom.UPSTREAM, first, second).build()) {
      assertThat(answers(redis.tenant("acme").sync())).containsExactly(PRIMARY);
    }
    try (TenantRedis redis = client(ReadFrom.UPSTREAM_PREFERRED, first, second).build()) {
      assertThat(answers(redis.tenant("acme").sync())).containsExactly(PRIMARY);
    }
  }

  @Test
  void aTenantKeepsToOneReplicaUnlessAnyWillDo() {
    try (TenantRedis redis = client(ReadFrom.REPLICA_PREFERRED, first, second).build()) {
      Set<String> one = answers(redis.tenant("acme").sync());
      assertThat(one).hasSize(1).doesNotContain(PRIMARY);
      assertThat(answers(redis.tenant("acme").sync())).isEqualTo(one);
      TenantClient<String, String> acme = redis.tenant("acme");
      assertThat(answers(acme.readingFrom(ReadFrom.ANY_REPLICA).sync()))
          .containsExactlyInAnyOrder(FIRST, SECOND);
      assertThat(answers(acme.readingFrom(ReadFrom.ANY).sync()))
          .containsExactlyInAnyOrder(PRIMARY, FIRST, SECOND);
      assertThat(answers(acme.readingFrom(ReadFrom.UPSTREAM).sync())).containsExactly(PRIMARY);
      ReadFrom named = ReadFrom.regex(Pattern.compile(Pattern.quote(primary.host())));
      assertThat(answers(acme.readingFrom(named).sync())).hasSize(3);
      assertThat(
              acme.readingFrom(ReadFrom.UPSTREAM).readingFrom(ReadFrom.REPLICA).sync().get("where"))
          .isIn(FIRST, SECOND);
      assertThat(acme.readingFrom(ReadFrom.UPSTREAM).retrying(RetryMode.NEVER).sync().get("where"))
          .isEqualTo(PRIMARY);
    }
  }

  @Test
  @SuppressWarnings("unchecked") // XREAD takes generic varargs.
  void whatIsOfOneServersOwnIsAskedAtThePrimary() {
    try (TenantRedis redis = client(ReadFrom.REPLICA, first).build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      RedisCommands<String, String> sync = acme.sync();
      sync.hset("h", "f", "v");
      sync.sadd("s", "m");
      sync.zadd("z", 1, "m");
      sync.xadd("x", "f", "v");
      assertThat(sync.hscan("h").getMap()).containsEntry("f", "v");
      assertThat(sync.sscan("s").getValues()).containsExactly("m");
      assertThat(sync.zscan("z").getValues()).hasSize(1);
      KeyScanCursor<String> cursor = sync.scan();
      assertThat(cursor.getKeys()).isNotNull();
      assertThat(sync.touch("h")).isEqualTo(1);
      String sha = sync.scriptLoad("return redis.call('GET', KEYS[1])");
      assertThat(sync.<String>evalshaReadOnly(sha, ScriptOutputType.VALUE, new String[] {"where"}))
          .isEqualTo(PRIMARY);
      assertThat(acme.keys().count()).isEqualTo(5);
      assertThat(sync.xread(XReadArgs.Builder.block(10), XReadArgs.StreamOffset.from("x", "0")))
          .hasSize(1);
      assertThat(acme.<String>dedicated(connection -> connection.sync().get("where")))
          .isEqualTo(PRIMARY);
      assertThat(sync.ping()).isEqualTo("PONG");
      for (String command :
          List.of("hscan", "sscan", "zscan", "scan", "touch", "evalsha_ro", "xread", "ping")) {
        assertThat(wasAsked(first, command) && !command.equals("ping")).as(command).isFalse();
        assertThat(wasAsked(primary, command)).as(command).isTrue();
      }
      assertThat(sync.get("where")).isEqualTo(FIRST);
    }
  }

  @Test
  void aReplicaWithoutTheTenantsUserFailsItsReadsLoudlyAndNothingElse() {
    String user = first.admin().text("ACL", "WHOAMI");
    assertThat(user).isEqualTo("admin");
    first.admin().command("ACL", "DELUSER", "tenant_acme");
    try (TenantRedis redis =
        client(ReadFrom.REPLICA_PREFERRED, first)
            .connections(
                ConnectionOptions.builder()
                    .newUserPatience(Duration.ZERO)
                    .longestQuarantineDelay(Duration.ofMillis(100))
                    .build())
            .build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      for (int i = 0; i < 5; i++) {
        assertThatThrownBy(() -> acme.get("where"))
            .isInstanceOfSatisfying(
                TenantConnectionException.class,
                failure -> assertThat(failure.code()).isEqualTo(ErrorCode.SEC002))
            .hasMessageContaining(address(first));
      }
      assertThat(acme.set("k", "v")).isEqualTo("OK");
      assertThat(redis.tenant("globex").sync().get("where")).isEqualTo(FIRST);
      assertThat(redis.tenant("acme").readingFrom(ReadFrom.UPSTREAM).sync().get("where"))
          .isEqualTo(PRIMARY);
      first.admin().command(acl("acme"));
      await()
          .ignoreExceptionsInstanceOf(TenantConnectionException.class)
          .until(() -> acme.get("where").equals(FIRST));
    } finally {
      first.admin().command(acl("acme"));
    }
  }

  private static String[] acl(String tenant) {
    String[] rules = Tenants.rules(tenant, true);
    String[] command = new String[rules.length + 4];
    command[0] = "ACL";
    command[1] = "SETUSER";
    command[2] = "tenant_" + tenant;
    command[3] = "reset";
    System.arraycopy(rules, 0, command, 4, rules.length);
    return command;
  }

  @Test
  void aReplicaThatNamesAnotherUserIsNotReadFromAndNobodyElseIsInstead() {
    try (TenantRedis redis =
        client(ReadFrom.REPLICA_PREFERRED, first)
            .credentials(
                TenantCredentialsProvider.of(
                    tenant -> TenantCredentials.of("tenant_globex", Tenants.password("globex"))))
            .build()) {
      assertThatThrownBy(() -> redis.tenant("acme").sync().get("where"))
          .isInstanceOfSatisfying(
              TenantIdentityException.class,
              failure -> assertThat(failure.code()).isEqualTo(ErrorCode.SEC006))
          .hasMessageContaining(address(first))
          .hasMessageContaining("tenant_globex");
      assertThat(wasAsked(first, "get") || wasAsked(primary, "get")).isFalse();
    }
  }

  private static RedisServer third() {
    return Tenants.confined()
        .setting("replicaof", primary.host(), Integer.toString(primary.port()))
        .setting("masteruser", "admin")
        .setting("masterauth", "admin-secret")
        .start();
  }

  private static ErrorCode failureOf(Runnable read) {
    try {
      read.run();
      return null;
    } catch (RuntimeException failure) {
      return failure instanceof TenantRedisFailure typed ? typed.code() : ErrorCode.TR001;
    }
  }

  @Test
  void aReplicaThatIsDownIsFollowedByWhoeverElseMayAnswerAndHarmsNoWrites() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (RedisServer third = third();
        TenantRedis redis =
            client(ReadFrom.REPLICA_PREFERRED, third)
                .maxAttempts(1)
                .meterRegistry(meters)
                .build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      RedisCommands<String, String> strict =
          redis.tenant("acme").readingFrom(ReadFrom.REPLICA).sync();
      await().until(() -> failureOf(() -> strict.get("where")) == null);
      third.kill9();
      assertThat(answers(acme)).containsExactly(PRIMARY);
      assertThat(meters.get("tenant.redis.reads.elsewhere").counters()).isNotEmpty();
      for (int i = 0; i < 100; i++) {
        assertThat(failureOf(() -> strict.get("where"))).isIn(ErrorCode.TR005, ErrorCode.TR004);
      }
      assertThat(acme.set("k", "v")).isEqualTo("OK");
      third.restart();
      third.admin().command("CONFIG", "RESETSTAT");
      await()
          .until(
              () -> {
                acme.get("where");
                return wasAsked(third, "get");
              });
    }
  }

  @Test
  void aReplicaThatMustNotAnswerIsFollowedByThePrimary() {
    try (RedisServer third = third();
        TenantRedis redis = client(ReadFrom.REPLICA_PREFERRED, third).maxAttempts(1).build()) {
      third.admin().command("CONFIG", "SET", "replica-serve-stale-data", "no");
      third.admin().command("REPLICAOF", "127.0.0.1", "1");
      TenantClient<String, String> acme = redis.tenant("acme");
      assertThat(answers(acme.sync())).containsExactly(PRIMARY);
      assertThatThrownBy(() -> acme.readingFrom(ReadFrom.REPLICA).sync().get("where"))
          .hasMessageContaining("MASTERDOWN");
      assertThat(answers(acme.readingFrom(ReadFrom.ANY).sync())).containsExactly(PRIMARY);
    }
  }

  @Test
  void aServerThatIsNoReplicaIsNotReadFrom() {
    try (RedisServer third = Tenants.confined().start();
        TenantRedis redis = client(ReadFrom.REPLICA_PREFERRED, third).maxAttempts(1).build()) {
      third.admin().command("SET", "tenant:acme:where", "somewhere else");
      TenantClient<String, String> acme = redis.tenant("acme");
      assertThat(answers(acme.sync())).containsExactly(PRIMARY);
      assertThatThrownBy(() -> acme.readingFrom(ReadFrom.REPLICA).sync().get("where"))
          .isInstanceOf(TenantConnectionException.class)
          .hasMessageContaining(address(third) + " says that it is no replica");
      assertThat(wasAsked(third, "get")).isFalse();
    }
  }

  @Test
  void aServerThatDoesNotSayWhetherItIsAReplicaIsNotReadFrom() {
    try (RedisServer third = Tenants.confined().setting("rename-command", "HELLO", "none").start();
        TenantRedis redis = client(ReadFrom.REPLICA_PREFERRED, third).maxAttempts(1).build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      assertThat(answers(acme.sync())).containsExactly(PRIMARY);
      assertThatThrownBy(() -> acme.readingFrom(ReadFrom.REPLICA).sync().get("where"))
          .isInstanceOf(TenantConnectionException.class)
          .hasMessageContaining(address(third) + " knows no HELLO");
    }
  }

  @Test
  void aReplicaThatHangsDelaysAReadByHalfOfItsTimeAndThenNoMore() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (RedisServer third = third();
        TenantRedis redis =
            client(ReadFrom.REPLICA_PREFERRED, third)
                .commandTimeout(Duration.ofSeconds(6))
                .meterRegistry(meters)
                .build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      acme.set("k", "v");
      third.freeze();
      try {
        for (int i = 0; i < 50; i++) {
          assertThat(acme.get("where")).isEqualTo(PRIMARY);
        }
        assertThat(meters.get("tenant.redis.reads.elsewhere").counter().count()).isEqualTo(1);
      } finally {
        third.thaw();
      }
    }
  }

  @Test
  void whenThePrimaryIsDownReadsMayGoOnAtAReplica() {
    try (ReplicatedRedis two =
            ReplicatedRedis.builder().server(Tenants.confined()).replicas(1).start();
        TenantRedis redis =
            patient(two.master())
                .readFrom(ReadFrom.UPSTREAM_PREFERRED)
                .replicas(address(two.replicas().get(0)))
                .build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      acme.set("k", "v");
      two.awaitReplicas();
      two.master().kill9();
      assertThat(acme.get("k")).isEqualTo("v");
      assertThatThrownBy(() -> acme.set("k", "w")).isInstanceOf(TenantConnectionException.class);
      assertThat(refusedAWrite(two.replicas().get(0))).isFalse();
    }
  }

  @Test
  void readsThatNoReplicaMayAnswerStopNoWrites() {
    try (TenantRedis redis = client(choosing(nodes -> List.of()), first).maxAttempts(1).build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      for (int i = 0; i < 50; i++) {
        assertThat(failureOf(() -> acme.get("where"))).isEqualTo(ErrorCode.TR005);
      }
      assertThat(acme.set("k", "v")).isEqualTo("OK");
    }
  }

  @Test
  void whenThePrimaryIsDownReplicasAreReadAlsoWhenWritesAreTurnedAway() {
    try (ReplicatedRedis two =
            ReplicatedRedis.builder().server(Tenants.confined()).replicas(1).start();
        TenantRedis redis =
            patient(two.master())
                .replicas(address(two.replicas().get(0)))
                .resilience(
                    ResilienceOptions.builder()
                        .maxAttempts(1)
                        .circuitBreaker(
                            CircuitBreakerConfig.custom()
                                .minimumNumberOfCalls(4)
                                .waitDurationInOpenState(Duration.ofMinutes(10))
                                .build())
                        .build())
                .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      two.awaitReplicas();
      two.master().kill9();
      await().until(() -> failureOf(() -> acme.sync().set("k", "w")) == ErrorCode.TR007);
      for (ReadFrom readFrom :
          List.of(
              ReadFrom.REPLICA,
              ReadFrom.REPLICA_PREFERRED,
              ReadFrom.ANY,
              ReadFrom.ANY_REPLICA,
              ReadFrom.UPSTREAM_PREFERRED)) {
        for (int i = 0; i < 5; i++) {
          assertThat(acme.readingFrom(readFrom).sync().get("k")).as("%s", readFrom).isEqualTo("v");
        }
      }
      assertThat(failureOf(() -> acme.readingFrom(ReadFrom.UPSTREAM).sync().get("k")))
          .isEqualTo(ErrorCode.TR007);
      // Nor do the replica's answers say that the primary is well.
      assertThat(failureOf(() -> acme.sync().set("k", "w"))).isEqualTo(ErrorCode.TR007);
    }
  }

  @Test
  void thePrefixHoldsOnReplicasAlsoForUsersWhoMayDoEverything() {
    try (ReplicatedRedis two =
            ReplicatedRedis.builder().server(Tenants.unconfined()).replicas(1).start();
        TenantRedis redis =
            patient(two.master())
                .readFrom(ReadFrom.REPLICA)
                .replicas(address(two.replicas().get(0)))
                .build()) {
      redis.tenant("globex").sync().set("canary", "theirs");
      redis.tenant("globex").sync().rpush("list", "1");
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      acme.set("own", "mine");
      acme.rpush("ids", "1");
      two.awaitReplicas();
      assertThat(acme.get("own")).isEqualTo("mine");
      assertThat(acme.get("canary")).isNull();
      assertThat(acme.get("tenant:globex:canary")).isNull();
      assertThat(acme.exists("canary", "tenant:globex:canary", "../canary")).isZero();
      assertThat(acme.mget("canary", "own"))
          .extracting(value -> value.getValueOrElse("none"))
          .containsExactly("none", "mine");
      assertThat(acme.sortReadOnly("ids", SortArgs.Builder.get("canary*")))
          .containsExactly((String) null);
      assertThat(
              acme.dispatch(
                  CommandType.GET,
                  new ValueOutput<>(StringCodec.UTF8),
                  new CommandArgs<>(StringCodec.UTF8).add("tenant:globex:canary")))
          .isNull();
      assertThat(wasAsked(two.master(), "get")).isFalse();
      assertThat(two.replicas().get(0).admin().text("CLIENT", "LIST"))
          .contains("user=tenant_acme")
          .doesNotContain("user=tenant_globex");
    }
  }

  @Test
  void connectionsToReplicasAreClosedWhenTheTenantIsIdle() {
    try (TenantRedis redis =
        client(ReadFrom.REPLICA, first)
            .connections(ConnectionOptions.builder().idleTime(Duration.ofMillis(200)).build())
            .build()) {
      assertThat(redis.tenant("acme").sync().get("where")).isEqualTo(FIRST);
      await().until(() -> !first.admin().text("CLIENT", "LIST").contains("user=tenant_acme"));
      assertThat(redis.tenant("acme").sync().get("where")).isEqualTo(FIRST);
    }
  }

  @Test
  void connectionsToReplicasCountAmongAll() {
    try (TenantRedis redis =
        client(ReadFrom.REPLICA, first)
            .connections(ConnectionOptions.builder().maxConnections(1).build())
            .connectTimeout(Duration.ofSeconds(1))
            .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      await()
          .ignoreExceptionsInstanceOf(TenantConnectionException.class)
          .until(() -> acme.sync().get("where").equals(FIRST));
      assertThatThrownBy(() -> acme.sync().set("k", "v"))
          .isInstanceOfSatisfying(
              TenantConnectionException.class,
              failure -> assertThat(failure.code()).isEqualTo(ErrorCode.TR012));
      await()
          .ignoreExceptionsInstanceOf(TenantConnectionException.class)
          .until(() -> redis.tenant("globex").sync().get("where").equals(FIRST));
    }
  }

  @Test
  void aReadFromOfTheApplicationsOwnChoosesAndWhatItThrowsFailsTheRead() {
    ReadFrom last =
        new ReadFrom() {
          @Override
          public List<RedisNodeDescription> select(Nodes nodes) {
            return nodes.getNodes().stream()
                .filter(node -> node.getUri().getPort() == second.port())
                .toList();
          }
        };
    ReadFrom none =
        new ReadFrom() {
          @Override
          public List<RedisNodeDescription> select(Nodes nodes) {
            return List.of();
          }
        };
    ReadFrom broken =
        new ReadFrom() {
          @Override
          public List<RedisNodeDescription> select(Nodes nodes) {
            throw new IllegalStateException("broken");
          }
        };
    try (TenantRedis redis = client(last, first, second).maxAttempts(1).build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      assertThat(answers(acme.sync())).containsExactly(SECOND);
      assertThatThrownBy(() -> acme.readingFrom(none).sync().get("where"))
          .isInstanceOf(TenantConnectionException.class)
          .hasMessageContaining("none of the primary and 2 replica(s)");
      assertThatThrownBy(() -> acme.readingFrom(broken).sync().get("where"))
          .isInstanceOf(TenantConnectionException.class)
          .hasMessageContaining("IllegalStateException");
      assertThat(answers(acme.sync())).containsExactly(SECOND);
    }
  }

  private static ReadFrom choosing(Function<ReadFrom.Nodes, List<RedisNodeDescription>> choice) {
    return new ReadFrom() {
      @Override
      public List<RedisNodeDescription> select(Nodes nodes) {
        return choice.apply(nodes);
      }
    };
  }

  private static ThrowingConsumer<Throwable> fails(ErrorCode code) {
    return failure ->
        assertThat(failure)
            .isInstanceOfSatisfying(
                TenantConnectionException.class,
                typed -> {
                  assertThat(typed.code()).isEqualTo(code);
                  assertThat(typed.outcome()).isEqualTo(Outcome.NOT_SENT);
                });
  }

  @Test
  void aReadThatNobodyMayAnswerFailsAlsoWhenItWasTriedAgain() {
    ReadFrom broken =
        choosing(
            nodes -> {
              throw new IllegalStateException("broken");
            });
    for (ReadFrom readFrom : List.of(choosing(nodes -> List.of()), broken)) {
      try (TenantRedis redis = client(readFrom, first).build()) {
        TenantClient<String, String> acme = redis.tenant("acme");
        assertThatThrownBy(() -> acme.sync().get("where")).satisfies(fails(ErrorCode.TR005));
        assertThat(acme.async().get("where").toCompletableFuture())
            .failsWithin(Duration.ofSeconds(10))
            .withThrowableThat()
            .havingCause()
            .satisfies(fails(ErrorCode.TR005));
        assertThatThrownBy(() -> acme.reactive().get("where").block(Duration.ofSeconds(10)))
            .satisfies(fails(ErrorCode.TR005));
        assertThat(acme.sync().set("k", "v")).isEqualTo("OK");
      }
    }
  }

  @Test
  void whatAReadFromThrowsAtALaterAttemptEndsTheRead() {
    AtomicInteger asked = new AtomicInteger();
    ReadFrom worse =
        choosing(
            nodes -> {
              if (asked.getAndIncrement() == 0) {
                throw new IllegalStateException("broken");
              }
              throw new AssertionError("worse");
            });
    try (TenantRedis redis = client(worse, first).maxConcurrentCalls(1).build()) {
      for (int i = 0; i < 2; i++) {
        assertThat(redis.tenant("acme").async().get("where").toCompletableFuture())
            .failsWithin(Duration.ofSeconds(10))
            .withThrowableThat()
            .havingCause()
            .isInstanceOf(AssertionError.class);
      }
      assertThat(redis.tenant("acme").sync().set("k", "v")).isEqualTo("OK");
    }
  }

  @Test
  void newCredentialsGoToReplicasAsWell() {
    try (TenantRedis redis = client(ReadFrom.REPLICA, first).build()) {
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      acme.get("where");
      String before = connectionOf(first);
      redis.credentialsChanged(TenantId.of("acme"));
      await().until(() -> !connectionOf(first).equals(before));
      assertThat(acme.get("where")).isEqualTo(FIRST);
    }
  }

  private static String connectionOf(RedisServer server) {
    return server
        .admin()
        .text("CLIENT", "LIST")
        .lines()
        .filter(line -> line.contains("user=tenant_acme"))
        .map(line -> line.substring(0, line.indexOf(' ')))
        .sorted()
        .toList()
        .toString();
  }

  @Test
  void mistakesAreNamedWhenTheClientIsBuilt() {
    TenantRedis.Builder builder = Tenants.client(primary);
    assertMistake(builder.readFrom(ReadFrom.LOWEST_LATENCY), "LOWEST_LATENCY");
    assertMistake(builder.readFrom(ReadFrom.REPLICA), "needs replicas");
    assertMistake(builder.replicas("nowhere"), "'nowhere' cannot be read");
    assertMistake(builder.replicas(address(primary)), "names the server of the Redis URI");
    assertMistake(builder.replicas(address(first)).endpoints(new EndpointMap()), "endpoints(...)");
    assertMistake(
        TenantRedis.builder("redis-cluster://localhost:1").withoutAclUsers().replicas("h:1"),
        "name theirs themselves");
    try (TenantRedis redis = Tenants.client(primary).build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      assertThatThrownBy(() -> acme.readingFrom(ReadFrom.REPLICA))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> acme.readingFrom(ReadFrom.LOWEST_LATENCY))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(acme.readingFrom(ReadFrom.MASTER).sync().get("where")).isEqualTo(PRIMARY);
    }
  }

  private static void assertMistake(TenantRedis.Builder builder, String text) {
    assertThatThrownBy(builder::build)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(text);
  }
}
