package io.tenantredis.spring.data;

import io.tenantredis.KeyWalk;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisKeyCommands;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.KeyScanOptions;
import org.springframework.data.redis.core.ScanOptions;

/**
 * A tenant's key commands, with {@code keys(pattern)} by SCAN: Spring Data's repositories look for
 * their indexes with KEYS, which walks through the keys of all tenants and holds the server up. On
 * a cluster SCAN only finds what is on one node, so that all nodes are walked instead.
 */
final class ScanningKeys implements InvocationHandler {

  private static final int BATCH = 1000;

  private static final int LARGEST_BATCH = 10_000;

  private final TenantLettuceConnection connection;
  private final TenantConnections connections;
  private final RedisKeyCommands commands;

  private ScanningKeys(
      TenantLettuceConnection connection,
      TenantConnections connections,
      RedisKeyCommands commands) {
    this.connection = connection;
    this.connections = connections;
    this.commands = commands;
  }

  static RedisKeyCommands of(
      TenantLettuceConnection connection,
      TenantConnections connections,
      RedisKeyCommands commands) {
    return (RedisKeyCommands)
        Proxy.newProxyInstance(
            RedisKeyCommands.class.getClassLoader(),
            new Class<?>[] {RedisKeyCommands.class},
            new ScanningKeys(connection, connections, commands));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    if (arguments != null && !connection.isPipelined() && !connection.isQueueing()) {
      if (method.getName().equals("keys")) {
        return keys((byte[]) arguments[0]);
      }
      if (arguments[0] instanceof ScanOptions options) {
        return scan(options);
      }
    }
    try {
      return method.invoke(commands, arguments);
    } catch (InvocationTargetException failure) {
      throw failure.getTargetException();
    }
  }

  /** SCAN may name a key twice. */
  private Set<byte[]> keys(byte[] pattern) {
    Set<byte[]> found = new TreeSet<>(Arrays::compare);
    try (Cursor<byte[]> keys =
        scan(ScanOptions.scanOptions().match(pattern).count(BATCH).build())) {
      keys.forEachRemaining(found::add);
    }
    return new LinkedHashSet<>(found);
  }

  private Cursor<byte[]> scan(ScanOptions options) {
    return connections.onCluster() && canBeWalked(options)
        ? new WalkCursor(connections.keys(), walk(options), connection::checkTenant)
        : commands.scan(options);
  }

  /** A walk knows no types, and a pattern only as text. */
  private static boolean canBeWalked(ScanOptions options) {
    if (options instanceof KeyScanOptions keys && keys.getType() != null) {
      return false;
    }
    byte[] pattern = options.getBytePattern();
    return pattern == null
        || Arrays.equals(
            pattern, new String(pattern, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8));
  }

  private static KeyWalk.Builder walk(ScanOptions options) {
    Long count = options.getCount();
    KeyWalk.Builder walk =
        KeyWalk.builder()
            .batchSize(count == null ? BATCH : (int) Math.max(1, Math.min(count, LARGEST_BATCH)));
    byte[] pattern = options.getBytePattern();
    return pattern == null ? walk : walk.pattern(new String(pattern, StandardCharsets.UTF_8));
  }
}
