package io.tenantredis.spring.boot;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.lettuce.core.AbstractRedisAsyncCommands;
import io.lettuce.core.RedisAsyncCommandsImpl;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import java.lang.reflect.Method;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.data.redis.connection.ReactiveRedisClusterConnection;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.RedisClusterServerCommands;
import org.springframework.data.redis.connection.RedisKeyCommands;

/**
 * What a native image has to keep of the SDK and the starter: the command table, the proxies of
 * command interfaces and the methods that those call.
 */
final class TenantRedisRuntimeHints implements RuntimeHintsRegistrar {

  private static final String COMMAND_TABLE = "io/tenantredis/internal/keyspace/commands.txt";

  @Override
  public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
    hints.resources().registerPattern(COMMAND_TABLE);
    hints.proxies().registerJdkProxy(RedisCommands.class, RedisClusterCommands.class);
    hints.proxies().registerJdkProxy(CircuitBreaker.class);
    hints.proxies().registerJdkProxy(CircuitBreaker.EventPublisher.class);
    invoked(hints, RedisCommands.class);
    invoked(hints, RedisClusterCommands.class);
    invoked(hints, RedisAsyncCommands.class);
    // Where the methods that the synchronous proxies look up are declared.
    hints
        .reflection()
        .registerType(RedisAsyncCommandsImpl.class, MemberCategory.INVOKE_PUBLIC_METHODS)
        .registerType(AbstractRedisAsyncCommands.class, MemberCategory.INVOKE_PUBLIC_METHODS);
    for (Class<?> type : List.of(RedisKeyCommands.class, RedisClusterServerCommands.class)) {
      hints.proxies().registerJdkProxy(type);
      invoked(hints, type);
    }
    for (Class<?> type : reactive()) {
      hints.proxies().registerJdkProxy(type);
      invoked(hints, type);
    }
  }

  /** The reactive connection and its groups of commands, also those on a cluster. */
  private static Set<Class<?>> reactive() {
    Set<Class<?>> types = new LinkedHashSet<>();
    types.add(ReactiveRedisConnection.class);
    for (Class<?> connection :
        List.of(ReactiveRedisConnection.class, ReactiveRedisClusterConnection.class)) {
      for (Method method : connection.getMethods()) {
        if (method.getName().endsWith("Commands")) {
          types.add(method.getReturnType());
        }
      }
    }
    return types;
  }

  /** With what an interface inherits. */
  private static void invoked(RuntimeHints hints, Class<?> type) {
    hints.reflection().registerType(type, MemberCategory.INVOKE_PUBLIC_METHODS);
    for (Class<?> inherited : type.getInterfaces()) {
      invoked(hints, inherited);
    }
  }
}
