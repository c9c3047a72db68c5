package io.tenantredis.spring.boot;

import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TenantScoped;
import java.time.Duration;
import org.springframework.aop.support.AopUtils;
import org.springframework.aot.AotDetector;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskSchedulingAutoConfiguration;
import org.springframework.boot.cache.autoconfigure.CacheAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;

/** What is processed ahead of time, and then started from what came of that. */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({
  SslAutoConfiguration.class,
  TaskExecutionAutoConfiguration.class,
  TaskSchedulingAutoConfiguration.class,
  DataRedisAutoConfiguration.class,
  DataRedisReactiveAutoConfiguration.class,
  CacheAutoConfiguration.class,
  TenantRedisAutoConfiguration.class,
  TenantRedisCacheAutoConfiguration.class,
  TenantRedisActuatorAutoConfiguration.class,
  EndpointAutoConfiguration.class
})
@EnableCaching
public class AheadOfTimeApplication {

  /** Makes a round trip for each of two tenants. */
  public static void main(String[] arguments) {
    try (ConfigurableApplicationContext context =
        SpringApplication.run(AheadOfTimeApplication.class, arguments)) {
      System.out.println("ahead of time: " + AotDetector.useGeneratedArtifacts());
      Carts carts = context.getBean(Carts.class);
      System.out.println("proxied: " + AopUtils.isCglibProxy(carts));
      for (String tenant : new String[] {"acme", "globex"}) {
        carts.put(tenant, "cart of " + tenant);
      }
      for (String tenant : new String[] {"acme", "globex"}) {
        System.out.println(tenant + ": " + carts.of(tenant));
        System.out.println(
            tenant
                + " cached: "
                + TenantContext.get(TenantId.of(tenant), carts::cached)
                + TenantContext.get(TenantId.of(tenant), carts::cached));
      }
      System.out.println(
          "in use: " + context.getBean(TenantRedis.class).tenantsInUse().size() + " tenants");
      System.out.println(
          "endpoint: " + context.getBean(TenantRedisEndpoint.class).tenants().clients().keySet());
    }
  }

  @Bean
  Carts carts(StringRedisTemplate template, ReactiveStringRedisTemplate reactive) {
    return new Carts(template, reactive);
  }

  /** Proxied. */
  public static class Carts {

    private final StringRedisTemplate template;
    private final ReactiveStringRedisTemplate reactive;
    private int computed;

    Carts(StringRedisTemplate template, ReactiveStringRedisTemplate reactive) {
      this.template = template;
      this.reactive = reactive;
    }

    @TenantScoped("#tenant")
    public void put(String tenant, String cart) {
      template.opsForValue().set("cart", cart);
    }

    @TenantScoped("#tenant")
    public String of(String tenant) {
      return reactive.opsForValue().get("cart").block(Duration.ofSeconds(30));
    }

    @Cacheable("computed")
    public String cached() {
      return String.valueOf(++computed);
    }
  }
}
