package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespError;
import io.tenantredis.test.server.RespPush;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Observes a server, over connections of its own and without any code of the SDK, for whether a
 * tenant touches what is not its own:
 *
 * <ul>
 *   <li>Canaries, keys of all types around the tenants' names: their content and time to live stay
 *       the same, none appears or goes, and the server's count of accesses to each, which goes up
 *       with every read, stays the same (the server runs with LFU, a log factor of 0 and no decay).
 *   <li>MONITOR: of each command that a tenant's connection, or a script on it, executes, a second
 *       server says which arguments are keys: each begins with the prefix of that tenant. Commands
 *       on channels and the pattern of SCAN are checked likewise.
 *   <li>A subscriber of all channels: each message of a tenant is on a channel of a tenant.
 * </ul>
 */
final class Watch implements AutoCloseable {

  /** Part of the names and values of canaries that no tenant can know or guess. */
  static final String SECRET = "canary-7f3a9c";

  static final Set<String> TENANTS = Set.of("acme", "globex");

  private static final List<String> FOREIGN_PREFIXES =
      List.of(
          "tenant:victim:",
          "tenant:acm:",
          "tenant:acme2:",
          "tenant:acme",
          "tenant:",
          "TENANT:ACME:",
          "other:",
          "");

  /** What {@link LettuceArguments} passes. */
  private static final List<String> NAMED_BY_VALUES = List.of("key", "text", "value");

  /** What the lookups of SORT lead to, put together from a pattern and an element. */
  private static final List<String> LOOKED_UP = List.of("1", "2", "a", "hash->1", "hash->2");

  /** They have arguments that are no keys to the server, but lead to keys or channels. */
  private static final Map<String, Integer> NAMES_WITHOUT_KEY_SPECS =
      Map.of("PUBLISH", 1, "SPUBLISH", 1, "SUBSCRIBE", 1, "PSUBSCRIBE", 1, "SSUBSCRIBE", 1);

  /** The servers search these for words, so that a value which reads like one misleads them. */
  private static final Set<String> SEARCHED_FOR_WORDS =
      Set.of("SORT", "SORT_RO", "GEORADIUS", "GEORADIUSBYMEMBER", "XREAD", "XREADGROUP");

  private static final Set<String> HANDSHAKE = Set.of("HELLO", "ACL", "CLIENT", "AUTH");

  private static final int BATCH = 500;

  private final RedisServer server;
  private final RedisServer oracle;
  private final RespConnection admin;
  private final RespConnection users;
  private final RespConnection met;
  private final RespConnection keysOf;
  private final RespConnection monitor;
  private final RespConnection subscriber;
  private final ConcurrentMap<Integer, String> userOfPort = new ConcurrentHashMap<>();
  private final Queue<String> problems = new ConcurrentLinkedQueue<>();
  private final ConcurrentMap<String, Long> executed = new ConcurrentSkipListMap<>();
  private final AtomicLong seen = new AtomicLong();
  private final AtomicLong keysChecked = new AtomicLong();
  private final List<Thread> readers = new ArrayList<>();
  private Map<String, String> before = Map.of();

  private Watch(RedisServer server, RedisServer oracle) {
    this.server = server;
    this.oracle = oracle;
    this.admin = server.connectAsAdministrator().timeout(Duration.ofMinutes(5));
    this.users = server.connectAsAdministrator();
    this.met = server.connectAsAdministrator();
    this.keysOf = oracle.connectAsAdministrator().timeout(Duration.ofMinutes(5));
    this.monitor = server.connectAsAdministrator().timeout(Duration.ofMinutes(30));
    this.subscriber = server.connectAsAdministrator().timeout(Duration.ofMinutes(30)).resp3();
  }

  /** A server on which the tenants' users may do everything, and on which reads leave a trace. */
  static RedisServer.Builder watched(RedisServer.Builder unconfined) {
    return unconfined
        .setting("maxmemory-policy", "allkeys-lfu")
        .setting("lfu-log-factor", "0")
        .setting("lfu-decay-time", "0")
        .setting("save", "");
  }

  static Watch over(RedisServer server, RedisServer oracle) {
    Watch watch = new Watch(server, oracle);
    watch.start();
    return watch;
  }

  private void start() {
    for (String prefix : FOREIGN_PREFIXES) {
      canaries(prefix);
    }
    subscriber.send("PSUBSCRIBE", "*");
    subscriber.nextPush(Duration.ofSeconds(30));
    monitor.command("MONITOR");
    before = state();
    reader("monitor", this::readMonitor);
    reader("subscriber", this::readMessages);
  }

  private void reader(String name, Runnable loop) {
    Thread thread =
        new Thread(
            () -> {
              try {
                loop.run();
              } catch (RuntimeException failure) {
                problems.add("the observer failed: " + failure);
              }
            },
            "watch-" + name);
    thread.setDaemon(true);
    thread.start();
    readers.add(thread);
  }

  /** For each type one key with a name that tenants use too, and one with a name nobody knows. */
  private void canaries(String prefix) {
    for (String name : List.of("", SECRET + ":")) {
      for (String seeding : RandomCalls.SEEDING) {
        String[] words = seeding.split(" ");
        if (words[0].equals("DEL")) {
          continue;
        }
        int key = words[0].equals("XGROUP") ? 2 : 1;
        words[key] = prefix + name + words[key];
        int value = words.length - 1;
        if (!words[0].equals("SETBIT") && !words[0].equals("XGROUP")) {
          // Also the number: small numbers are one object for all keys, and count accesses
          // together.
          words[value] = SECRET + words[value];
        }
        admin.command(words);
      }
    }
    for (String name : NAMED_BY_VALUES) {
      admin.command("SET", prefix + name, SECRET);
    }
    for (String name : LOOKED_UP) {
      admin.command("HSET", prefix + name, "field", SECRET);
    }
  }

  /** All keys outside the tenants' prefixes: content, time to live and number of accesses. */
  private Map<String, String> state() {
    Map<String, String> state = new TreeMap<>();
    List<String> names = new ArrayList<>();
    String cursor = "0";
    do {
      List<?> page = admin.list("SCAN", cursor, "COUNT", "1000");
      cursor = page.get(0).toString();
      ((List<?>) page.get(1))
          .stream().map(Object::toString).filter(name -> !isTenants(name)).forEach(names::add);
    } while (!cursor.equals("0"));
    for (String name : names) {
      // The number of accesses first: to dump a key is an access.
      state.put(
          name,
          admin.tryCommand("OBJECT", "FREQ", name)
              + " accesses, ttl "
              + admin.tryCommand("PTTL", name));
    }
    return state;
  }

  /** Unlike {@link #state()} this counts as an access, so it is done once before and once after. */
  Map<String, String> dump() {
    Map<String, String> dump = new TreeMap<>();
    for (String name : before.keySet()) {
      byte[] bytes = (byte[]) admin.commandBytes(utf8("DUMP"), utf8(name));
      dump.put(name, java.util.HexFormat.of().formatHex(bytes == null ? new byte[0] : bytes));
    }
    return dump;
  }

  /** The accesses of {@link #dump()} are not the tenants'. */
  void reset() {
    before = state();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  private static boolean isTenants(String name) {
    return TENANTS.stream().anyMatch(tenant -> name.startsWith("tenant:" + tenant + ":"));
  }

  private void readMonitor() {
    List<Executed> batch = new ArrayList<>();
    String lastUser = "";
    while (true) {
      MonitorLine line = MonitorLine.parse(String.valueOf(monitor.receive()));
      if (line == null) {
        continue;
      }
      if (line.words().get(0).equals("ECHO") && line.words().get(1).equals("end of watch")) {
        check(batch);
        return;
      }
      String user = line.port() == 0 ? lastUser : userOf(line.port());
      lastUser = user;
      if (user.startsWith("tenant_")) {
        batch.add(new Executed(user.substring("tenant_".length()), line));
      }
      if (batch.size() == BATCH) {
        check(batch);
        batch.clear();
      }
    }
  }

  private record Executed(String tenant, MonitorLine line) {}

  /**
   * Notes whose connections there are now. For who is about to use one that may be closed before
   * the monitor, which is read with a delay, comes to its commands.
   */
  synchronized void meet() {
    for (String client : met.text("CLIENT", "LIST").split("\n")) {
      if (client.contains(" user=tenant_")) {
        int port = Integer.parseInt(client.replaceFirst(".* addr=\\S*:(\\d+) .*", "$1").trim());
        userOfPort.putIfAbsent(port, client.replaceFirst(".* user=(\\S+).*", "$1"));
      }
    }
  }

  private String userOf(int port) {
    return userOfPort.computeIfAbsent(
        port,
        unknown -> {
          for (String client : users.text("CLIENT", "LIST").split("\n")) {
            if (client.contains(":" + port + " laddr") || client.contains(":" + port + " fd")) {
              return client.replaceFirst(".* user=(\\S+).*", "$1");
            }
          }
          problems.add("a connection came and went unobserved");
          return "";
        });
  }

  private void check(List<Executed> batch) {
    List<String[]> questions = new ArrayList<>();
    for (Executed one : batch) {
      List<String> words = new ArrayList<>(List.of("COMMAND", "GETKEYS"));
      words.addAll(one.line().words());
      questions.add(words.toArray(String[]::new));
    }
    List<Object> answers = keysOf.pipeline(questions);
    for (int i = 0; i < batch.size(); i++) {
      check(batch.get(i), answers.get(i));
    }
  }

  private void check(Executed one, @Nullable Object keys) {
    MonitorLine line = one.line();
    String prefix = "tenant:" + one.tenant() + ":";
    String command = line.command();
    seen.incrementAndGet();
    executed.merge(command, 1L, Long::sum);
    CommandRule rule = CommandRules.standard().find(command);
    CommandRule sub =
        line.words().size() > 1
            ? CommandRules.standard().find(command + " " + line.words().get(1))
            : null;
    boolean allowed = (rule != null && !rule.isRefused()) || (sub != null && !sub.isRefused());
    if (!allowed && !HANDSHAKE.contains(command)) {
      problems.add(one.tenant() + " executed " + line.words());
    }
    if (String.join(" ", line.words()).contains(SECRET)) {
      problems.add(one.tenant() + " knows a canary's name: " + line.words());
    }
    if (keys instanceof List<?> names && !SEARCHED_FOR_WORDS.contains(command)) {
      for (Object name : names) {
        keysChecked.incrementAndGet();
        if (!String.valueOf(name).startsWith(prefix)) {
          problems.add(one.tenant() + " named the key '" + name + "': " + line.words());
        }
      }
    } else if (keys instanceof RespError && NAMES_WITHOUT_KEY_SPECS.containsKey(command)) {
      String name = line.words().get(NAMES_WITHOUT_KEY_SPECS.get(command));
      if (!name.startsWith(prefix)) {
        problems.add(one.tenant() + " named the channel '" + name + "': " + line.words());
      }
    }
    if (command.equals("SCAN") && line.port() != 0) {
      int match = lastIndexOf(line.words(), "MATCH");
      if (match < 0 || !line.words().get(match + 1).startsWith(prefix)) {
        problems.add(one.tenant() + " scanned everything: " + line.words());
      }
    }
  }

  private static int lastIndexOf(List<String> words, String word) {
    for (int i = words.size() - 2; i >= 2; i--) {
      if (words.get(i).equalsIgnoreCase(word)) {
        return i;
      }
    }
    return -1;
  }

  private void readMessages() {
    while (true) {
      Object received = subscriber.receive();
      if (received instanceof RespPush push && push.kind().equals("pmessage")) {
        String channel = push.toString();
        if (channel.contains("end of watch")) {
          return;
        }
        // No tenant knows the secret: that is the stranger, who publishes where nobody may hear it.
        if (!channel.contains(SECRET)
            && TENANTS.stream().noneMatch(tenant -> channel.contains("tenant:" + tenant + ":"))) {
          problems.add("a message outside of the tenants' channels: " + push);
        }
      }
    }
  }

  /** Ends the observation and says what was seen. */
  void assertNothingForeignWasTouched(Map<String, String> dumpBefore, String how) {
    admin.command("ECHO", "end of watch");
    admin.command("PUBLISH", "end of watch", "end of watch");
    for (Thread reader : readers) {
      try {
        reader.join(Duration.ofMinutes(5).toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      assertThat(reader.isAlive()).as("the observer's thread still runs").isFalse();
    }
    assertThat(problems.stream().limit(20)).as(how).isEmpty();
    assertThat(differences(before, state())).as(how).isEmpty();
    assertThat(differences(dumpBefore, dump())).as(how).isEmpty();
  }

  private static List<String> differences(Map<String, String> before, Map<String, String> after) {
    Set<String> names = new TreeSet<>(before.keySet());
    names.addAll(after.keySet());
    return names.stream()
        .filter(name -> !Objects.equals(before.get(name), after.get(name)))
        .map(name -> name + ": " + before.get(name) + " became " + after.get(name))
        .limit(20)
        .toList();
  }

  /** How many commands of tenants, and of their scripts, the server executed. */
  long seen() {
    return seen.get();
  }

  /** How many keys in them the other server named. */
  long keysChecked() {
    return keysChecked.get();
  }

  /** How often each command was executed. */
  Map<String, Long> executed() {
    return executed;
  }

  @Override
  public void close() {
    for (RespConnection connection : List.of(admin, users, met, keysOf, monitor, subscriber)) {
      connection.close();
    }
  }
}
