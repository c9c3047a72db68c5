package io.tenantredis.spring.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.geo.GeoResult;
import org.springframework.data.geo.GeoResults;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisGeoCommands;
import org.springframework.data.redis.connection.RedisServerCommands;
import org.springframework.data.redis.connection.ReturnType;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.stream.MapRecord;
import org.springframework.data.redis.connection.zset.Tuple;
import org.springframework.data.redis.core.Cursor;
import reactor.core.publisher.Flux;

/**
 * Every method of Spring Data's command interfaces, on two connections: Lettuce's own on a server
 * that the application has for itself, and a tenant's on one that it shares with another tenant who
 * has keys of the same names. Results and keys are the same but for the prefix, and nobody else's
 * change.
 */
class ConnectionContractTest {

  static final String PREFIX = "tenant:acme:";

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

  static RedisServer own;
  static RedisServer shared;
  static LettuceConnectionFactory plain;
  static TenantRedis redis;
  static TenantRedisConnectionFactory tenants;

  TenantContext.Scope scope;
  final List<String> differences = new ArrayList<>();
  int compared;
  int failed;

  @BeforeAll
  static void start() {
    own = RedisServer.start();
    shared =
        RedisServer.builder()
            .adminUser("admin", "admin-secret")
            .user(
                "tenant_acme",
                "on",
                ">" + TestTenants.password("acme"),
                "~" + PREFIX + "*",
                "&" + PREFIX + "*",
                "+@all",
                "-@admin",
                "-flushall",
                "-flushdb",
                "+acl|whoami")
            .start();
    plain = new LettuceConnectionFactory(own.host(), own.port());
    plain.afterPropertiesSet();
    plain.start();
    redis = TestTenants.client(shared);
    tenants = new TenantRedisConnectionFactory(redis, CurrentTenantResolver.context());
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

  @Test
  void eachOperationOfEachGroupAnswersAndWritesAsOnAServerOfItsOwn() throws Exception {
    eachMethod("Redis", this::call);
    assertNoDifference(250);
  }

  @Test
  void eachOperationInAPipelineAnswersAndWritesAsOnAServerOfItsOwn() throws Exception {
    eachMethod(
        "Redis",
        (method, arguments) -> {
          if (!isCursor(method)) {
            both(
                method.toString(),
                factory -> {
                  try (RedisConnection connection = factory.get()) {
                    connection.openPipeline();
                    invoke(connection, method, arguments.of(method));
                    return connection.closePipeline();
                  }
                });
          }
        });
    assertNoDifference(240);
  }

  @Test
  void eachOperationInATransactionAnswersAndWritesAsOnAServerOfItsOwn() throws Exception {
    eachMethod(
        "Redis",
        (method, arguments) -> {
          if (!isCursor(method)) {
            both(
                method.toString(),
                factory -> {
                  try (RedisConnection connection = factory.get()) {
                    connection.multi();
                    invoke(connection, method, arguments.of(method));
                    return connection.exec();
                  }
                });
          }
        });
    assertNoDifference(240);
  }

  @Test
  void eachReactiveOperationAnswersAndWritesAsOnAServerOfItsOwn() throws Exception {
    eachMethod(
        "Reactive",
        (method, arguments) ->
            both(
                method.toString(),
                factory -> {
                  ReactiveRedisConnection connection = factory.reactive();
                  try {
                    Object commands = commands(connection, method);
                    Object publisher = invokeOn(commands, method, arguments.of(method));
                    return unordered(
                        method, Flux.from((Publisher<?>) publisher).collectList().block().stream());
                  } finally {
                    connection.close();
                  }
                }));
    assertNoDifference(220);
  }

  @Test
  void scriptsAnswerAsOnAServerOfTheirOwn() {
    byte[] script =
        bytes("redis.call('SET', KEYS[1], ARGV[1]) return {KEYS[1] == ARGV[2], ARGV[1]}");
    both(
        "eval",
        factory -> {
          try (RedisConnection connection = factory.get()) {
            return connection
                .scriptingCommands()
                .eval(script, ReturnType.MULTI, 1, bytes("scripted"), bytes("string"), bytes("x"));
          }
        });
    both(
        "evalSha",
        factory -> {
          try (RedisConnection connection = factory.get()) {
            String sha = connection.scriptingCommands().scriptLoad(script);
            return List.of(
                connection.scriptingCommands().scriptExists(sha),
                connection
                    .scriptingCommands()
                    .evalSha(sha, ReturnType.MULTI, 1, bytes("scripted"), bytes("v"), bytes("x")));
          }
        });
    both(
        "execute",
        factory -> {
          try (RedisConnection connection = factory.get()) {
            return connection.execute("GET", bytes("string"));
          }
        });
    assertNoDifference(3);
  }

  @Test
  void operationsOnTheServerAreRefused() throws Exception {
    load();
    Set<String> permitted = new TreeSet<>();
    for (Method method : RedisServerCommands.class.getMethods()) {
      try (RedisConnection connection = tenants.getConnection()) {
        Object[] arguments =
            Arrays.stream(method.getParameterTypes()).map(ConnectionContractTest::any).toArray();
        method.invoke(connection.serverCommands(), arguments);
        permitted.add(method.getName());
      } catch (InvocationTargetException refused) {
        assertThat(refused.getCause())
            .as(method.toString())
            .isInstanceOf(InvalidDataAccessApiUsageException.class);
      }
    }
    // These tell nothing of others. Spring Data does not wait for the answer to SHUTDOWN.
    assertThat(permitted).containsExactly("getClientName", "shutdown", "time");
    assertThat(shared.admin().text("GET", "tenant:globex:string")).isEqualTo("1");
    try (RedisConnection connection = tenants.getConnection()) {
      assertThatThrownBy(() -> connection.keyCommands().randomKey())
          .isInstanceOf(InvalidDataAccessApiUsageException.class);
      assertThatThrownBy(() -> connection.keyCommands().move(bytes("string"), 1))
          .isInstanceOf(InvalidDataAccessApiUsageException.class);
    }
  }

  private static Object any(Class<?> type) {
    if (type == int.class) {
      return 1;
    }
    if (type == long.class) {
      return 1L;
    }
    if (type == String.class) {
      return "maxmemory";
    }
    if (type == byte[].class) {
      return bytes("string");
    }
    if (type.isEnum()) {
      return type.getEnumConstants()[0];
    }
    return type == org.springframework.data.redis.connection.RedisNode.class
        ? new org.springframework.data.redis.connection.RedisNode("localhost", 1)
        : null;
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

  private void eachMethod(String kind, MethodUser user) throws Exception {
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

  private void call(Method method, ContractArguments arguments) {
    both(
        method.toString(),
        factory -> {
          try (RedisConnection connection = factory.get()) {
            Object result = invoke(connection, method, arguments.of(method));
            // Before the connection is closed.
            return result instanceof Cursor<?> cursor ? unordered(method, cursor.stream()) : result;
          }
        });
  }

  /** The same on both, from the same data; what differs is noted. */
  private void both(String what, Operation operation) {
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
                return tenants.getConnection();
              }

              @Override
              public ReactiveRedisConnection reactive() {
                return tenants.getReactiveConnection();
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
    Map<String, String> tenantKeys = keys(shared.admin(), PREFIX);
    if (!ownKeys.equals(tenantKeys)) {
      differences.add(what + "\n  own keys: " + ownKeys + "\n  tenant's: " + tenantKeys);
    }
    if (keys(shared.admin(), "tenant:globex:").size() != globexKeys
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

  private void assertNoDifference(int atLeast) {
    assertThat(differences).isEmpty();
    assertThat(compared - failed).as(failed + " failed on both").isGreaterThanOrEqualTo(atLeast);
    // Nothing that the client let through was stopped by the server alone.
    assertThat(shared.admin().command("ACL", "LOG").toString()).isEqualTo("[]");
  }

  private int globexKeys;

  private void load() {
    load(own.admin(), List.of(""));
    load(shared.admin(), List.of(PREFIX, "tenant:globex:"));
    globexKeys = keys(shared.admin(), "tenant:globex:").size();
  }

  private static void load(RespConnection server, List<String> prefixes) {
    server.command("FLUSHALL");
    for (String prefix : prefixes) {
      for (List<String> command : ContractArguments.load(prefix)) {
        server.command(command.toArray(new String[0]));
      }
    }
  }

  private static Map<String, String> keys(RespConnection server, String prefix) {
    Map<String, String> keys = new TreeMap<>();
    for (Object name : (List<?>) server.command("KEYS", prefix + "*")) {
      String key = string(name);
      keys.put(key.substring(prefix.length()), server.command("TYPE", key).toString());
    }
    return keys;
  }

  private static boolean isCursor(Method method) {
    return Cursor.class.isAssignableFrom(method.getReturnType());
  }

  private static Object invoke(RedisConnection connection, Method method, Object[] arguments)
      throws Exception {
    return invokeOn(commands(connection, method), method, arguments);
  }

  private static Object commands(Object connection, Method method) throws Exception {
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

  private static Object invokeOn(Object commands, Method method, Object[] arguments)
      throws Exception {
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
  private static Object unordered(Method method, java.util.stream.Stream<?> results) {
    return method.getName().equals("scan")
        ? results.map(each -> String.valueOf(normal(each))).sorted().toList()
        : results.toList();
  }

  // ---- results as text -----------------------------------------------------------------------

  /** In a form that can be compared and printed. */
  private static Object normal(Object value) {
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
      return collection.stream().map(ConnectionContractTest::normal).toList().toString();
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

  private static byte[] bytes(String text) {
    return ContractArguments.bytes(text);
  }
}
