package io.tenantredis.spring.data;

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

  private TranslatingReactive(Object target) {
    this.target = target;
  }

  static ReactiveRedisConnection connection(ReactiveRedisConnection connection) {
    return (ReactiveRedisConnection) proxy(connection, ReactiveRedisConnection.class);
  }

  private static Object proxy(Object target, Class<?> type) {
    return Proxy.newProxyInstance(
        type.getClassLoader(), new Class<?>[] {type}, new TranslatingReactive(target));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    if (method.getName().equals("equals") && arguments != null && arguments.length == 1) {
      return proxy == arguments[0];
    }
    Object result;
    try {
      result = method.invoke(target, arguments);
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
        ? proxy(result, method.getReturnType())
        : result;
  }

  private static Throwable translated(Throwable failure) {
    DataAccessException translated = Translation.of(failure);
    return translated == null ? failure : translated;
  }
}
