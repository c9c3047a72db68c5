package io.tenantredis.test;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.tenantredis.TenantRedis;
import java.net.ServerSocket;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/**
 * The same test with different servers behind it. Prints how long the first class took with all it
 * had to start, how long the second one took, and how long four more took at once, in milliseconds.
 */
final class StartUpSubjects {

  private StartUpSubjects() {}

  public static void main(String[] args) {
    Class<?>[] classes =
        switch (args[0]) {
          case "fixture" ->
              new Class<?>[] {
                Fixture1.class,
                Fixture2.class,
                Fixture3.class,
                Fixture4.class,
                Fixture5.class,
                Fixture6.class
              };
          case "embedded" ->
              new Class<?>[] {
                Embedded1.class,
                Embedded2.class,
                Embedded3.class,
                Embedded4.class,
                Embedded5.class,
                Embedded6.class
              };
          default ->
              new Class<?>[] {
                Container1.class,
                Container2.class,
                Container3.class,
                Container4.class,
                Container5.class,
                Container6.class
              };
        };
    Clock clock = new Clock();
    double begin = now();
    run(false, clock, classes[0], classes[1]);
    double first = clock.ended[0] - begin;
    double second = clock.ended[1] - clock.ended[0];
    double parallelBegin = now();
    run(true, new Clock(), Arrays.copyOfRange(classes, 2, 6));
    System.out.println("times " + first + " " + second + " " + (now() - parallelBegin));
    System.exit(0);
  }

  private static void run(boolean parallel, Clock clock, Class<?>... classes) {
    LauncherDiscoveryRequestBuilder request =
        LauncherDiscoveryRequestBuilder.request()
            .configurationParameter("junit.jupiter.execution.parallel.enabled", "" + parallel)
            .configurationParameter(
                "junit.jupiter.execution.parallel.mode.classes.default", "concurrent")
            .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
            .configurationParameter(
                "junit.jupiter.execution.parallel.config.fixed.parallelism", "4");
    for (Class<?> type : classes) {
      request.selectors(selectClass(type));
    }
    LauncherFactory.create().execute(request.build(), clock);
    if (clock.failed != null) {
      throw new IllegalStateException(clock.failed);
    }
  }

  private static double now() {
    return System.nanoTime() / 1e6;
  }

  private static final class Clock implements TestExecutionListener {

    final double[] ended = new double[6];
    volatile Throwable failed;
    private int count;

    @Override
    public synchronized void executionFinished(
        TestIdentifier identifier, TestExecutionResult result) {
      result.getThrowable().ifPresent(failure -> failed = failure);
      if (identifier.isContainer() && identifier.getSource().isPresent()) {
        ended[count++] = now();
      }
    }
  }

  @TenantRedisTest
  abstract static class Fixture {
    @Test
    void test(TenantRedis redis) {
      redis.tenant("acme").sync().set("a", "1");
    }
  }

  static class Fixture1 extends Fixture {}

  static class Fixture2 extends Fixture {}

  static class Fixture3 extends Fixture {}

  static class Fixture4 extends Fixture {}

  static class Fixture5 extends Fixture {}

  static class Fixture6 extends Fixture {}

  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  abstract static class Plain {

    private RedisClient client;
    private StatefulRedisConnection<String, String> connection;

    abstract int start() throws Exception;

    abstract void stop() throws Exception;

    @BeforeAll
    void connect() throws Exception {
      client = RedisClient.create(RedisURI.create("127.0.0.1", start()));
      connection = client.connect();
    }

    @Test
    void test() {
      connection.sync().set("a", "1");
    }

    @AfterAll
    void close() throws Exception {
      connection.close();
      client.shutdown();
      stop();
    }
  }

  abstract static class Embedded extends Plain {

    private redis.embedded.RedisServer server;

    @Override
    int start() throws Exception {
      int port;
      try (ServerSocket free = new ServerSocket(0)) {
        port = free.getLocalPort();
      }
      server = new redis.embedded.RedisServer(port);
      server.start();
      return port;
    }

    @Override
    void stop() throws Exception {
      server.stop();
    }
  }

  static class Embedded1 extends Embedded {}

  static class Embedded2 extends Embedded {}

  static class Embedded3 extends Embedded {}

  static class Embedded4 extends Embedded {}

  static class Embedded5 extends Embedded {}

  static class Embedded6 extends Embedded {}

  abstract static class Container extends Plain {

    private GenericContainer<?> container;

    @Override
    int start() {
      container =
          new GenericContainer<>(
                  Optional.ofNullable(System.getenv("TENANTREDIS_TEST_IMAGE"))
                      .orElse(TenantRedisContainer.DEFAULT_IMAGE))
              .withExposedPorts(6379)
              .waitingFor(Wait.forLogMessage(".*Ready to accept connections.*\\n", 1));
      container.start();
      return container.getMappedPort(6379);
    }

    @Override
    void stop() {
      container.stop();
    }
  }

  static class Container1 extends Container {}

  static class Container2 extends Container {}

  static class Container3 extends Container {}

  static class Container4 extends Container {}

  static class Container5 extends Container {}

  static class Container6 extends Container {}
}
