package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisException;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.json.JsonParser;
import io.lettuce.core.protocol.ConnectionFacade;
import io.lettuce.core.protocol.PushHandler;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.pubsub.PubSubEndpoint;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnectionImpl;
import io.lettuce.core.pubsub.api.async.RedisPubSubAsyncCommands;
import io.lettuce.core.resource.ClientResources;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.PrefixMode;
import io.tenantredis.RefusalReason;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * Calls every method of Lettuce's command interfaces, with every option its argument types offer,
 * and shows each command that comes out of it to the guard: all have a rule, and none is refused
 * because the rule's grammar does not know what Lettuce sends.
 */
class LettuceCoverageTest {

  /** They work on the connection's object, or on their argument alone, and send nothing. */
  private static final Set<String> SEND_NOTHING =
      Set.of(
          "digest",
          "flushCommands",
          "getConnection",
          "getJsonParser",
          "getStatefulConnection",
          "isOpen",
          "setAutoFlushCommands",
          "setTimeout");

  private static ClientResources resources;

  private final Seen seen = new Seen();
  private final StatefulRedisConnectionImpl<String, String> connection =
      new StatefulRedisConnectionImpl<>(
          seen,
          proxy(PushHandler.class),
          StringCodec.UTF8,
          Duration.ofSeconds(5),
          () -> proxy(JsonParser.class));

  /**
   * Refused although Lettuce sends it: because the table says so, or because these arguments, as
   * generated, make no command that a server would take either. By the beginning of the command.
   */
  private static final List<String> NOT_TAKEN =
      List.of(
          // An index without PREFIX would hold every tenant's documents.
          "FT.CREATE",
          // BCAST without PREFIX would name every tenant's keys, and Lettuce always sends PREFIX
          // alone after OFF.
          "CLIENT TRACKING OFF",
          // The server finds TERMS by searching for the word, which extra words could be.
          "FT.SPELLCHECK text value TERMS",
          // Options of XREADGROUP, which shares its arguments' type with XREAD.
          "XREAD CLAIM",
          "XREAD NOACK",
          // Incomplete: the server answers with a syntax error.
          "FT.HYBRID text",
          "ARGREP key - +",
          "ARGREP key - 1",
          "ARGREP key 1 +",
          "ARGREP key 1 1",
          "GEOSEARCH key",
          "GEOSEARCHSTORE key key",
          "GET",
          "JSON.ARRTRIM key",
          "LCS text",
          "STRALGO LCS",
          "XTRIM key");

  @BeforeAll
  static void start() {
    resources = ClientResources.create();
  }

  @AfterAll
  static void stop() {
    resources.shutdown(0, 0, java.util.concurrent.TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void each_asynchronous_method_is_confined_or_refused() {
    assertCovered(RedisAsyncCommands.class.getMethods(), connection.async());
    assertThat(seen.names).hasSizeGreaterThan(250);
  }

  @Test
  void each_synchronous_method_is_confined_or_refused() {
    assertCovered(RedisCommands.class.getMethods(), connection.sync());
    assertThat(seen.names).hasSizeGreaterThan(250);
  }

  @Test
  void each_reactive_method_is_confined_or_refused() {
    assertCovered(RedisReactiveCommands.class.getMethods(), connection.reactive());
    assertThat(seen.names).hasSizeGreaterThan(250);
  }

  @BeforeEach
  void configure() {
    connection.setOptions(ClientOptions.create());
  }

  @Test
  void each_method_of_a_subscribers_connection_is_confined_or_refused() {
    PubSubEndpoint<String, String> endpoint =
        new PubSubEndpoint<>(ClientOptions.create(), resources);
    StatefulRedisPubSubConnectionImpl<String, String> subscriber =
        new StatefulRedisPubSubConnectionImpl<>(
            endpoint, seen, StringCodec.UTF8, Duration.ofSeconds(5));
    subscriber.setOptions(ClientOptions.create());
    assertCovered(RedisPubSubAsyncCommands.class.getDeclaredMethods(), subscriber.async());
    assertThat(seen.names)
        .contains(
            "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE");
  }

  private void assertCovered(Method[] commands, Object target) {
    Set<String> silent = new TreeSet<>();
    List<Method> methods =
        Arrays.stream(commands)
            .filter(method -> !Modifier.isStatic(method.getModifiers()) && !method.isBridge())
            .sorted(Comparator.comparing(Method::toString))
            .toList();
    for (Method method : methods) {
      int before = seen.commands;
      for (Object[] arguments : LettuceArguments.of(method)) {
        call(method, target, arguments);
      }
      if (seen.commands == before) {
        silent.add(method.getName());
      }
    }
    assertThat(seen.problems)
        .filteredOn(problem -> NOT_TAKEN.stream().noneMatch(problem::startsWith))
        .isEmpty();
    assertThat(silent).isSubsetOf(SEND_NOTHING);
  }

  private static void call(Method method, Object target, Object[] arguments) {
    try {
      Object result = method.invoke(target, arguments);
      if (result instanceof Publisher<?> publisher) {
        Flux.from(publisher).onErrorComplete().blockLast(Duration.ofSeconds(5));
      }
    } catch (InvocationTargetException e) {
      // Lettuce refuses these arguments, or the capturing connection has ended the command.
      assertThat(e.getCause()).isInstanceOfAny(RuntimeException.class, AssertionError.class);
    } catch (IllegalAccessException e) {
      throw new AssertionError(method.toString(), e);
    }
  }

  private static <T> T proxy(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> null));
  }

  /** Takes commands where a connection would send them, shows them to the guard, and ends them. */
  private static final class Seen implements RedisChannelWriter {

    private final Guard guard =
        new Guard(
            Fixtures.ACME,
            Fixtures.prefixOf("tenant:{tenant}:", "acme"),
            PrefixMode.PREFIX,
            CommandRules.standard(),
            GuardListener.NONE);
    final Set<String> names = new TreeSet<>();
    final Set<String> problems = new TreeSet<>();
    int commands;

    @Override
    public <K, V, T> RedisCommand<K, V, T> write(RedisCommand<K, V, T> command) {
      commands++;
      try {
        names.add(guard.guard(command).name());
      } catch (CommandRefusedException refused) {
        names.add(refused.command());
        boolean deliberate =
            refused.reason() == RefusalReason.REFUSED || refused.reason() == RefusalReason.OPTION;
        if (!deliberate) {
          List<byte[]> words = Fixtures.arguments(Fixtures.encoded(command));
          String text = words.stream().map(Fixtures::text).collect(Collectors.joining(" "));
          problems.add(
              refused.reason() == RefusalReason.SYNTAX ? text : refused.reason() + " " + text);
        }
      }
      command.completeExceptionally(new RedisException("captured"));
      return command;
    }

    @Override
    public <K, V> Collection<RedisCommand<K, V, ?>> write(
        Collection<? extends RedisCommand<K, V, ?>> batch) {
      throw new AssertionError("no method sends a batch");
    }

    @Override
    public void close() {}

    @Override
    public CompletableFuture<Void> closeAsync() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void setConnectionFacade(ConnectionFacade facade) {}

    @Override
    public void setAutoFlushCommands(boolean autoFlush) {}

    @Override
    public void flushCommands() {}

    @Override
    public ClientResources getClientResources() {
      return resources;
    }
  }
}
