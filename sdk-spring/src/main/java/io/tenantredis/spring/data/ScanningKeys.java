package io.tenantredis.spring.data;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisKeyCommands;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.ScanOptions;

/**
 * A tenant's key commands, with {@code keys(pattern)} by SCAN: Spring Data's repositories look for
 * their indexes with KEYS, which walks through the keys of all tenants and holds the server up.
 */
final class ScanningKeys implements InvocationHandler {

  private static final int BATCH = 1000;

  private final TenantLettuceConnection connection;
  private final RedisKeyCommands commands;

  private ScanningKeys(TenantLettuceConnection connection, RedisKeyCommands commands) {
    this.connection = connection;
    this.commands = commands;
  }

  static RedisKeyCommands of(TenantLettuceConnection connection, RedisKeyCommands commands) {
    return (RedisKeyCommands)
        Proxy.newProxyInstance(
            RedisKeyCommands.class.getClassLoader(),
            new Class<?>[] {RedisKeyCommands.class},
            new ScanningKeys(connection, commands));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    if (method.getName().equals("keys")
        && arguments != null
        && !connection.isPipelined()
        && !connection.isQueueing()) {
      return scan((byte[]) arguments[0]);
    }
    try {
      return method.invoke(commands, arguments);
    } catch (InvocationTargetException failure) {
      throw failure.getTargetException();
    }
  }

  /** SCAN may name a key twice. */
  private Set<byte[]> scan(byte[] pattern) {
    Set<byte[]> found = new TreeSet<>(Arrays::compare);
    try (Cursor<byte[]> keys =
        commands.scan(ScanOptions.scanOptions().match(pattern).count(BATCH).build())) {
      keys.forEachRemaining(found::add);
    }
    return new LinkedHashSet<>(found);
  }
}
