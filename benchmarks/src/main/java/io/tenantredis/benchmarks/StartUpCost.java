package io.tenantredis.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * What the Spring Boot starter costs an application that starts, beside Boot's own Redis: the same
 * application with and without it, in turns, each time in a JVM of its own. Usage: {@code
 * StartUpCost [ROUNDS]}, 15 by default.
 *
 * <p>Prints {@code what, ratio, lower quartile, upper quartile}, tab-separated, less is better: the
 * time from the start of the JVM until the context is ready, and the time of further contexts in
 * the same JVM. No server is there and none is needed.
 */
public final class StartUpCost {

  private static final int FURTHER = 10;
  private static final int DEFAULT_ROUNDS = 15;

  private StartUpCost() {}

  /**
   * Measures.
   *
   * @param arguments see the class
   */
  public static void main(String[] arguments) {
    if (arguments.length == 2 && arguments[0].equals("--one")) {
      one(Boolean.parseBoolean(arguments[1]));
      return;
    }
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : DEFAULT_ROUNDS;
    double[][] with = new double[2][rounds];
    double[][] without = new double[2][rounds];
    for (int round = 0; round < rounds; round++) {
      // Who begins changes: the second finds more in the caches of the machine.
      boolean first = round % 2 == 0;
      take(first ? with : without, round, first);
      take(first ? without : with, round, !first);
    }
    print("first context of a JVM", with[0], without[0]);
    print("further contexts", with[1], without[1]);
  }

  private static void print(String what, double[] with, double[] without) {
    Sample ratio = Sample.ofRatios(with, without);
    System.out.printf(
        Locale.ROOT, "%s\t%.2f\t%.2f\t%.2f%n", what, ratio.median(), ratio.low(), ratio.high());
  }

  private static void take(double[][] figures, int round, boolean withTheStarter) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(StartUpCost.class.getName());
    command.add("--one");
    command.add(Boolean.toString(withTheStarter));
    try {
      Process jvm =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      try (BufferedReader out = jvm.inputReader()) {
        figures[0][round] = Double.parseDouble(out.readLine());
        figures[1][round] = Double.parseDouble(out.readLine());
      } finally {
        jvm.destroyForcibly();
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static void one(boolean withTheStarter) {
    ConfigurableApplicationContext first = start(withTheStarter);
    System.out.println(ManagementFactory.getRuntimeMXBean().getUptime());
    first.close();
    long nanos = 0;
    for (int i = 0; i < FURTHER; i++) {
      long began = System.nanoTime();
      ConfigurableApplicationContext context = start(withTheStarter);
      nanos += System.nanoTime() - began;
      context.close();
    }
    System.out.println(nanos / 1e6 / FURTHER);
  }

  static ConfigurableApplicationContext start(boolean withTheStarter) {
    SpringApplication application = new SpringApplication(Application.class);
    application.setWebApplicationType(WebApplicationType.NONE);
    application.setBannerMode(Banner.Mode.OFF);
    application.setLogStartupInfo(false);
    return application.run(
        "--logging.level.root=error",
        "--tenant-redis.enabled=" + withTheStarter,
        "--tenant-redis.url=redis://localhost:1",
        "--tenant-redis.identity=tenant_{tenant}",
        "--tenant-redis.credentials.users.acme.password=secret",
        "--spring.data.redis.port=1");
  }

  /** Both use what an application would. */
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Application {

    @Bean
    Service service(StringRedisTemplate template) {
      return new Service(template);
    }
  }

  /** Of the application. */
  record Service(StringRedisTemplate template) {}
}
