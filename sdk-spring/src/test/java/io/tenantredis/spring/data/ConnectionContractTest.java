package io.tenantredis.spring.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.spring.TestTenants;
import io.tenantredis.test.server.RedisServer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisServerCommands;
import org.springframework.data.redis.connection.ReturnType;
import org.springframework.data.redis.core.Cursor;
import reactor.core.publisher.Flux;

/**
 * Every method of Spring Data's command interfaces, on two connections: Lettuce's own on a server
 * that the application has for itself, and a tenant's on one that it shares with another tenant who
 * has keys of the same names. Results and keys are the same but for the prefix, and nobody else's
 * change.
 */
class ConnectionContractTest extends ConnectionContract {

  @BeforeAll
  static void start() {
    RedisServer server = sharedServer("tenant:acme:").start();
    compare(server, TestTenants.client(server));
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

  void call(Method method, ContractArguments arguments) {
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
}
