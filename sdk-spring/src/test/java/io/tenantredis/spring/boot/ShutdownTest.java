package io.tenantredis.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.TenantClosedException;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TenantTaskDecorator;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.spring.data.TenantMessageListenerContainer;
import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * What is under way when the application closes is brought to its end, and then nothing is left.
 */
@Timeout(300)
class ShutdownTest {

  static final TenantId ACME = TenantId.of("acme");
  static final TenantId GLOBEX = TenantId.of("globex");
  static final Duration SOON = Duration.ofSeconds(60);

  static RedisServer server;

  @BeforeAll
  static void start() {
    server = TestTenants.server("acme", "globex");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static ConfigurableApplicationContext run(
      Class<?> configuration, WebApplicationType type, String... properties) {
    SpringApplication application = new SpringApplication(configuration);
    application.setWebApplicationType(type);
    List<String> arguments = new ArrayList<>();
    arguments.add("--server.port=0");
    arguments.add("--spring.main.banner-mode=off");
    Map<String, String> all = new HashMap<>();
    for (String property :
        Stream.concat(
                Stream.of(TestTenants.properties(server, "acme", "globex")), Stream.of(properties))
            .toList()) {
      all.put(property.substring(0, property.indexOf('=')), property);
    }
    all.values().forEach(property -> arguments.add("--" + property));
    return application.run(arguments.toArray(new String[0]));
  }

  private static String stored(String key) {
    return server.admin().text("GET", "tenant:" + key);
  }

  /** Those of clients, and of what the starter begins beside them. */
  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(
            name ->
                name.startsWith("lettuce-")
                    || name.startsWith("tenant-redis-")
                    || name.startsWith("late-"))
        .sorted()
        .toList();
  }

  private static void awaitNoThreads() {
    Awaitility.await().atMost(SOON).untilAsserted(() -> assertThat(threads()).isEmpty());
  }

  @Test
  void whatIsUnderWayIsFinishedWithAWorkingClient() throws Exception {
    ConfigurableApplicationContext application =
        run(Busy.class, WebApplicationType.SERVLET, "tenant-redis.web.resolver=header");
    UnderWay underWay = application.getBean(UnderWay.class);
    TenantRedis redis = application.getBean(TenantRedis.class);
    int port = ((WebServerApplicationContext) application).getWebServer().getPort();
    CompletableFuture<HttpResponse<String>> answer =
        HttpClient.newHttpClient()
            .sendAsync(
                HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/slow"))
                    .header("X-Tenant", "acme")
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    ThreadPoolTaskExecutor executor = application.getBean(ThreadPoolTaskExecutor.class);
    StringRedisTemplate template = application.getBean(StringRedisTemplate.class);
    for (int i = 1; i <= 3; i++) {
      String key = "task-" + i;
      TenantContext.run(
          GLOBEX,
          () ->
              executor.execute(
                  () -> {
                    until(() -> executor.getThreadPoolExecutor().isShutdown());
                    template.opsForValue().set(key, "done");
                  }));
    }
    ThreadPoolTaskScheduler scheduler = application.getBean(ThreadPoolTaskScheduler.class);
    CountDownLatch jobBegan = new CountDownLatch(1);
    scheduler.schedule(
        () -> {
          jobBegan.countDown();
          until(() -> scheduler.getScheduledThreadPoolExecutor().isShutdown());
          TenantContext.run(GLOBEX, () -> template.opsForValue().set("job", "done"));
        },
        Instant.now());
    TenantContext.run(ACME, () -> template.convertAndSend("news", "x"));
    assertThat(underWay.request.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(underWay.listener.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(jobBegan.await(60, TimeUnit.SECONDS)).isTrue();

    CompletableFuture<Void> closing =
        CompletableFuture.runAsync(application::close, task -> new Thread(task).start());
    assertThat(underWay.closing.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(redis.tenant(ACME).sync().ping()).isEqualTo("PONG");
    underWay.mayAnswer.countDown();

    assertThat(answer.get(60, TimeUnit.SECONDS).body()).isEqualTo("done");
    closing.get(60, TimeUnit.SECONDS);
    assertThat(stored("acme:slow")).isEqualTo("done");
    assertThat(stored("acme:heard")).isEqualTo("done");
    assertThat(stored("globex:task-1")).isEqualTo("done");
    assertThat(stored("globex:task-2")).isEqualTo("done");
    assertThat(stored("globex:task-3")).isEqualTo("done");
    assertThat(stored("globex:job")).isEqualTo("done");
    assertThatThrownBy(() -> redis.tenant(ACME).sync().ping())
        .isInstanceOf(TenantClosedException.class);
    application.close();
    redis.close();
    awaitNoThreads();
  }

  @Test
  void closingDoesNotHangWhenTheServerDoesNotAnswer() throws Exception {
    try (WireProxy proxy = WireProxy.to(server)) {
      ConfigurableApplicationContext application =
          run(
              Listening.class,
              WebApplicationType.NONE,
              "tenant-redis.url=redis://" + proxy.host() + ":" + proxy.port(),
              "tenant-redis.command-timeout=1m",
              "tenant-redis.shutdown-timeout=300ms");
      TenantRedis redis = application.getBean(TenantRedis.class);
      assertThat(redis.tenant(ACME).sync().ping()).isEqualTo("PONG");
      proxy.blackHole();
      CompletableFuture<String> waiting = redis.tenant(ACME).async().get("k").toCompletableFuture();
      CompletableFuture.runAsync(application::close, task -> new Thread(task).start())
          .get(60, TimeUnit.SECONDS);
      assertThat(waiting).isCompletedExceptionally();
    }
    awaitNoThreads();
  }

  @Test
  void aStartThatFailsLeavesNoThreads(@TempDir Path directory) throws Exception {
    Files.writeString(directory.resolve("acme"), TestTenants.password("acme"));
    for (String mistake : List.of("no.such=mistake", "tenant-redis.retry.max-attempts=0")) {
      assertThatThrownBy(
              () ->
                  new SpringApplication(Failing.class)
                      .run(
                          "--spring.main.web-application-type=none",
                          "--spring.main.banner-mode=off",
                          "--tenant-redis.url=redis://" + server.host() + ":" + server.port(),
                          "--tenant-redis.identity=tenant_{tenant}",
                          "--tenant-redis.credentials.file=" + directory + "/{tenant}",
                          "--" + mistake))
          .isNotNull();
      awaitNoThreads();
    }
  }

  private static void until(Supplier<Boolean> condition) {
    Awaitility.await().atMost(SOON).until(condition::get);
  }

  /** What the test waits for, and what waits for the test. */
  static class UnderWay {

    final CountDownLatch request = new CountDownLatch(1);
    final CountDownLatch listener = new CountDownLatch(1);
    final CountDownLatch closing = new CountDownLatch(1);
    final CountDownLatch mayAnswer = new CountDownLatch(1);
    final CountDownLatch destroying = new CountDownLatch(1);
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Busy {

    /** Before the client: what is made first would be destroyed last. */
    @Bean
    ThreadPoolTaskExecutor lateTasks() {
      ThreadPoolTaskExecutor executor = new ThreadPoolTaskExecutor();
      executor.setThreadNamePrefix("late-task-");
      executor.setCorePoolSize(1);
      executor.setWaitForTasksToCompleteOnShutdown(true);
      executor.setAwaitTerminationSeconds(60);
      executor.setTaskDecorator(new TenantTaskDecorator());
      return executor;
    }

    @Bean
    ThreadPoolTaskScheduler lateJobs() {
      ThreadPoolTaskScheduler scheduler = new ThreadPoolTaskScheduler();
      scheduler.setThreadNamePrefix("late-job-");
      scheduler.setWaitForTasksToCompleteOnShutdown(true);
      scheduler.setAwaitTerminationSeconds(60);
      return scheduler;
    }

    @Bean
    UnderWay underWay() {
      return new UnderWay();
    }

    @Bean
    ApplicationListener<ContextClosedEvent> closing(UnderWay underWay) {
      return closed -> underWay.closing.countDown();
    }

    @Bean
    TenantMessageListenerContainer container(
        TenantRedisConnectionFactory factory, StringRedisTemplate template, UnderWay underWay) {
      TenantMessageListenerContainer container = new TenantMessageListenerContainer(factory, ACME);
      container.addMessageListener(
          (message, pattern) -> {
            underWay.listener.countDown();
            try {
              underWay.destroying.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException stopped) {
              Thread.currentThread().interrupt();
            }
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(500);
            while (System.nanoTime() - until < 0) {
              template.opsForValue().get("work");
            }
            template.opsForValue().set("heard", "done");
          },
          new ChannelTopic("news"));
      return container;
    }

    /** Destroyed before the container, when all that has a life cycle was stopped. */
    @Bean
    @DependsOn("container")
    DisposableBean destroyedFirst(UnderWay underWay) {
      return underWay.destroying::countDown;
    }

    @Bean
    Slow slow(StringRedisTemplate template, UnderWay underWay) {
      return new Slow(template, underWay);
    }
  }

  @RestController
  static class Slow {

    final StringRedisTemplate template;
    final UnderWay underWay;

    Slow(StringRedisTemplate template, UnderWay underWay) {
      this.template = template;
      this.underWay = underWay;
    }

    @GetMapping("/slow")
    String slow() throws InterruptedException {
      template.opsForValue().set("slow", "begun");
      underWay.request.countDown();
      underWay.mayAnswer.await(60, TimeUnit.SECONDS);
      template.opsForValue().set("slow", "done");
      return template.opsForValue().get("slow");
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Listening {

    @Bean
    TenantMessageListenerContainer container(TenantRedisConnectionFactory factory) {
      TenantMessageListenerContainer container = new TenantMessageListenerContainer(factory, ACME);
      container.addMessageListener((message, pattern) -> {}, new ChannelTopic("news"));
      return container;
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Failing {

    @Bean
    Object broken(TenantRedis redis) {
      redis.tenant(ACME).sync().set("k", "v");
      assertThat(threads()).isNotEmpty();
      throw new IllegalStateException("broken");
    }
  }
}
