package io.tenantredis.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.TenantClosedException;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.CurrentTenantResolver;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import io.tenantredis.test.server.RedisServer;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.cache.autoconfigure.CacheAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.health.DataRedisHealthContributorAutoConfiguration;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/** An application with clients to two servers. */
class SeveralClientsTest {

  static final TenantId ACME = TenantId.of("acme");

  static RedisServer first;
  static RedisServer second;

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
                  CacheAutoConfiguration.class))
          .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
          .withPropertyValues("management.endpoints.web.exposure.include=tenantredis");

  final ApplicationContextRunner withSessions =
      empty
          .withPropertyValues(TestTenants.properties(first, "acme"))
          .withUserConfiguration(Sessions.class);

  @BeforeAll
  static void start() {
    first = TestTenants.server("acme");
    second = TestTenants.server("acme");
    second.admin().command("ACL", "SETUSER", "tenant_acme", "~shop/acme/*");
  }

  @AfterAll
  static void stop() {
    first.close();
    second.close();
  }

  @Test
  void aSecondClientHasItsOwnFactoryAndTemplateByQualifier() {
    withSessions.run(
        context -> {
          StringRedisTemplate main =
              context.getBean("stringRedisTemplate", StringRedisTemplate.class);
          StringRedisTemplate sessions =
              context.getBean("sessionsTemplate", StringRedisTemplate.class);
          TenantContext.run(ACME, () -> main.opsForValue().set("which", "main"));
          TenantContext.run(ACME, () -> sessions.opsForValue().set("which", "sessions"));
          assertThat(first.admin().text("GET", "tenant:acme:which")).isEqualTo("main");
          assertThat(second.admin().text("GET", "shop/acme/which")).isEqualTo("sessions");
          assertThat(context.getBean(RedisConnectionFactory.class))
              .isSameAs(context.getBean("tenantRedisConnectionFactory"));
        });
  }

  @Test
  void healthInfoAndTheEndpointShowEachOfThem() {
    withSessions.run(
        context -> {
          TenantRedis main = context.getBean("tenantRedis", TenantRedis.class);
          TenantRedis sessions = context.getBean("sessions", TenantRedis.class);
          main.tenant(ACME).sync().ping();
          assertThatThrownBy(() -> main.tenant(ACME).sync().flushall())
              .isInstanceOf(CommandRefusedException.class);
          CompositeHealthContributor health =
              context.getBean("redisHealthIndicator", CompositeHealthContributor.class);
          assertThat(healthOf(health, "tenantRedis").getDetails()).containsEntry("tenantsInUse", 1);
          assertThat(healthOf(health, "sessions").getDetails()).containsEntry("tenantsInUse", 0);
          Map<String, TenantRedisEndpoint.Client> clients =
              context.getBean(TenantRedisEndpoint.class).tenants().clients();
          assertThat(clients).containsOnlyKeys("tenantRedis", "sessions");
          assertThat(clients.get("tenantRedis").keyPrefix()).isEqualTo("tenant:{tenant}:");
          assertThat(clients.get("sessions").keyPrefix()).isEqualTo("shop/{tenant}/");
          assertThat(clients.get("tenantRedis").tenantsInUse()).containsExactly("acme");
          assertThat(clients.get("sessions").tenantsInUse()).isEmpty();
          assertThat(clients.get("tenantRedis").refusals()).containsEntry("acme", 1.0);
          assertThat(clients.get("sessions").refusals()).isEmpty();
          sessions.tenant(ACME).sync().ping();
          context.getBean(TenantRedisEndpoint.class).evict("acme");
          assertThat(main.tenantsInUse()).isEmpty();
          assertThat(sessions.tenantsInUse()).isEmpty();
          Info.Builder info = new Info.Builder();
          context.getBean(InfoContributor.class).contribute(info);
          assertThat(info.build().get("tenantRedis").toString())
              .isEqualTo(
                  "{sessions={keyPrefix=shop/{tenant}/, prefixMode=PREFIX, aclUsers=true, tenantsInUse=0},"
                      + " tenantRedis={keyPrefix=tenant:{tenant}:, prefixMode=PREFIX, aclUsers=true, tenantsInUse=0}}");
        });
  }

  @Test
  void oneServerThatIsGoneShowsInItsOwnPartOfTheHealth() {
    try (RedisServer gone = TestTenants.server("acme")) {
      withSessions
          .withPropertyValues(TestTenants.properties(gone, "acme"))
          .withPropertyValues(
              "tenant-redis.command-timeout=30s", "tenant-redis.connect-timeout=30s")
          .run(
              context -> {
                context.getBean("tenantRedis", TenantRedis.class).tenant(ACME).sync().ping();
                context.getBean("sessions", TenantRedis.class).tenant(ACME).sync().ping();
                gone.close();
                CompositeHealthContributor health =
                    context.getBean("redisHealthIndicator", CompositeHealthContributor.class);
                assertThat(healthOf(health, "tenantRedis").getStatus()).isEqualTo(Status.DOWN);
                assertThat(healthOf(health, "sessions").getStatus()).isEqualTo(Status.UP);
              });
    }
  }

  private static Health healthOf(CompositeHealthContributor health, String client) {
    HealthContributor part = health.getContributor(client);
    assertThat(part).isInstanceOf(HealthIndicator.class);
    return ((HealthIndicator) part).health();
  }

  @Test
  void allOfThemCloseWithTheApplicationAndTakeTheirMetersAlong() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    AtomicReference<TenantRedis> main = new AtomicReference<>();
    AtomicReference<TenantRedis> sessions = new AtomicReference<>();
    new ApplicationContextRunner()
        .withConfiguration(AutoConfigurations.of(TenantRedisAutoConfiguration.class))
        .withPropertyValues(TestTenants.properties(first, "acme"))
        .withUserConfiguration(Sessions.class)
        .withBean(MeterRegistry.class, () -> meters)
        .run(
            context -> {
              main.set(context.getBean("tenantRedis", TenantRedis.class));
              sessions.set(context.getBean("sessions", TenantRedis.class));
              main.get().tenant(ACME).sync().ping();
              sessions.get().tenant(ACME).sync().ping();
              assertThat(main.get().name()).isNotEqualTo(sessions.get().name());
              for (TenantRedis redis : new TenantRedis[] {main.get(), sessions.get()}) {
                assertThat(
                        meters
                            .find("db.client.connection.count")
                            .tag("db.client.connection.pool.name", redis.name())
                            .meters())
                    .isNotEmpty();
              }
            });
    for (TenantRedis redis : new TenantRedis[] {main.get(), sessions.get()}) {
      assertThatThrownBy(() -> redis.tenant(ACME).sync().ping())
          .isInstanceOf(TenantClosedException.class);
    }
    assertThat(meters.getMeters()).isEmpty();
  }

  @Test
  void clientsThatAreAllTheApplicationsOwnAreShownAndNoneIsMade() {
    empty
        .withUserConfiguration(OwnClients.class)
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context.getBeansOfType(TenantRedis.class))
                  .containsOnlyKeys("carts", "stock");
              assertThat(context.getBeansOfType(RedisConnectionFactory.class))
                  .containsOnlyKeys("cartsFactory", "stockFactory");
              assertThat(context.getBean(TenantRedisEndpoint.class).tenants().clients())
                  .containsOnlyKeys("carts", "stock");
              CompositeHealthContributor health =
                  context.getBean("redisHealthIndicator", CompositeHealthContributor.class);
              assertThat(healthOf(health, "carts").getStatus()).isEqualTo(Status.UP);
              assertThat(healthOf(health, "stock").getStatus()).isEqualTo(Status.UP);
            });
  }

  /** Spring Boot's factory would know nothing of tenants. */
  @Test
  void clientsAmongWhichTheTemplatesCannotChooseKeepTheApplicationFromStarting() {
    empty
        .withBean("carts", TenantRedis.class, () -> TestTenants.client(first))
        .withBean("stock", TenantRedis.class, () -> TestTenants.client(second))
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .hasRootCauseInstanceOf(NoUniqueBeanDefinitionException.class));
  }

  @Test
  void switchedOffTheApplicationsOwnClientIsLeftAlone() {
    empty
        .withPropertyValues("tenant-redis.enabled=false")
        .withUserConfiguration(Sessions.class)
        .withBean(CurrentTenantResolver.class, CurrentTenantResolver::context)
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context.getBeansOfType(TenantRedis.class)).containsOnlyKeys("sessions");
              assertThat(context.getBean(RedisConnectionFactory.class))
                  .isInstanceOf(LettuceConnectionFactory.class);
              assertThat(
                      TenantContext.get(
                          ACME,
                          () ->
                              context
                                  .getBean("sessionsTemplate", StringRedisTemplate.class)
                                  .hasKey("none")))
                  .isFalse();
            });
  }

  @Configuration(proxyBeanMethods = false)
  static class Sessions {

    @Bean(defaultCandidate = false)
    @Qualifier("sessions")
    TenantRedis sessions(ObjectProvider<MeterRegistry> meters) {
      TenantRedis.Builder builder =
          TenantRedis.builder("redis://" + second.host() + ":" + second.port())
              .keyPrefix("shop/{tenant}/")
              .identity("tenant_{tenant}")
              .credentials(TestTenants.credentials());
      meters.ifAvailable(builder::meterRegistry);
      return builder.build();
    }

    @Bean(defaultCandidate = false)
    @Qualifier("sessions")
    TenantRedisConnectionFactory sessionsFactory(
        @Qualifier("sessions") TenantRedis sessions, CurrentTenantResolver tenants) {
      return new TenantRedisConnectionFactory(sessions, tenants);
    }

    @Bean(defaultCandidate = false)
    @Qualifier("sessions")
    StringRedisTemplate sessionsTemplate(
        @Qualifier("sessions") TenantRedisConnectionFactory factory) {
      return new StringRedisTemplate(factory);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnClients {

    @Bean
    TenantRedis carts() {
      return TestTenants.client(first);
    }

    @Bean
    TenantRedis stock() {
      return TestTenants.client(second);
    }

    @Bean
    @Primary
    TenantRedisConnectionFactory cartsFactory(
        @Qualifier("carts") TenantRedis carts, CurrentTenantResolver tenants) {
      return new TenantRedisConnectionFactory(carts, tenants);
    }

    @Bean
    TenantRedisConnectionFactory stockFactory(
        @Qualifier("stock") TenantRedis stock, CurrentTenantResolver tenants) {
      return new TenantRedisConnectionFactory(stock, tenants);
    }
  }
}
