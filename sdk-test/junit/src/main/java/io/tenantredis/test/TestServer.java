package io.tenantredis.test;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.resource.ClientResources;
import io.tenantredis.admin.TenantRedisAdmin;
import io.tenantredis.test.server.RedisServer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One server of a test run, and what all its tests share. JUnit's root store closes it. */
final class TestServer implements AutoCloseable {

  private static final String ADMINISTRATOR = "tenant-redis-test";

  private final SecureRandom random = new SecureRandom();
  private final Deque<Runnable> closers = new ArrayDeque<>();
  private final ClientResources resources;
  private final ExecutorService provisioning;
  private final TenantRedisAdmin admin;
  private final StatefulRedisConnection<String, String> connection;
  private final String url;

  TestServer(TenantRedisExtension.ServerChoice choice) {
    boolean started = false;
    try {
      RedisURI uri = choice.url() == null ? start(choice.binary()) : RedisURI.create(choice.url());
      url = (uri.isSsl() ? "rediss://" : "redis://") + uri.getHost() + ":" + uri.getPort();
      resources = ClientResources.create();
      closers.push(
          () ->
              resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS));
      admin = TenantRedisAdmin.builder(uri).discoverNodes(false).connect();
      closers.push(admin::close);
      RedisClient client = RedisClient.create(resources, uri);
      client.setOptions(ClientOptions.builder().autoReconnect(true).build());
      closers.push(() -> client.shutdown(Duration.ZERO, Duration.ofSeconds(2)));
      connection = client.connect();
      // A credentials provider must not block, and administering does.
      provisioning =
          Executors.newSingleThreadExecutor(
              task -> {
                Thread thread = new Thread(task, "tenant-redis-test-provisioning");
                thread.setDaemon(true);
                return thread;
              });
      closers.push(provisioning::shutdownNow);
      started = true;
    } finally {
      if (!started) {
        close();
      }
    }
  }

  private RedisURI start(@Nullable String binary) {
    String password = randomName();
    RedisServer.Builder builder = RedisServer.builder().adminUser(ADMINISTRATOR, password);
    if (binary != null) {
      builder.binary(Path.of(binary));
    }
    RedisServer server = builder.start();
    closers.push(server::close);
    return RedisURI.builder()
        .withHost(server.host())
        .withPort(server.port())
        .withAuthentication(ADMINISTRATOR, password.toCharArray())
        .build();
  }

  /** 64 random bits in hexadecimal digits. */
  String randomName() {
    byte[] bytes = new byte[8];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  String url() {
    return url;
  }

  ClientResources resources() {
    return resources;
  }

  ExecutorService provisioning() {
    return provisioning;
  }

  TenantRedisAdmin admin() {
    return admin;
  }

  StatefulRedisConnection<String, String> connection() {
    return connection;
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
