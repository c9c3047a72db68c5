package io.tenantredis.test.server;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Servers to close when the JVM ends in good order. */
final class LiveServers {

  private static final Set<RedisServer> LIVE = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> List.copyOf(LIVE).forEach(RedisServer::close), "tenant-redis-servers"));
  }

  private LiveServers() {}

  static void add(RedisServer server) {
    LIVE.add(server);
  }

  static void remove(RedisServer server) {
    LIVE.remove(server);
  }
}
