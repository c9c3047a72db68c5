package io.tenantredis.internal.client;

import io.lettuce.core.RedisCommandInterruptedException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.RedisCommand;
import io.tenantredis.TenantId;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.keyspace.CommandRules;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The synchronous interfaces: each method calls its asynchronous namesake and waits. Other than
 * Lettuce's own it throws the exception that the command failed with, with its type, instead of a
 * copy.
 */
final class SyncCommands implements InvocationHandler {

  /**
   * The command ends itself at its deadline; this is how much longer a caller waits before it gives
   * up on that: a JVM that stood still for long may wake the caller up first.
   */
  private static final long BACKSTOP_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final Set<String> BLOCKING = CommandRules.standard().blockingNames();

  /**
   * The asynchronous method of each synchronous one. Bounded by the methods of Lettuce's
   * interfaces.
   */
  private static final ConcurrentMap<Method, Method> ASYNC = new ConcurrentHashMap<>();

  private final Supplier<TenantId> tenant;
  private final StatefulRedisConnection<?, ?> connection;
  private final Object async;

  private SyncCommands(
      Supplier<TenantId> tenant, StatefulRedisConnection<?, ?> connection, Object async) {
    this.tenant = tenant;
    this.connection = connection;
    this.async = async;
  }

  /**
   * @param tenant asked when it is needed: Lettuce wants the interfaces while it makes a handle
   */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  static <T> T proxy(
      Supplier<TenantId> tenant,
      StatefulRedisConnection<?, ?> connection,
      Object async,
      Class<?>... interfaces) {
    return (T)
        Proxy.newProxyInstance(
            SyncCommands.class.getClassLoader(),
            interfaces,
            new SyncCommands(tenant, connection, async));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    if (method.getDeclaringClass() == Object.class) {
      return ofObject(proxy, method, arguments);
    }
    if (connection instanceof SharedHandle<?, ?> shared) {
      shared.expectCommand();
    }
    Object result;
    try {
      result = asyncMethod(method).invoke(async, arguments);
    } catch (InvocationTargetException failure) {
      throw failure.getCause() == null ? failure : failure.getCause();
    }
    if (!(result instanceof RedisFuture<?> future)) {
      return result;
    }
    if (connection.isMulti()
        && !TransactionControl.isControl(method, arguments)
        && !future.toCompletableFuture().isCompletedExceptionally()) {
      return null;
    }
    return await(future);
  }

  private @Nullable Object ofObject(Object proxy, Method method, Object @Nullable [] arguments) {
    return switch (method.getName()) {
      case "equals" -> arguments != null && proxy == arguments[0];
      case "hashCode" -> System.identityHashCode(proxy);
      default -> "RedisCommands of " + connection;
    };
  }

  private Method asyncMethod(Method method) throws NoSuchMethodException {
    Method known = ASYNC.get(method);
    if (known == null) {
      known = async.getClass().getMethod(method.getName(), method.getParameterTypes());
      ASYNC.putIfAbsent(method, known);
    }
    return known;
  }

  /** Such a command takes as long as its arguments say, and it still ends itself. */
  private static boolean mayBlock(RedisFuture<?> future) {
    return future instanceof RedisCommand<?, ?, ?> command
        && BLOCKING.contains(command.getType().toString());
  }

  private @Nullable Object await(RedisFuture<?> future) {
    long timeout = mayBlock(future) ? 0 : connection.getTimeout().toNanos();
    try {
      return timeout > 0
          ? future.get(timeout + BACKSTOP_NANOS, TimeUnit.NANOSECONDS)
          : future.get();
    } catch (InterruptedException interrupted) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new RedisCommandInterruptedException(interrupted);
    } catch (TimeoutException late) {
      future.cancel(true);
      String name =
          future instanceof RedisCommand<?, ?, ?> command ? command.getType().toString() : "";
      throw Failures.timeout(tenant.get(), name, true, Duration.ofNanos(timeout + BACKSTOP_NANOS));
    } catch (ExecutionException failed) {
      throw Waiting.thrown(failed.getCause());
    }
  }
}
