package io.tenantredis.test;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The servers of one choice, and what all tests on them share. JUnit's store closes it. */
final class TestServer implements AutoCloseable {

  /** The name of all connections that are the fixture's own, for those who watch the server. */
  static final String FIXTURE = "tenant-redis-test-fixture";

  private final Deque<Runnable> closers = new ArrayDeque<>();
  private final Map<String, StatefulRedisConnection<String, String>> connections =
      new ConcurrentHashMap<>();
  private final Servers servers;
  private final ClientResources resources;
  private final RedisClient client;
  private final Provisioning provisioning;

  TestServer(ServerChoice choice) {
    boolean started = false;
    try {
      servers = Servers.of(choice);
      closers.push(servers::close);
      resources = ClientResources.create();
      closers.push(
          () ->
              resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS));
      provisioning =
          new Provisioning(named(servers.masters().get(0), FIXTURE), servers.nodes().size() > 1);
      closers.push(provisioning::close);
      client = RedisClient.create(resources);
      client.setOptions(ClientOptions.builder().autoReconnect(true).build());
      closers.push(() -> client.shutdown(Duration.ZERO, Duration.ofSeconds(2)));
      started = true;
    } finally {
      if (!started) {
        close();
      }
    }
  }

  static RedisURI named(RedisURI uri, String name) {
    RedisURI copy = RedisURI.builder(uri).build();
    copy.setClientName(name);
    return copy;
  }

  /**
   * Whether the JVM is ending and the servers with it: there is nothing to clean up, and whom to
   * ask may be gone already.
   */
  boolean endsWithTheJvm() {
    if (!servers.areOfThisJvm()) {
      return false;
    }
    try {
      Thread probe = new Thread(() -> {});
      Runtime.getRuntime().addShutdownHook(probe);
      Runtime.getRuntime().removeShutdownHook(probe);
      return false;
    } catch (IllegalStateException shuttingDown) {
      return true;
    }
  }

  Servers servers() {
    return servers;
  }

  ClientResources resources() {
    return resources;
  }

  Provisioning provisioning() {
    return provisioning;
  }

  /** The fixture's own connections, to the servers that take writes now. */
  List<StatefulRedisConnection<String, String>> masters() {
    return servers.masters().stream().map(this::connection).toList();
  }

  /** The fixture's own connections, to all servers that have data. */
  List<StatefulRedisConnection<String, String>> nodes() {
    return servers.nodes().stream().map(this::connection).toList();
  }

  private StatefulRedisConnection<String, String> connection(RedisURI uri) {
    return connections.computeIfAbsent(
        uri.getHost() + ":" + uri.getPort(), absent -> client.connect(named(uri, FIXTURE)));
  }

  /** A connection of an administrator that is one test's; the caller closes it. */
  StatefulRedisConnection<String, String> connectAdministrator(String name) {
    return client.connect(named(servers.masters().get(0), name));
  }

  @Override
  public void close() {
    RuntimeException failure = null;
    while (!closers.isEmpty()) {
      try {
        closers.pop().run();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
