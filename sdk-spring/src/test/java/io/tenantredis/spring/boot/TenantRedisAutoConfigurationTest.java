package io.tenantredis.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.TenantId;
import io.tenantredis.TenantLimitException;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.CurrentTenantResolver;
import io.tenantredis.context.NoCurrentTenantException;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import io.tenantredis.test.server.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.cache.autoconfigure.CacheAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.health.DataRedisHealthContributorAutoConfiguration;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.CacheConfig;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;

class TenantRedisAutoConfigurationTest {

  static final TenantId ACME = TenantId.of("acme");
  static final TenantId GLOBEX = TenantId.of("globex");

  static RedisServer server;

  final ApplicationContextRunner empty =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  SslAutoConfiguration.class,
                  TenantRedisAutoConfiguration.class,
                  TenantRedisCacheAutoConfiguration.class,
                  TenantRedisActuatorAutoConfiguration.class,
                  TenantRedisWebAutoConfiguration.class,
                  DataRedisAutoConfiguration.class,
                  DataRedisReactiveAutoConfiguration.class,
                  DataRedisHealthContributorAutoConfiguration.class,
                  CacheAutoConfiguration.class));

  ApplicationContextRunner runner() {
    return empty.withPropertyValues(TestTenants.properties(server, "acme", "globex"));
  }

  @BeforeAll
  static void start() {
    server = TestTenants.server("acme", "globex");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void startingNeedsNoTenantAndNoConnection() {
    empty
        .withPropertyValues(
            "tenant-redis.url=redis://localhost:1", "tenant-redis.without-acl-users=true")
        .run(
            context -> {
              assertThat(context).hasNotFailed().hasSingleBean(TenantRedis.class);
              assertThat(context.getBean(TenantRedis.class).tenantsInUse()).isEmpty();
            });
  }

  @Test
  void theTemplatesAreThoseOfTheCurrentTenant() {
    runner()
        .run(
            context -> {
              StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
              TenantContext.run(ACME, () -> template.opsForValue().set("t", "a"));
              TenantContext.run(GLOBEX, () -> template.opsForValue().set("t", "g"));
              assertThat(TenantContext.get(ACME, () -> template.opsForValue().get("t")))
                  .isEqualTo("a");
              ReactiveStringRedisTemplate reactive =
                  context.getBean(ReactiveStringRedisTemplate.class);
              assertThat(TenantContext.get(GLOBEX, () -> reactive.opsForValue().get("t").block()))
                  .isEqualTo("g");
              org.assertj.core.api.Assertions.assertThatThrownBy(
                      () -> template.opsForValue().get("t"))
                  .isInstanceOf(NoCurrentTenantException.class);
            });
  }

  @Test
  void oneSwitchTurnsEverythingOff() {
    empty
        .withPropertyValues("tenant-redis.enabled=false")
        .run(
            context -> {
              assertThat(context).doesNotHaveBean(TenantRedis.class);
              assertThat(context).doesNotHaveBean(CurrentTenantResolver.class);
              assertThat(context).hasSingleBean(LettuceConnectionFactory.class);
            });
  }

  @Test
  void theBeansBackOffBeforeTheApplicationsOwn() {
    TenantRedis own = TestTenants.client(server);
    CurrentTenantResolver resolver = () -> ACME;
    empty
        .withBean(TenantRedis.class, () -> own)
        .withBean(CurrentTenantResolver.class, () -> resolver)
        .run(
            context -> {
              assertThat(context.getBean(TenantRedis.class)).isSameAs(own);
              context.getBean(StringRedisTemplate.class).opsForValue().set("own", "1");
              assertThat(server.admin().text("GET", "tenant:acme:own")).isEqualTo("1");
            });
    runner()
        .withBean("mine", RedisConnectionFactory.class, LettuceConnectionFactory::new)
        .run(context -> assertThat(context).doesNotHaveBean(TenantRedisConnectionFactory.class));
  }

  @Test
  void allMistakesAreReportedAtOnceWithWhatToChange() {
    empty
        .withPropertyValues(
            "tenant-redis.key-prefix={tenant}-",
            "tenant-redis.retry.max-attempts=0",
            "tenant-redis.credentials.users.acme.username=x")
        .run(
            context -> {
              assertThat(context).hasFailed();
              Throwable failure = context.getStartupFailure();
              while (!(failure instanceof InvalidPropertiesException mistakes)) {
                failure = failure.getCause();
              }
              String description =
                  new InvalidPropertiesFailureAnalyzer().analyze(mistakes).getDescription();
              assertThat(description)
                  .contains("users.acme.password is missing")
                  .contains("prefix-free")
                  .contains("identity(...) is missing")
                  .contains("maxAttempts is 0");
            });
  }

  @Test
  void theRateLimitIsEachTenantsOwn() {
    runner()
        .withPropertyValues("tenant-redis.rate-limit.calls=2", "tenant-redis.rate-limit.period=1h")
        .run(
            context -> {
              StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
              TenantContext.run(
                  ACME,
                  () -> {
                    template.hasKey("a");
                    template.hasKey("a");
                    org.assertj.core.api.Assertions.assertThatThrownBy(() -> template.hasKey("a"))
                        .isInstanceOf(TransientDataAccessResourceException.class)
                        .hasCauseInstanceOf(TenantLimitException.class);
                  });
              assertThat(TenantContext.get(GLOBEX, () -> template.hasKey("a"))).isFalse();
            });
  }

  @Test
  void credentialsMayStandInAFileThatIsReadForEachConnection(@TempDir Path directory)
      throws Exception {
    Path file = directory.resolve("redis.properties");
    Files.writeString(file, "acme=" + TestTenants.password("acme") + "\n");
    empty
        .withPropertyValues(TestTenants.properties(server))
        .withPropertyValues("tenant-redis.credentials.location=" + file.toUri())
        .run(
            context -> {
              TenantRedis redis = context.getBean(TenantRedis.class);
              assertThat(redis.tenant("acme").sync().ping()).isEqualTo("PONG");
              Files.writeString(
                  file, "globex=tenant_globex:" + TestTenants.password("globex") + "\n");
              assertThat(redis.tenant("globex").sync().ping()).isEqualTo("PONG");
            });
  }

  @Test
  void theConnectionDetailsReplaceTheUrl() {
    runner()
        .withPropertyValues("tenant-redis.url=redis://localhost:1")
        .withBean(
            TenantRedisConnectionDetails.class,
            () -> () -> "redis://" + server.host() + ":" + server.port())
        .run(
            context ->
                assertThat(context.getBean(TenantRedis.class).tenant("acme").sync().ping())
                    .isEqualTo("PONG"));
  }

  @Test
  void metersAreInTheApplicationsRegistryUnlessSwitchedOff() {
    runner()
        .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
        .run(
            context -> {
              context.getBean(TenantRedis.class).tenant("acme").sync().ping();
              assertThat(context.getBean(MeterRegistry.class).getMeters()).isNotEmpty();
            });
    runner()
        .withPropertyValues("tenant-redis.metrics.enabled=false")
        .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
        .run(
            context -> {
              context.getBean(TenantRedis.class).tenant("acme").sync().ping();
              assertThat(context.getBean(MeterRegistry.class).getMeters()).isEmpty();
            });
  }

  @Test
  void healthIsUpWithoutTenantsAndWhileTheServerAnswersOne() {
    runner()
        .run(
            context -> {
              HealthIndicator health =
                  context.getBean("redisHealthIndicator", HealthIndicator.class);
              assertThat(context.getBeansOfType(HealthIndicator.class)).hasSize(1);
              assertThat(health.health().getStatus()).isEqualTo(Status.UP);
              context.getBean(TenantRedis.class).tenant("acme").sync().ping();
              assertThat(health.health().getDetails()).containsEntry("tenantsInUse", 1);
            });
  }

  @Test
  void healthIsDownWhenTheServerIsGone() {
    RedisServer other = TestTenants.server("acme");
    empty
        .withPropertyValues(TestTenants.properties(other, "acme"))
        .withPropertyValues("tenant-redis.command-timeout=3s", "tenant-redis.connect-timeout=3s")
        .run(
            context -> {
              context.getBean(TenantRedis.class).tenant("acme").sync().ping();
              other.close();
              assertThat(
                      context
                          .getBean("redisHealthIndicator", HealthIndicator.class)
                          .health()
                          .getStatus())
                  .isEqualTo(Status.DOWN);
            });
  }

  @Test
  void theEndpointNamesAndEvictsTenantsWhereItIsExposed() {
    runner().run(context -> assertThat(context).doesNotHaveBean(TenantRedisEndpoint.class));
    runner()
        .withPropertyValues("management.endpoints.web.exposure.include=tenantredis")
        .run(
            context -> {
              context.getBean(TenantRedis.class).tenant("acme").sync().ping();
              TenantRedisEndpoint endpoint = context.getBean(TenantRedisEndpoint.class);
              assertThat(endpoint.tenants())
                  .isEqualTo(
                      new TenantRedisEndpoint.Report(
                          "tenant:{tenant}:", java.util.List.of("acme")));
              endpoint.evict("acme");
              assertThat(endpoint.tenants().tenantsInUse()).isEmpty();
            });
  }

  @Test
  void cacheAnnotationsWorkOnTheCurrentTenantsCache() {
    runner()
        .withPropertyValues("spring.cache.type=redis")
        .withUserConfiguration(Caching.class)
        .withBean(Prices.class)
        .run(
            context -> {
              assertThat(context).hasSingleBean(CacheManager.class);
              Prices prices = context.getBean(Prices.class);
              assertThat(TenantContext.get(ACME, () -> prices.of("sku"))).isEqualTo("1");
              assertThat(TenantContext.get(ACME, () -> prices.of("sku"))).isEqualTo("1");
              assertThat(TenantContext.get(GLOBEX, () -> prices.of("sku"))).isEqualTo("2");
              TenantContext.run(ACME, prices::changed);
              assertThat(TenantContext.get(ACME, () -> prices.of("sku"))).isEqualTo("3");
              assertThat(TenantContext.get(GLOBEX, () -> prices.of("sku"))).isEqualTo("2");
            });
  }

  @Configuration(proxyBeanMethods = false)
  @EnableCaching
  static class Caching {}

  @CacheConfig(cacheNames = "prices")
  static class Prices {

    int computed;

    @Cacheable
    public String of(String sku) {
      return String.valueOf(++computed);
    }

    @CacheEvict(allEntries = true)
    public void changed() {
      // The annotation does the work.
    }
  }
}
