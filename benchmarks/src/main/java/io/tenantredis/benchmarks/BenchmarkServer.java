package io.tenantredis.benchmarks;

import io.lettuce.core.RedisURI;
import io.tenantredis.test.server.RedisServer;
import java.util.Map;

/**
 * The server that all peers use, started for one run: each as the same ACL user, so that the server
 * does the same work for all of them.
 */
final class BenchmarkServer implements AutoCloseable {

  static final String TENANT = "acme";
  static final String PREFIX = prefix(TENANT);

  /** Another tenant on the same server. */
  static final String NEIGHBOUR = "globex";

  static final String PASSWORD = "benchmark";

  /** What pools are made for: the most threads that a scenario has. */
  static final int MOST_THREADS = 32;

  private final RedisServer server;

  private BenchmarkServer(RedisServer server) {
    this.server = server;
  }

  static BenchmarkServer start() {
    RedisServer server =
        RedisServer.builder()
            .user(user(TENANT), rules(PREFIX))
            .user(user(NEIGHBOUR), rules(prefix(NEIGHBOUR)))
            .start();
    BenchmarkServer started = new BenchmarkServer(server);
    started.fill();
    return started;
  }

  private static String prefix(String tenant) {
    return "tenant:" + tenant + ":";
  }

  private static String[] rules(String prefix) {
    return new String[] {"on", ">" + PASSWORD, "~" + prefix + "*", "&" + prefix + "*", "+@all"};
  }

  static String user(String tenant) {
    return "tenant_" + tenant;
  }

  String uri() {
    return server.uri();
  }

  String host() {
    return server.host();
  }

  int port() {
    return server.port();
  }

  RedisURI lettuceUri(String tenant) {
    return RedisURI.builder()
        .withHost(server.host())
        .withPort(server.port())
        .withAuthentication(user(tenant), PASSWORD)
        .build();
  }

  private void fill() {
    Data data = new Data(PREFIX);
    for (int i = 0; i < Data.KEYS; i++) {
      server.admin().command("SET", data.key(i), Data.VALUE);
      String[] hset = new String[2 + 2 * Data.HASH_FIELDS];
      hset[0] = "HSET";
      hset[1] = data.hash(i);
      int at = 2;
      for (Map.Entry<String, String> field : Data.HASH.entrySet()) {
        hset[at++] = field.getKey();
        hset[at++] = field.getValue();
      }
      server.admin().command(hset);
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
