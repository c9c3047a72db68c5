package io.tenantredis.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.spring.web.ServletTenantResolver;
import io.tenantredis.spring.web.TenantGate;
import io.tenantredis.spring.web.TenantServletFilter;
import io.tenantredis.spring.web.TenantWebFilter;
import io.tenantredis.test.server.RedisServer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.session.autoconfigure.SessionAutoConfiguration;
import org.springframework.boot.session.data.redis.autoconfigure.SessionDataRedisAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.session.ReactiveSessionRepository;
import org.springframework.session.Session;
import org.springframework.session.SessionRepository;
import org.springframework.session.data.redis.ReactiveRedisSessionRepository;
import org.springframework.session.data.redis.RedisIndexedSessionRepository;
import org.springframework.session.data.redis.RedisSessionRepository;
import org.springframework.session.data.redis.config.annotation.SpringSessionRedisConnectionFactory;
import org.springframework.session.data.redis.config.annotation.web.http.EnableRedisIndexedHttpSession;
import org.springframework.session.web.http.SessionRepositoryFilter;

/** The starter next to Spring Boot's own auto-configuration of Spring Session. */
class SessionAutoConfigurationTest {

  private static final AutoConfigurations ALL =
      AutoConfigurations.of(
          SessionAutoConfiguration.class,
          SessionDataRedisAutoConfiguration.class,
          DataRedisAutoConfiguration.class,
          DataRedisReactiveAutoConfiguration.class,
          TenantRedisSessionAutoConfiguration.class,
          TenantRedisWebAutoConfiguration.class,
          TenantRedisAutoConfiguration.class);

  private static final String[] NOWHERE = {
    "tenant-redis.url=redis://localhost:1", "tenant-redis.without-acl-users=true"
  };

  private final WebApplicationContextRunner servlet =
      new WebApplicationContextRunner().withConfiguration(ALL).withPropertyValues(NOWHERE);

  private final ReactiveWebApplicationContextRunner reactive =
      new ReactiveWebApplicationContextRunner()
          .withConfiguration(ALL)
          .withUserConfiguration(Server.class)
          .withPropertyValues(NOWHERE);

  @Test
  void bootsSessionsAreOnTheTenantsConnectionsWithoutMore() {
    servlet.run(
        context ->
            assertThat(context)
                .hasNotFailed()
                .hasSingleBean(RedisSessionRepository.class)
                .hasSingleBean(SessionRepository.class));
    reactive.run(
        context ->
            assertThat(context)
                .hasNotFailed()
                .hasSingleBean(ReactiveRedisSessionRepository.class)
                .hasSingleBean(ReactiveSessionRepository.class));
  }

  @ParameterizedTest
  @CsvSource({
    "header,, before",
    "path,, before",
    "host,, before",
    "fixed,, before",
    "principal,, -90",
    "claim,, -90",
    "session,, -90",
    "header, 5, 5",
    "principal, 6, 6"
  })
  void theTenantIsKnownOutsideOfSpringSessionsFilterIfTheRequestAloneNamesIt(
      String resolver, String order, String expected) {
    int stands =
        expected.equals("before") ? FilterOrder.BEFORE_SESSIONS : Integer.parseInt(expected);
    String[] properties = {
      "tenant-redis.web.resolver=" + resolver,
      "tenant-redis.web.path=/t/{tenant}/**",
      "tenant-redis.web.host={tenant}.example.com",
      "tenant-redis.web.fixed=acme",
      order == null ? "unrelated=1" : "tenant-redis.web.order=" + order
    };
    servlet
        .withPropertyValues(properties)
        .run(
            context ->
                assertThat(
                        context
                            .getBean("tenantServletFilter", FilterRegistrationBean.class)
                            .getOrder())
                    .isEqualTo(stands));
    if (resolver.startsWith("p")) {
      reactive
          .withPropertyValues(properties)
          .run(
              context ->
                  assertThat(context.getBean(TenantWebFilter.class).getOrder()).isEqualTo(stands));
    }
    assertThat(FilterOrder.BEFORE_SESSIONS).isLessThan(SessionRepositoryFilter.DEFAULT_ORDER);
  }

  @Test
  void withoutSpringSessionTheFilterStandsBehindSecurity() {
    for (FilteredClassLoader absent :
        new FilteredClassLoader[] {
          new FilteredClassLoader(Session.class.getPackageName()),
          new FilteredClassLoader(SessionDataRedisAutoConfiguration.class)
        }) {
      new WebApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  TenantRedisSessionAutoConfiguration.class,
                  TenantRedisWebAutoConfiguration.class,
                  TenantRedisAutoConfiguration.class))
          .withPropertyValues(NOWHERE)
          .withPropertyValues("tenant-redis.web.resolver=header")
          .withClassLoader(absent)
          .run(
              context ->
                  assertThat(
                          context
                              .getBean("tenantServletFilter", FilterRegistrationBean.class)
                              .getOrder())
                      .isEqualTo(FilterOrder.BEHIND_SECURITY));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "NONE", "None"})
  void noResolverMeansNoFilterInAnyCase(String none) {
    servlet
        .withPropertyValues("tenant-redis.web.resolver=" + none)
        .run(
            context ->
                assertThat(context).hasNotFailed().doesNotHaveBean(FilterRegistrationBean.class));
    reactive
        .withPropertyValues("tenant-redis.web.resolver=" + none)
        .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(TenantWebFilter.class));
  }

  @Test
  void aRegistrationOfTheFilterUnderAnyNameTakesThePlaceOfTheStarters() {
    servlet
        .withPropertyValues("tenant-redis.web.resolver=header")
        .withUserConfiguration(OwnRegistration.class)
        .run(
            context ->
                assertThat(context.getBeansOfType(FilterRegistrationBean.class).values())
                    .filteredOn(
                        registration -> registration.getFilter() instanceof TenantServletFilter)
                    .containsExactly(context.getBean("mine", FilterRegistrationBean.class)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theIndexedRepositoryIsRefusedAtStartWithWhatToDo(boolean byProperty) {
    WebApplicationContextRunner runner =
        byProperty
            ? servlet.withPropertyValues("spring.session.data.redis.repository-type=indexed")
            : servlet.withUserConfiguration(Indexed.class);
    runner.run(context -> assertThat(mistakes(context.getStartupFailure())).contains("indexed"));
  }

  @Test
  void theReactiveIndexedRepositoryIsRefusedTheSameWay() {
    reactive
        .withPropertyValues("spring.session.data.redis.repository-type=indexed")
        .run(context -> assertThat(mistakes(context.getStartupFailure())).contains("indexed"));
  }

  @Test
  void anIndexedRepositoryMayHaveAConnectionFactoryOfItsOwn() {
    try (RedisServer own = RedisServer.start()) {
      servlet
          .withUserConfiguration(Indexed.class, OwnFactory.class)
          .withPropertyValues("own.host=" + own.host(), "own.port=" + own.port())
          .run(
              context -> {
                assertThat(context)
                    .hasNotFailed()
                    .hasSingleBean(RedisIndexedSessionRepository.class);
                assertThat(own.admin().integer("PUBSUB", "NUMPAT")).isPositive();
              });
    }
  }

  /**
   * The annotation is a qualifier alone: templates and caches would be on these connections, too.
   */
  @Test
  void aConnectionFactoryOfSessionsThatAllElseGetsAsWellKeepsTheApplicationFromStarting() {
    servlet
        .withUserConfiguration(Indexed.class, DefaultFactory.class)
        .run(
            context ->
                assertThat(mistakes(context.getStartupFailure()))
                    .contains("'sessionConnections'")
                    .contains("@Bean(defaultCandidate = false)"));
  }

  private static String mistakes(Throwable failure) {
    Throwable cause = failure;
    while (cause != null && !(cause instanceof InvalidPropertiesException)) {
      cause = cause.getCause();
    }
    assertThat(cause).as("failed as " + failure).isNotNull();
    return new InvalidPropertiesFailureAnalyzer()
        .analyze((InvalidPropertiesException) cause)
        .getDescription();
  }

  @Configuration(proxyBeanMethods = false)
  @EnableRedisIndexedHttpSession
  static class Indexed {}

  @Configuration(proxyBeanMethods = false)
  static class OwnFactory {

    @Bean(defaultCandidate = false)
    @SpringSessionRedisConnectionFactory
    RedisConnectionFactory sessionConnections(
        @Value("${own.host}") String host, @Value("${own.port}") int port) {
      return new LettuceConnectionFactory(host, port);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class DefaultFactory {

    @Bean
    @SpringSessionRedisConnectionFactory
    RedisConnectionFactory sessionConnections() {
      LettuceConnectionFactory nowhere = new LettuceConnectionFactory("localhost", 1);
      nowhere.setEagerInitialization(false);
      return nowhere;
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnRegistration {

    @Bean
    FilterRegistrationBean<TenantServletFilter> mine(ServletTenantResolver resolver) {
      return new FilterRegistrationBean<>(
          new TenantServletFilter(resolver, new TenantGate(List.of(), null, 404)));
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableConfigurationProperties(ServerProperties.class)
  static class Server {}
}
