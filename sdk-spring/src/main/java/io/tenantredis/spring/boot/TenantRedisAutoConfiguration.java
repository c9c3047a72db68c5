package io.tenantredis.spring.boot;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.CurrentTenantResolver;
import io.tenantredis.spring.TenantScopedPostProcessor;
import io.tenantredis.spring.TenantTaskDecorator;
import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.task.SimpleAsyncTaskSchedulerCustomizer;
import org.springframework.boot.task.ThreadPoolTaskSchedulerCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Role;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.task.TaskDecorator;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.scheduling.annotation.SchedulingConfigurer;
import reactor.core.publisher.Hooks;

/**
 * The client, the current tenant and the connection factories. Connects nowhere: a tenant's
 * connection is opened by its first command. Off with {@code tenant-redis.enabled=false}.
 */
@AutoConfiguration(
    beforeName = {
      "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration",
      "org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration",
      "org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration",
      "org.springframework.boot.autoconfigure.task.TaskSchedulingAutoConfiguration"
    },
    afterName = {
      "org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration",
      "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
      "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration"
    })
@ConditionalOnBooleanProperty(name = "tenant-redis.enabled", matchIfMissing = true)
@EnableConfigurationProperties(TenantRedisProperties.class)
public final class TenantRedisAutoConfiguration {

  TenantRedisAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  TenantRedisConnectionDetails tenantRedisConnectionDetails(
      TenantRedisProperties properties, ObjectProvider<SslBundles> bundles) {
    return new PropertiesConnectionDetails(properties, bundles.getIfAvailable());
  }

  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean(TenantRedis.class)
  ConfiguredCredentials tenantRedisConfiguredCredentials(TenantRedisProperties properties) {
    return new ConfiguredCredentials(properties);
  }

  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean(TenantRedis.class)
  ListenerThreads tenantRedisListenerThreads() {
    return new ListenerThreads();
  }

  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  TenantRedis tenantRedis(
      TenantRedisProperties properties,
      TenantRedisConnectionDetails details,
      ConfiguredCredentials configured,
      ListenerThreads listeners,
      ObjectProvider<TenantCredentialsProvider> credentials,
      ObjectProvider<MeterRegistry> meters,
      ObjectProvider<ObservationRegistry> observations,
      ObjectProvider<TenantRedisBuilderCustomizer> customizers) {
    return new TenantRedisFactory(properties)
        .create(
            details,
            configured,
            credentials.getIfUnique(),
            meters.getIfUnique(),
            observations.getIfUnique(),
            tls(details),
            listeners::run,
            customizers.orderedStream().toList());
  }

  private static @Nullable BundleTls tls(TenantRedisConnectionDetails details) {
    SslBundle bundle = details.sslBundle();
    if (bundle == null) {
      return null;
    }
    BundleTls tls = new BundleTls(bundle);
    if (details instanceof PropertiesConnectionDetails own) {
      own.onReload(tls::reload);
    }
    return tls;
  }

  @Bean
  @ConditionalOnMissingBean
  CurrentTenantResolver currentTenantResolver() {
    return CurrentTenantResolver.context();
  }

  /**
   * In the place of Boot's own. An application's own is kept, and has to be tenants' as well.
   *
   * @return the factory under all templates
   */
  @Bean
  @ConditionalOnMissingBean({RedisConnectionFactory.class, ReactiveRedisConnectionFactory.class})
  @ConditionalOnBean(TenantRedis.class)
  TenantRedisConnectionFactory tenantRedisConnectionFactory(
      TenantRedis redis, CurrentTenantResolver tenants) {
    return new TenantRedisConnectionFactory(redis, tenants);
  }

  @Bean
  @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
  @ConditionalOnBooleanProperty(
      name = "tenant-redis.allow-other-connection-factory",
      havingValue = false,
      matchIfMissing = true)
  static NoOtherConnectionFactory tenantRedisNoOtherConnectionFactory(
      ConfigurableListableBeanFactory beans) {
    return new NoOtherConnectionFactory(beans);
  }

  @Bean
  @ConditionalOnMissingBean
  TenantTaskDecorator tenantTaskDecorator() {
    return new TenantTaskDecorator();
  }

  /** First: a customizer of the application has the last word. */
  @Bean
  @Order(Ordered.HIGHEST_PRECEDENCE)
  ThreadPoolTaskSchedulerCustomizer tenantRedisSchedulerCustomizer(
      TenantRedisProperties properties, ObjectProvider<TaskDecorator> decorators) {
    return scheduler -> scheduler.setTaskDecorator(ofJobs(properties, decorators));
  }

  @Bean
  @Order(Ordered.HIGHEST_PRECEDENCE)
  SimpleAsyncTaskSchedulerCustomizer tenantRedisSimpleSchedulerCustomizer(
      TenantRedisProperties properties, ObjectProvider<TaskDecorator> decorators) {
    return scheduler -> scheduler.setTaskDecorator(ofJobs(properties, decorators));
  }

  private static TaskDecorator ofJobs(
      TenantRedisProperties properties, ObjectProvider<TaskDecorator> decorators) {
    return properties.jobsWithoutTenant()
        ? JobsWithoutTenant.among(decorators)
        : JobsWithoutTenant.leftTo(decorators);
  }

  /** Without an order: those of the application, which may choose the scheduler, come first. */
  @Bean
  @ConditionalOnBooleanProperty(name = "tenant-redis.jobs-without-tenant", matchIfMissing = true)
  static SchedulingConfigurer tenantRedisSchedulingConfigurer() {
    return SchedulerWithoutTenant::configure;
  }

  @Bean
  static ExecutorsBeforeClients tenantRedisExecutorsBeforeClients(
      ConfigurableListableBeanFactory beans) {
    return new ExecutorsBeforeClients(beans);
  }

  @Bean
  @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
  @ConditionalOnMissingBean
  static TenantScopedPostProcessor tenantScopedPostProcessor() {
    return new TenantScopedPostProcessor();
  }

  /**
   * Reactor's operators then restore the tenant of the Reactor context on whatever thread they run.
   *
   * @return what switches it on when the application has started
   */
  @Bean
  @ConditionalOnBooleanProperty(
      name = "tenant-redis.reactor.context-propagation",
      matchIfMissing = true)
  SmartInitializingSingleton tenantReactorPropagation() {
    return Hooks::enableAutomaticContextPropagation;
  }
}
