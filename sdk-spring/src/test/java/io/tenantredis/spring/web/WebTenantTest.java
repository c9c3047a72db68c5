package io.tenantredis.spring.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.TenantId;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.KnownTenants;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.test.server.RedisServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Real HTTP servers, servlet and WebFlux, and 20 tenants at once. */
class WebTenantTest {

  static final String[] TENANTS =
      IntStream.range(0, 20).mapToObj(i -> "t" + i).toArray(String[]::new);
  static final int REQUESTS = 200;

  static final HttpClient HTTP = HttpClient.newHttpClient();
  static RedisServer server;

  @BeforeAll
  static void start() {
    server = TestTenants.server(TENANTS);
    for (String tenant : TENANTS) {
      server.admin().command("SET", "tenant:" + tenant + ":whoami", tenant);
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void twoHundredConcurrentServletRequestsOfTwentyTenantsAreNeverMixedUp() throws Exception {
    try (ConfigurableApplicationContext application =
        run(WebApplicationType.SERVLET, "tenant-redis.web.resolver=header")) {
      assertNoMixUp(application, "/mvc", "/async", "/callable", "/reactive", "/future");
      assertTurnedAway(application, "/mvc");
    }
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void twoHundredConcurrentRequestsOnVirtualThreadsAreNeverMixedUp() throws Exception {
    try (ConfigurableApplicationContext application =
        run(
            WebApplicationType.SERVLET,
            "tenant-redis.web.resolver=header",
            "spring.threads.virtual.enabled=true")) {
      assertNoMixUp(application, "/mvc", "/async", "/callable", "/reactive", "/future");
      assertTurnedAway(application, "/mvc");
    }
  }

  @Test
  void twoHundredConcurrentWebFluxRequestsOfTwentyTenantsAreNeverMixedUp() throws Exception {
    try (ConfigurableApplicationContext application =
        run(WebApplicationType.REACTIVE, "tenant-redis.web.resolver=header")) {
      assertNoMixUp(application, "/reactive");
      assertTurnedAway(application, "/reactive");
    }
  }

  @Test
  void thePathMayNameTheTenant() throws Exception {
    try (ConfigurableApplicationContext application =
        run(
            WebApplicationType.SERVLET,
            "tenant-redis.web.resolver=path",
            "tenant-redis.web.path=/t/{tenant}/**")) {
      assertThat(get(application, "/t/t3/mvc", null).get(60, TimeUnit.SECONDS).body())
          .isEqualTo("t3");
      assertThat(get(application, "/mvc", null).get(60, TimeUnit.SECONDS).statusCode())
          .isEqualTo(400);
    }
  }

  @Test
  void withoutAResolverNoTenantIsMadeUp() throws Exception {
    try (ConfigurableApplicationContext application = run(WebApplicationType.SERVLET)) {
      assertThat(get(application, "/mvc", "t1").get(60, TimeUnit.SECONDS).statusCode())
          .isEqualTo(500);
    }
  }

  private static void assertNoMixUp(ConfigurableApplicationContext application, String... paths)
      throws Exception {
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      answers.add(get(application, paths[i % paths.length], TENANTS[i % 20]));
    }
    for (int i = 0; i < REQUESTS; i++) {
      HttpResponse<String> answer = answers.get(i).get(60, TimeUnit.SECONDS);
      assertThat(answer.statusCode()).as(paths[i % paths.length]).isEqualTo(200);
      assertThat(answer.body()).as(paths[i % paths.length]).isEqualTo(TENANTS[i % 20]);
    }
  }

  private static void assertTurnedAway(ConfigurableApplicationContext application, String path)
      throws Exception {
    assertThat(get(application, path, null).get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(400);
    assertThat(get(application, path, "t*").get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(400);
    assertThat(get(application, path, "nobody").get(60, TimeUnit.SECONDS).statusCode())
        .isEqualTo(404);
  }

  private static CompletableFuture<HttpResponse<String>> get(
      ConfigurableApplicationContext application, String path, String tenant) {
    int port = ((WebServerApplicationContext) application).getWebServer().getPort();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
    if (tenant != null) {
      request.header("X-Tenant", tenant);
    }
    return HTTP.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static ConfigurableApplicationContext run(WebApplicationType type, String... properties) {
    SpringApplication application = new SpringApplication(Application.class);
    application.setWebApplicationType(type);
    List<String> arguments = new ArrayList<>();
    arguments.add("--server.port=0");
    arguments.add("--spring.main.banner-mode=off");
    // Two hundred first commands at once on a busy machine.
    arguments.add("--tenant-redis.connect-timeout=60s");
    arguments.add("--tenant-redis.command-timeout=60s");
    for (String property : TestTenants.properties(server, TENANTS)) {
      arguments.add("--" + property);
    }
    for (String property : properties) {
      arguments.add("--" + property);
    }
    return application.run(arguments.toArray(new String[0]));
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @EnableAsync
  static class Application {

    @Bean
    KnownTenants knownTenants() {
      return tenant -> Set.of(TENANTS).contains(tenant.value());
    }

    @Bean
    Worker worker(StringRedisTemplate template) {
      return new Worker(template);
    }

    @Bean
    Endpoints endpoints(
        StringRedisTemplate template, ReactiveStringRedisTemplate reactive, Worker worker) {
      return new Endpoints(template, reactive, worker);
    }
  }

  static class Worker {

    final StringRedisTemplate template;

    Worker(StringRedisTemplate template) {
      this.template = template;
    }

    @Async
    public CompletableFuture<String> read() {
      return CompletableFuture.completedFuture(template.opsForValue().get("whoami"));
    }
  }

  @RestController
  static class Endpoints {

    final StringRedisTemplate template;
    final ReactiveStringRedisTemplate reactive;
    final Worker worker;

    Endpoints(StringRedisTemplate template, ReactiveStringRedisTemplate reactive, Worker worker) {
      this.template = template;
      this.reactive = reactive;
      this.worker = worker;
    }

    @GetMapping({"/mvc", "/t/{tenant}/mvc"})
    String mvc(@RequestParam(defaultValue = "whoami") String key) {
      TenantId tenant = TenantContext.require();
      String value = template.opsForValue().get(key);
      return tenant.value().equals(value) ? value : "mixed up";
    }

    @GetMapping("/async")
    CompletableFuture<String> async() {
      return worker.read();
    }

    @GetMapping("/callable")
    Callable<String> callable() {
      return () -> template.opsForValue().get("whoami");
    }

    @GetMapping("/future")
    CompletableFuture<String> future() {
      return CompletableFuture.supplyAsync(
              () -> template.opsForValue().get("whoami"),
              TenantContext.wrap(ForkJoinPool.commonPool()))
          .thenApply(first -> first);
    }

    @GetMapping("/reactive")
    Mono<String> reactive() {
      return reactive
          .opsForValue()
          .get("whoami")
          .publishOn(Schedulers.parallel())
          .flatMap(
              first ->
                  reactive
                      .opsForValue()
                      .get("whoami")
                      .filter(first::equals)
                      .defaultIfEmpty("mixed up"));
    }
  }
}
