package io.tenantredis.spring.data;

import io.tenantredis.context.CurrentTenantResolver;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A reactive connection whose publishers fail with the exceptions of {@link Translation}: Spring
 * Data's own translation cannot be replaced.
 */
final class TranslatingReactive implements InvocationHandler {

  private final Object target;
  private final @Nullable TenantReactivePubSub pubSub;

  private TranslatingReactive(Object target, @Nullable TenantReactivePubSub pubSub) {
    this.target = target;
    this.pubSub = pubSub;
  }

  /** A connection of a tenant, whose subscriptions are the SDK's. */
  static ReactiveRedisConnection connection(
      ReactiveRedisConnection connection,
      TenantConnections connections,
      CurrentTenantResolver tenants) {
    return (ReactiveRedisConnection)
        proxy(
            connection,
            ReactiveRedisConnection.class,
            new TenantReactivePubSub(connections, tenants, connection.pubSubCommands()));
  }

  private static Object proxy(Object target, Class<?> type, @Nullable TenantReactivePubSub pubSub) {
    return Proxy.newProxyInstance(
        type.getClassLoader(), new Class<?>[] {type}, new TranslatingReactive(target, pubSub));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    if (method.getName().equals("equals") && arguments != null && arguments.length == 1) {
      return proxy == arguments[0];
    }
    Object result;
    try {
      result = invoked(method, arguments);
    } catch (InvocationTargetException failure) {
      throw translated(failure.getTargetException());
    }
    if (result instanceof Mono<?> mono) {
      return mono.onErrorMap(TranslatingReactive::translated);
    }
    if (result instanceof Flux<?> flux) {
      return flux.onErrorMap(TranslatingReactive::translated);
    }
    return result != null && method.getName().endsWith("Commands")
        ? proxy(result, method.getReturnType(), null)
        : result;
  }

  private @Nullable Object invoked(Method method, Object @Nullable [] arguments)
      throws IllegalAccessException, InvocationTargetException {
    if (pubSub != null) {
      switch (method.getName()) {
        case "pubSubCommands" -> {
          return pubSub;
        }
        case "closeLater" -> {
          return pubSub.close().then((Mono<?>) method.invoke(target, arguments));
        }
        case "close" -> pubSub.close().block();
        default -> {
          // As it is.
        }
      }
    }
    return method.invoke(target, arguments);
  }

  static Throwable translated(Throwable failure) {
    DataAccessException translated = Translation.of(failure);
    return translated == null ? failure : translated;
  }
}
