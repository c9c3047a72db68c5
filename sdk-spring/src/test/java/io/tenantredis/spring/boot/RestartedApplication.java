package io.tenantredis.spring.boot;

import io.tenantredis.TenantId;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TenantScoped;
import io.tenantredis.spring.data.TenantMessageListenerContainer;
import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskSchedulingAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;

/** An application that uses what the starter has, for two tenants at once, and then closes. */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({
  TaskExecutionAutoConfiguration.class,
  TaskSchedulingAutoConfiguration.class,
  DataRedisAutoConfiguration.class,
  DataRedisReactiveAutoConfiguration.class,
  TenantRedisAutoConfiguration.class
})
@EnableAsync
@EnableScheduling
public class RestartedApplication {

  private static final List<TenantId> TENANTS = List.of(TenantId.of("acme"), TenantId.of("globex"));

  /** Starts it, works, and closes it. */
  public static void run(String[] arguments) throws Exception {
    SpringApplication application = new SpringApplication(RestartedApplication.class);
    application.setWebApplicationType(WebApplicationType.NONE);
    try (ConfigurableApplicationContext context = application.run(arguments)) {
      Work work = context.getBean(Work.class);
      List<CompletableFuture<String>> answers = new ArrayList<>();
      for (TenantId tenant : TENANTS) {
        answers.add(TenantContext.get(tenant, work::asynchronous));
      }
      for (int i = 0; i < answers.size(); i++) {
        check(TENANTS.get(i), answers.get(i).get(30, TimeUnit.SECONDS));
        check(TENANTS.get(i), work.as(TENANTS.get(i)));
        check(TENANTS.get(i), TenantContext.get(TENANTS.get(i), work::reactive));
        TenantContext.run(TENANTS.get(i), work::inAPipeline);
      }
      check(TENANTS.get(0), work.heard());
      work.awaitJob();
    }
  }

  private static void check(TenantId tenant, String answer) {
    if (!tenant.value().equals(answer)) {
      throw new IllegalStateException(tenant + " got " + answer);
    }
  }

  @Bean
  TenantRedisBuilderCustomizer meters() {
    return builder -> builder.meterRegistry(RestartingJvm.METERS);
  }

  @Bean
  Work work(StringRedisTemplate template, ReactiveStringRedisTemplate reactive) {
    return new Work(template, reactive);
  }

  @Bean
  TenantMessageListenerContainer container(TenantRedisConnectionFactory factory, Work work) {
    TenantMessageListenerContainer container =
        new TenantMessageListenerContainer(factory, TENANTS.get(0));
    container.setMaxSubscriptionRegistrationWaitingTime(60_000);
    container.addMessageListener(
        (message, pattern) -> work.hears(new String(message.getBody(), StandardCharsets.UTF_8)),
        new ChannelTopic("news"));
    return container;
  }

  /** Proxied: by {@code @Async} and by {@code @TenantScoped}. */
  public static class Work {

    private final CompletableFuture<String> heard = new CompletableFuture<>();
    private final CountDownLatch jobs = new CountDownLatch(1);
    private final StringRedisTemplate template;
    private final ReactiveStringRedisTemplate reactive;

    Work(StringRedisTemplate template, ReactiveStringRedisTemplate reactive) {
      this.template = template;
      this.reactive = reactive;
    }

    public void hears(String message) {
      heard.complete(message);
    }

    public String heard() throws Exception {
      return heard.get(30, TimeUnit.SECONDS);
    }

    public void awaitJob() throws InterruptedException {
      if (!jobs.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the job did not run");
      }
    }

    @Async
    public CompletableFuture<String> asynchronous() {
      return CompletableFuture.completedFuture(template.opsForValue().get("whoami"));
    }

    @TenantScoped("#p0")
    public String as(TenantId tenant) {
      template.convertAndSend("news", tenant.value());
      return template.opsForValue().get("whoami");
    }

    public String reactive() {
      return reactive
          .opsForValue()
          .get("whoami")
          .flatMap(first -> reactive.opsForValue().get("whoami"))
          .block(Duration.ofSeconds(30));
    }

    public void inAPipeline() {
      template.executePipelined(
          (RedisCallback<Object>)
              connection -> {
                connection.keyCommands().exists("whoami".getBytes(StandardCharsets.UTF_8));
                return null;
              });
    }

    @Scheduled(fixedRate = 10)
    public void job() {
      TenantContext.forEachTenant(TENANTS, tenant -> template.hasKey("whoami"));
      jobs.countDown();
    }
  }
}
