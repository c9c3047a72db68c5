package io.tenantredis.benchmarks;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.tenantredis.TlsOptions;
import io.tenantredis.test.server.RedisServer;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A server that all contestants of a scenario use, each as the same ACL user, so that the server
 * does the same work for all of them.
 */
final class BenchmarkServer implements AutoCloseable {

  static final String TENANT = "acme";
  static final String PREFIX = prefix(TENANT);

  /** Another tenant on the same server. */
  static final String NEIGHBOUR = "globex";

  static final String PASSWORD = "benchmark";

  /** For clients whose own default is so short that a busy machine would end the run. */
  static final int TIMEOUT_MILLIS = 60_000;

  /** How many connections pools may have: as many as most scenarios have threads. */
  static final int POOL_SIZE = 32;

  private final RedisServer server;
  private final @Nullable Path trust;

  private BenchmarkServer(RedisServer server, @Nullable Path trust) {
    this.server = server;
    this.trust = trust;
  }

  /** With the data of {@link Data}. */
  static BenchmarkServer start() {
    BenchmarkServer started = new BenchmarkServer(twoTenants().start(), null);
    started.fill();
    return started;
  }

  /** With the same data, and to be spoken to with TLS. */
  static BenchmarkServer startTls() {
    RedisServer server = twoTenants().tls().start();
    BenchmarkServer started = new BenchmarkServer(server, server.certificates().caPem());
    started.fill();
    return started;
  }

  /** Empty, with tenants named by {@link #tenant(int)}. */
  static BenchmarkServer startWithTenants(int tenants) {
    RedisServer.Builder builder =
        twoTenants().setting("maxclients", String.valueOf(2 * tenants + 1_000));
    for (int i = 0; i < tenants; i++) {
      builder.user(user(tenant(i)), rules(prefix(tenant(i))));
    }
    return new BenchmarkServer(builder.start(), null);
  }

  private static RedisServer.Builder twoTenants() {
    return RedisServer.builder()
        .user(user(TENANT), rules(PREFIX))
        .user(user(NEIGHBOUR), rules(prefix(NEIGHBOUR)));
  }

  /** What the user of a tenant with these names may do. */
  static String[] rules(String prefix) {
    return new String[] {"on", ">" + PASSWORD, "~" + prefix + "*", "&" + prefix + "*", "+@all"};
  }

  static String tenant(int number) {
    return "t" + number;
  }

  static String prefix(String tenant) {
    return "tenant:" + tenant + ":";
  }

  static String user(String tenant) {
    return "tenant_" + tenant;
  }

  String uri() {
    return trust == null ? server.uri() : server.tlsUri();
  }

  String host() {
    return server.host();
  }

  int port() {
    return server.port();
  }

  /** Whose certificates to trust, or null where TLS is not spoken. */
  @Nullable Path trust() {
    return trust;
  }

  TlsOptions tlsOptions() {
    if (trust == null) {
      throw new IllegalStateException("no TLS");
    }
    return TlsOptions.builder().trust(trust).build();
  }

  RedisURI lettuceUri(String tenant) {
    return RedisURI.builder()
        .withHost(server.host())
        .withPort(trust == null ? server.port() : server.tlsPort())
        .withSsl(trust != null)
        .withAuthentication(user(tenant), PASSWORD)
        .build();
  }

  /** Plain Lettuce with its defaults, connecting as a tenant. */
  RedisClient lettuceClient(String tenant) {
    RedisClient client = RedisClient.create(lettuceUri(tenant));
    if (trust != null) {
      client.setOptions(
          ClientOptions.builder()
              .sslOptions(
                  SslOptions.builder().jdkSslProvider().trustManager(trust.toFile()).build())
              .build());
    }
    return client;
  }

  /** Runs a command as the server's administrator. */
  void administer(String... command) {
    server.admin().command(command);
  }

  /** What the server counted since it started or was told to begin anew. */
  String statistics() {
    return String.valueOf(server.admin().command("INFO", "commandstats", "stats"));
  }

  /** How the server calls itself. */
  String version() {
    return server.version().toString();
  }

  private void fill() {
    Data data = new Data(PREFIX);
    for (int i = 0; i < Data.KEYS; i++) {
      administer("SET", data.key(i), Data.VALUE);
      String[] hset = new String[2 + 2 * Data.HASH_FIELDS];
      hset[0] = "HSET";
      hset[1] = data.hash(i);
      int at = 2;
      for (Map.Entry<String, String> field : Data.HASH.entrySet()) {
        hset[at++] = field.getKey();
        hset[at++] = field.getValue();
      }
      administer(hset);
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
