package io.tenantredis.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.TenantId;
import io.tenantredis.context.NoCurrentTenantException;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.spring.data.TenantMessageListenerContainer;
import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.annotation.RedisListener;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;

/** Annotated methods listen for one tenant, and nobody listens for all on one connection. */
class RedisListenerTest {

  static final TenantId ACME = TenantId.of("acme");
  static final TenantId GLOBEX = TenantId.of("globex");

  static RedisServer server;

  final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  TenantRedisAutoConfiguration.class,
                  TenantRedisListenerAutoConfiguration.class,
                  DataRedisAutoConfiguration.class,
                  DataRedisReactiveAutoConfiguration.class))
          .withPropertyValues(TestTenants.properties(server, "acme", "globex"));

  @BeforeAll
  static void start() {
    server = TestTenants.server("acme", "globex");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void aMethodListensAsTheTenantOfTheContainerThatItNames() {
    runner
        .withUserConfiguration(Containers.class)
        .withBean(Orders.class)
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
              Orders orders = context.getBean(Orders.class);
              for (TenantId tenant : List.of(GLOBEX, ACME)) {
                TenantContext.run(tenant, () -> template.convertAndSend("orders", "of " + tenant));
              }
              Awaitility.await()
                  .atMost(Duration.ofSeconds(30))
                  .until(() -> orders.heard.size() >= 2);
              assertThat(orders.heard)
                  .containsExactlyInAnyOrder(
                      "acme's: of acme as acme", "globex's: of globex as globex");
            });
  }

  @Test
  void aMethodThatNamesNoContainerKeepsTheApplicationFromStarting() {
    runner
        .withUserConfiguration(Containers.class)
        .withBean(OfNobody.class)
        .run(
            context -> {
              assertThat(context).hasFailed();
              assertThat(NestedExceptionUtils.getMostSpecificCause(context.getStartupFailure()))
                  .isInstanceOf(InvalidDataAccessApiUsageException.class)
                  .hasMessageContaining("@RedisListener(topic = \"orders\", container = ");
            });
  }

  @Test
  void theContainerThatAllShareRefusesListenersBeforeItKnowsThem() {
    runner.run(
        context -> {
          RedisMessageListenerContainer shared =
              context.getBean(RedisMessageListenerContainer.class);
          Queue<String> heard = new ConcurrentLinkedQueue<>();
          for (TenantId tenant : List.of(ACME, GLOBEX)) {
            assertThatThrownBy(
                    () ->
                        TenantContext.run(
                            tenant,
                            () ->
                                shared.addMessageListener(
                                    (message, pattern) -> heard.add(tenant + " " + message),
                                    new ChannelTopic("events"))))
                .isInstanceOf(InvalidDataAccessApiUsageException.class)
                .hasMessageContaining("TenantMessageListenerContainer for each tenant");
          }
          StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
          assertThat(TenantContext.get(ACME, () -> template.convertAndSend("events", "secret")))
              .isZero();
          assertThat(heard).isEmpty();
          assertThatThrownBy(() -> shared.setMessageListeners(Map.of()))
              .isInstanceOf(InvalidDataAccessApiUsageException.class);
        });
  }

  @Test
  void whoAsksForAContainerByTypeGetsTheApplicationsOne() {
    runner
        .withUserConfiguration(OneContainer.class)
        .run(
            context ->
                assertThat(context.getBean(RedisMessageListenerContainer.class))
                    .isSameAs(context.getBean("acmeListeners")));
    runner
        .withUserConfiguration(NamedAsBoots.class)
        .run(
            context ->
                assertThat(context.getBean(RedisMessageListenerContainer.class))
                    .isInstanceOf(TenantMessageListenerContainer.class));
  }

  @Test
  void switchedOffBootsOwnContainerIsThere() {
    runner
        .withPropertyValues("tenant-redis.enabled=false")
        .run(
            context ->
                assertThat(context.getBean(RedisMessageListenerContainer.class))
                    .isNotInstanceOf(SharedListenerContainer.class));
  }

  @Test
  void aPlainContainerThatStartsWithoutATenantIsExplainedAtStart() {
    runner
        .withUserConfiguration(PlainContainer.class)
        .run(
            context -> {
              assertThat(context).hasFailed();
              Throwable cause =
                  NestedExceptionUtils.getMostSpecificCause(context.getStartupFailure());
              assertThat(cause).isInstanceOf(NoCurrentTenantException.class);
              assertThat(
                      new NoCurrentTenantFailureAnalyzer()
                          .analyze(context.getStartupFailure())
                          .getAction())
                  .contains("TenantMessageListenerContainer")
                  .contains("@RedisListener(container = ...)");
            });
  }

  @Configuration(proxyBeanMethods = false)
  static class OneContainer {

    @Bean
    TenantMessageListenerContainer acmeListeners(TenantRedisConnectionFactory factory) {
      return new TenantMessageListenerContainer(factory, ACME);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class NamedAsBoots {

    @Bean
    TenantMessageListenerContainer redisMessageListenerContainer(
        TenantRedisConnectionFactory factory) {
      return new TenantMessageListenerContainer(factory, ACME);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Containers {

    @Bean
    TenantMessageListenerContainer acmeListeners(TenantRedisConnectionFactory factory) {
      return patient(new TenantMessageListenerContainer(factory, ACME));
    }

    @Bean
    TenantMessageListenerContainer globexListeners(TenantRedisConnectionFactory factory) {
      return patient(new TenantMessageListenerContainer(factory, GLOBEX));
    }

    private static TenantMessageListenerContainer patient(
        TenantMessageListenerContainer container) {
      container.setMaxSubscriptionRegistrationWaitingTime(60_000);
      return container;
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class PlainContainer {

    @Bean
    RedisMessageListenerContainer redisMessageListenerContainer(RedisConnectionFactory factory) {
      RedisMessageListenerContainer container = new RedisMessageListenerContainer();
      container.setConnectionFactory(factory);
      container.addMessageListener((message, pattern) -> {}, new ChannelTopic("orders"));
      return container;
    }
  }

  static class Orders {

    final Queue<String> heard = new ConcurrentLinkedQueue<>();

    @RedisListener(topic = "orders", container = "acmeListeners")
    void onOrder(String order) {
      heard.add("acme's: " + order + " as " + TenantContext.require());
    }

    @RedisListener(topic = "orders", container = "globexListeners")
    void onOrderOfGlobex(String order) {
      heard.add("globex's: " + order + " as " + TenantContext.require());
    }
  }

  static class OfNobody {

    @RedisListener("orders")
    void onOrder(String order) {
      throw new IllegalStateException("heard " + order);
    }
  }
}
