package io.tenantredis.spring.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.CurrentTenantResolver;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.reactivestreams.Publisher;
import org.springframework.data.geo.GeoResult;
import org.springframework.data.geo.GeoResults;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisGeoCommands;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.stream.MapRecord;
import org.springframework.data.redis.connection.zset.Tuple;
import org.springframework.data.redis.core.Cursor;

/**
 * Compares two connections: Lettuce's own on a server that the application has for itself, and a
 * tenant's on one that it shares with another tenant who has keys of the same names. Results and
 * keys are the same but for the prefix, and nobody else's change.
 */
abstract class ConnectionContract {

  /** Groups of operations, and the key that their methods work on. */
  static final Map<String, String> GROUPS =
      Map.of(
          "string", "string",
          "list", "list",
          "set", "set",
          "zSet", "zset",
          "hash", "hash",
          "stream", "stream",
          "geo", "geo",
          "hyperLogLog", "hll",
          "key", "string");

  /**
   * What answers differently each time, or has no answer for a tenant: random keys, other
   * databases, all keys in one reply, and values that depend on the clock.
   */
  static final Set<String> NOT_COMPARED =
      Set.of(
          "randomKey",
          "move",
          "keys",
          "restore",
          "idletime",
          "xInfo",
          "xInfoGroups",
          "xInfoConsumers");

  /** Runs the commands in its arguments, each behind the number of its words. */
  private static final String EACH =
      """
      local at = 1
      while at <= #ARGV do
        local words = tonumber(ARGV[at])
        redis.call(unpack(ARGV, at + 1, at + words))
        at = at + words + 1
      end""";

  /** The keys that match a pattern, each with its type. */
  private static final String TYPES =
      """
      local found = {}
      for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
        found[#found + 1] = key
        found[#found + 1] = redis.call('TYPE', key).ok
      end
      return found""";

  static RedisServer own;
  static RedisServer shared;
  static LettuceConnectionFactory plain;
  static TenantRedis redis;
  static TenantRedisConnectionFactory tenants;

  TenantContext.Scope scope;
  final List<String> differences = new ArrayList<>();
  int compared;
  int failed;

  /** A server for two tenants; what the client does not refuse, it permits acme. */
  static RedisServer.Builder sharedServer(String prefix) {
    return RedisServer.builder()
        .adminUser("admin", "admin-secret")
        .user(
            "tenant_acme",
            "on",
            ">" + TestTenants.password("acme"),
            "~" + prefix + "*",
            "&" + prefix + "*",
            "+@all",
            "-@admin",
            "-flushall",
            "-flushdb",
            "+acl|whoami");
  }

  static void compare(RedisServer server, TenantRedis client) {
    shared = server;
    redis = client;
    tenants = new TenantRedisConnectionFactory(redis, CurrentTenantResolver.context());
    own = RedisServer.start();
    plain = new LettuceConnectionFactory(own.host(), own.port());
    plain.afterPropertiesSet();
    plain.start();
  }

  @AfterAll
  static void stop() {
    redis.close();
    plain.destroy();
    shared.close();
    own.close();
  }

  @BeforeEach
  void openScope() {
    scope = TenantContext.open(TenantId.of("acme"));
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  /** What a tenant's names begin with on the shared server. */
  String prefixOf(String tenant) {
    return "tenant:" + tenant + ":";
  }

  RedisConnection connection() {
    return tenants.getConnection();
  }

  ReactiveRedisConnection reactiveConnection() {
    return tenants.getReactiveConnection();
  }

  // ---- both connections ----------------------------------------------------------------------

  interface Connections {
    RedisConnection get();

    ReactiveRedisConnection reactive();
  }

  interface Operation {
    Object on(Connections factory) throws Exception;
  }

  interface MethodUser {
    void use(Method method, ContractArguments arguments) throws Exception;
  }

  void eachMethod(String kind, MethodUser user) throws Exception {
    for (Map.Entry<String, String> group : new TreeMap<>(GROUPS).entrySet()) {
      String name = group.getKey().substring(0, 1).toUpperCase() + group.getKey().substring(1);
      Class<?> type =
          Class.forName("org.springframework.data.redis.connection." + kind + name + "Commands");
      Method[] methods = type.getMethods();
      Arrays.sort(methods, Comparator.comparing(Method::toString));
      for (Method method : methods) {
        if (!Modifier.isStatic(method.getModifiers())
            && !NOT_COMPARED.contains(method.getName())
            && !Arrays.asList(method.getParameterTypes()).contains(Publisher.class)) {
          user.use(method, new ContractArguments(group.getValue()));
        }
      }
    }
  }

  /** The same on both, from the same data; what differs is noted. */
  void both(String what, Operation operation) {
    load();
    Object expected =
        outcome(
            operation,
            new Connections() {
              @Override
              public RedisConnection get() {
                return plain.getConnection();
              }

              @Override
              public ReactiveRedisConnection reactive() {
                return plain.getReactiveConnection();
              }
            });
    Object actual =
        outcome(
            operation,
            new Connections() {
              @Override
              public RedisConnection get() {
                return connection();
              }

              @Override
              public ReactiveRedisConnection reactive() {
                return reactiveConnection();
              }
            });
    compared++;
    if (expected.toString().startsWith("failed")) {
      failed++;
    }
    if (!same(expected, actual)) {
      differences.add(what + "\n  own server: " + expected + "\n  tenant:     " + actual);
    }
    Map<String, String> ownKeys = keys(own.admin(), "");
    Map<String, String> tenantKeys = keys(shared.admin(), prefixOf("acme"));
    if (!ownKeys.equals(tenantKeys)) {
      differences.add(what + "\n  own keys: " + ownKeys + "\n  tenant's: " + tenantKeys);
    }
    if (keys(shared.admin(), prefixOf("globex")).size() != globexKeys
        || keys(shared.admin(), "").size() != globexKeys + tenantKeys.size()) {
      differences.add(what + "\n  changed keys of others: " + keys(shared.admin(), ""));
    }
  }

  private static boolean same(Object expected, Object actual) {
    return expected.toString().startsWith("failed")
        ? actual.toString().startsWith("failed")
        : expected.equals(actual);
  }

  private static Object outcome(Operation operation, Connections connections) {
    try {
      return normal(operation.on(connections));
    } catch (Exception failure) {
      Throwable cause = failure instanceof InvocationTargetException ? failure.getCause() : failure;
      return "failed " + cause;
    }
  }

  void assertNoDifference(int atLeast) {
    assertThat(differences).isEmpty();
    assertThat(compared - failed).as(failed + " failed on both").isGreaterThanOrEqualTo(atLeast);
    // Nothing that the client let through was stopped by the server alone.
    assertThat(shared.admin().command("ACL", "LOG").toString()).isEqualTo("[]");
  }

  private int globexKeys;

  void load() {
    load(own.admin(), List.of(""));
    load(shared.admin(), List.of(prefixOf("acme"), prefixOf("globex")));
    globexKeys = keys(shared.admin(), prefixOf("globex")).size();
  }

  /** In one step, as this is done thousands of times. */
  private static void load(RespConnection server, List<String> prefixes) {
    List<String> call = new ArrayList<>(List.of("EVAL", EACH, "0", "1", "FLUSHALL"));
    for (String prefix : prefixes) {
      for (List<String> command : ContractArguments.load(prefix)) {
        call.add(Integer.toString(command.size()));
        call.addAll(command);
      }
    }
    server.command(call.toArray(new String[0]));
  }

  private static Map<String, String> keys(RespConnection server, String prefix) {
    Map<String, String> keys = new TreeMap<>();
    List<?> types = (List<?>) server.command("EVAL", TYPES, "0", prefix + "*");
    for (int i = 0; i < types.size(); i += 2) {
      keys.put(string(types.get(i)).substring(prefix.length()), string(types.get(i + 1)));
    }
    return keys;
  }

  static boolean isCursor(Method method) {
    return Cursor.class.isAssignableFrom(method.getReturnType());
  }

  static Object invoke(RedisConnection connection, Method method, Object[] arguments)
      throws Exception {
    return invokeOn(commands(connection, method), method, arguments);
  }

  static Object commands(Object connection, Method method) throws Exception {
    String type = method.getDeclaringClass().getSimpleName();
    for (Method accessor : connection.getClass().getMethods()) {
      if (accessor.getParameterCount() == 0
          && accessor.getName().endsWith("Commands")
          && method.getDeclaringClass().isAssignableFrom(accessor.getReturnType())) {
        accessor.setAccessible(true);
        return accessor.invoke(connection);
      }
    }
    throw new IllegalStateException(type);
  }

  static Object invokeOn(Object commands, Method method, Object[] arguments) throws Exception {
    Class<?>[] types = method.getParameterTypes();
    for (int i = 0; i < types.length; i++) {
      if (arguments[i] == null) {
        arguments[i] = ContractArguments.offsets(method);
      }
    }
    method.setAccessible(true);
    return method.invoke(commands, arguments);
  }

  /** The order of SCAN is that of hashes of names, and so of prefixes. */
  static Object unordered(Method method, java.util.stream.Stream<?> results) {
    return method.getName().equals("scan")
        ? results.map(each -> String.valueOf(normal(each))).sorted().toList()
        : results.toList();
  }

  // ---- results as text -----------------------------------------------------------------------

  /** In a form that can be compared and printed. */
  static Object normal(Object value) {
    if (value instanceof byte[] || value instanceof ByteBuffer) {
      return string(value);
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> sorted = new TreeMap<>();
      map.forEach((key, each) -> sorted.put(String.valueOf(normal(key)), normal(each)));
      return sorted.toString();
    }
    if (value instanceof MapRecord<?, ?, ?> record) {
      return normal(record.getStream()) + "@" + record.getId() + normal(record.getValue());
    }
    if (value instanceof GeoResults<?> results) {
      return normal(results.getContent());
    }
    if (value instanceof GeoResult<?> result) {
      return normal(result.getContent()) + "/" + result.getDistance();
    }
    if (value instanceof RedisGeoCommands.GeoLocation<?> location) {
      return normal(location.getName()) + " " + location.getPoint();
    }
    if (value instanceof Tuple tuple) {
      return string(tuple.getValue()) + "=" + tuple.getScore();
    }
    if (value instanceof Set<?> set) {
      return new TreeSet<>(set.stream().map(each -> String.valueOf(normal(each))).toList())
          .toString();
    }
    if (value instanceof Collection<?> collection) {
      return collection.stream().map(ConnectionContract::normal).toList().toString();
    }
    return String.valueOf(value)
        .replaceAll("\\d{13}-\\d+", "<id>")
        .replaceAll("(elapsedTimeSinceLastDeliveryMS=)\\d+", "$1<time>")
        .replaceAll("@[0-9a-f]{3,}", "");
  }

  private static String string(Object value) {
    if (value instanceof ByteBuffer buffer) {
      return StandardCharsets.ISO_8859_1.decode(buffer.duplicate()).toString();
    }
    return value instanceof byte[] bytes
        ? new String(bytes, StandardCharsets.ISO_8859_1)
        : String.valueOf(value);
  }

  static byte[] bytes(String text) {
    return ContractArguments.bytes(text);
  }
}
