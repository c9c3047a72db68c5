package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.TenantRedis;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.Tenants;
import io.tenantredis.internal.keyspace.RandomCalls.Call;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A tenant cannot tell the shared server from one of its own: the same commands, through the guard
 * on a server with other tenants and through plain Lettuce on a private server, get the same
 * replies.
 *
 * <p>The seed is printed; {@code -Dtenantredis.seed=N} runs the same commands again.
 */
class TransparencyTest {

  private static final int CHUNKS = Boolean.getBoolean("tenantredis.long") ? 2_000 : 75;
  private static final int CHUNK = 200;
  private static final String PREFIX = "tenant:acme:";

  /** Commands whose reply or effect differs from one run to the next, also without any guard. */
  private static final Set<String> NOT_REPEATABLE =
      Set.of(
          // Random.
          "SPOP",
          "SRANDMEMBER",
          "HRANDFIELD",
          "ZRANDMEMBER",
          "LOLWUT",
          // The order is that of a hash table with a seed of its own in each process.
          "SCAN",
          "SSCAN",
          "HSCAN",
          "ZSCAN",
          "DUMP",
          "COMMAND",
          "COMMAND INFO",
          "COMMAND LIST",
          "COMMAND DOCS",
          // Time that passes.
          "TIME",
          "TTL",
          "PTTL",
          "EXPIRETIME",
          "PEXPIRETIME",
          "HTTL",
          "HPTTL",
          "HEXPIRETIME",
          "HPEXPIRETIME",
          "OBJECT IDLETIME",
          "OBJECT FREQ",
          "XAUTOCLAIM",
          "XCLAIM",
          "XPENDING",
          "XINFO CONSUMERS",
          "XINFO STREAM",
          // Keys that may be gone on one server before they are on the other.
          "EXPIRE",
          "PEXPIRE",
          "SETEX",
          "PSETEX",
          "HEXPIRE",
          "HPEXPIRE",
          "RESTORE",
          // Whom and what the connection is.
          "ACL WHOAMI",
          "CLIENT ID",
          "CLIENT INFO",
          "CLUSTER MYID",
          "CLUSTER MYSHARDID");

  /** Options with the same consequence. */
  private static final Set<String> NOT_REPEATABLE_OPTIONS =
      Set.of("EX", "PX", "BY", "IDLE", "BLOCK");

  /**
   * Commands whose reply depends on the whole name of the key, which is longer behind the guard.
   */
  private static final Set<String> KNOW_WHOLE_NAMES = Set.of("MEMORY USAGE", "CLUSTER KEYSLOT");

  /** Scripts see whole names and may return them; their replies are never touched. */
  private static final Set<String> RETURN_WHOLE_NAMES = Set.of("return KEYS", "touch");

  /** What the lists above leave out, in a form that is repeatable. */
  private static final List<String> REPEATABLE =
      List.of(
          "SET k v EX 1000",
          "SETEX k 1000 v",
          "EXPIRE k 100000",
          "PEXPIRE k 100000000",
          "GETEX k EX 1000",
          "PERSIST k",
          "TTL k",
          "SORT list ALPHA BY w_* GET # GET w_* GET hash->field",
          "SORT list BY w_* LIMIT 0 2 ALPHA STORE list2",
          "LRANGE list2 0 -1",
          "SCAN 0 MATCH [s]t? COUNT 10000 TYPE string",
          "SADD one x",
          "SPOP one",
          "SADD one x",
          "SRANDMEMBER one",
          "HSET h1 f v",
          "HRANDFIELD h1 2 WITHVALUES",
          "HSCAN h1 0 MATCH f",
          "ZADD z1 1 x",
          "ZRANDMEMBER z1 3 WITHSCORES",
          "ZSCAN z1 0 COUNT 10",
          "SSCAN one 0",
          "XPENDING stream a",
          "XAUTOCLAIM stream a c 100000 0-0",
          "XCLAIM stream a c 100000 1-1");

  private static RedisServer shared;
  private static RedisServer own;
  private static RedisClient plainClient;
  private static StatefulRedisConnection<String, String> plain;
  private static TenantRedis redis;

  private final long seed = Long.getLong("tenantredis.seed", System.nanoTime());
  private final RedisAsyncCommands<String, String> guarded = redis.tenant("acme").async();
  private final Map<String, Integer> compared = new TreeMap<>();
  private final List<String> differences = new ArrayList<>();
  private int answered;

  @BeforeAll
  static void connect() {
    shared = Tenants.unconfined().start();
    own = RedisServer.start();
    plainClient = RedisClient.create(own.uri());
    plain = plainClient.connect();
    redis = Tenants.client(shared).commandTimeout(Duration.ofSeconds(60)).build();
    for (RedisServer server : List.of(shared, own)) {
      RandomCalls.SCRIPTS.forEach(script -> server.admin().command("SCRIPT", "LOAD", script));
    }
    for (String foreign : List.of("tenant:globex:", "tenant:acm:", "")) {
      for (String seeding : RandomCalls.SEEDING) {
        String[] words = seeding.split(" ");
        words[words[0].equals("XGROUP") ? 2 : 1] =
            foreign + words[words[0].equals("XGROUP") ? 2 : 1];
        shared.admin().command(words);
      }
    }
  }

  @AfterAll
  static void disconnect() {
    redis.close();
    plainClient.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    shared.close();
    own.close();
  }

  @Test
  @Timeout(value = 20, unit = TimeUnit.MINUTES)
  void each_reply_through_the_guard_is_the_reply_of_a_private_server() throws Exception {
    System.out.println("TransparencyTest: reproduce with -Dtenantredis.seed=" + seed);
    RandomCalls calls = new RandomCalls(new Random(seed), callable(), "mark");
    for (int i = 0; i < CHUNKS && differences.isEmpty(); i++) {
      List<String[]> chunk = new ArrayList<>();
      RandomCalls.SEEDING.forEach(seeding -> chunk.add(seeding.split(" ")));
      REPEATABLE.forEach(call -> chunk.add(call.split(" ")));
      RandomCalls.SEEDING.forEach(seeding -> chunk.add(seeding.split(" ")));
      while (chunk.size() < CHUNK) {
        Call call = calls.next();
        if (isComparable(call)) {
          chunk.add(call.words());
        }
      }
      compare(chunk);
    }
    assertThat(differences).as("reproduce with -Dtenantredis.seed=" + seed).isEmpty();
    System.out.printf(
        "TransparencyTest: %d replies of %d kinds of commands compared, %d of them data%n",
        compared.values().stream().mapToInt(Integer::intValue).sum(), compared.size(), answered);
    assertThat(compared).hasSizeGreaterThan(150);
    assertThat(answered).isGreaterThan(CHUNKS * CHUNK / 4);
  }

  private static boolean isComparable(Call call) {
    String name = call.rule().name();
    boolean option = option(call, NOT_REPEATABLE_OPTIONS);
    boolean newId = name.equals("XADD") && List.of(call.words()).contains("*");
    boolean whole =
        !call.arguments().isEmpty()
            && (RETURN_WHOLE_NAMES.contains(call.arguments().get(0).word())
                || call.arguments().get(0).word().equals(Sha1.hex("return KEYS")));
    // Runs on a connection of its own, so that its place among the others is not kept.
    boolean elsewhere = call.rule().isBlocking() || option(call, Set.of("BLOCK"));
    return !elsewhere
        && !NOT_REPEATABLE.contains(name)
        && !KNOW_WHOLE_NAMES.contains(name)
        && !option
        && !newId
        && !whole;
  }

  private static boolean option(Call call, Set<String> options) {
    return call.arguments().stream()
        .anyMatch(
            argument ->
                argument.kind() == null
                    && options.contains(argument.word().toUpperCase(Locale.ROOT)));
  }

  private record Pair(String[] words, RedisFuture<Object> theirs, RedisFuture<Object> ours) {}

  private void compare(List<String[]> calls) throws Exception {
    List<Pair> pairs = new ArrayList<>();
    for (String[] words : calls) {
      RedisFuture<Object> ours = send(guarded, words);
      if (!isRefused(ours)) {
        pairs.add(new Pair(words, send(plain.async(), words), ours));
      }
    }
    for (Pair pair : pairs) {
      String theirs = reply(pair.theirs());
      String ours = reply(pair.ours());
      compared.merge(pair.words()[0].toUpperCase(Locale.ROOT), 1, Integer::sum);
      answered += theirs.startsWith("error ") ? 0 : 1;
      if (!theirs.equals(ours)) {
        differences.add(
            String.join(" ", pair.words()) + "\n    private: " + theirs + "\n    guarded: " + ours);
      }
    }
  }

  private static RedisFuture<Object> send(
      RedisAsyncCommands<String, String> commands, String[] words) {
    CommandArgs<String, String> args = new CommandArgs<>(StringCodec.UTF8);
    for (int i = 1; i < words.length; i++) {
      args.add(words[i]);
    }
    return commands.dispatch(Fixtures.keyword(words[0]), new AnyReply(), args);
  }

  private static boolean isRefused(RedisFuture<Object> future) throws InterruptedException {
    if (!future.toCompletableFuture().isCompletedExceptionally()) {
      return false;
    }
    try {
      future.get();
      return false;
    } catch (ExecutionException e) {
      return e.getCause() instanceof CommandRefusedException;
    }
  }

  private static String reply(RedisFuture<Object> future) throws Exception {
    try {
      return normal(future.get(60, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      String message = String.valueOf(e.getCause().getMessage());
      if (e.getCause() instanceof TenantRedisFailure) {
        message = message.substring(0, message.lastIndexOf(" ["));
      }
      // Where a server quotes a key in an error it quotes the whole name.
      return "error " + message.replace(PREFIX, "");
    }
  }

  /** Sets without their order, which is random. */
  private static String normal(Object reply) {
    if (!(reply instanceof List<?> list)) {
      return String.valueOf(reply);
    }
    List<String> elements = list.stream().map(TransparencyTest::normal).toList();
    if (elements.get(0).equals("set")) {
      elements = elements.stream().sorted().toList();
    }
    return elements.stream().collect(Collectors.joining(", ", "[", "]"));
  }

  private static List<CommandRule> callable() {
    Set<String> known =
        own.admin().list("COMMAND", "LIST").stream()
            .map(name -> name.toString().toUpperCase(Locale.ROOT).replace('|', ' '))
            .collect(Collectors.toSet());
    return CommandRules.standard().all().stream()
        .filter(rule -> !rule.isRefused() && known.contains(rule.name()))
        .filter(rule -> !rule.isStateful() && !rule.isBlocking() && !rule.isPubSub())
        .toList();
  }
}
