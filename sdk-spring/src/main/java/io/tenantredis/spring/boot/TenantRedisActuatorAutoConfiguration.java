package io.tenantredis.spring.boot;

import io.micrometer.core.instrument.MeterRegistry;
import io.tenantredis.TenantRedis;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.info.ConditionalOnEnabledInfoContributor;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.CompositeHealthContributorConfiguration;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Health, info and the endpoint {@code tenantredis}, where the actuator is there. The health
 * indicator stands in the place of Boot's own, which would need a current tenant.
 */
@AutoConfiguration(
    after = TenantRedisAutoConfiguration.class,
    beforeName = {
      "org.springframework.boot.data.redis.autoconfigure.health.DataRedisHealthContributorAutoConfiguration",
      "org.springframework.boot.data.redis.autoconfigure.health.DataRedisReactiveHealthContributorAutoConfiguration"
    })
@ConditionalOnBean(TenantRedis.class)
public final class TenantRedisActuatorAutoConfiguration {

  TenantRedisActuatorAutoConfiguration() {}

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
  @ConditionalOnEnabledHealthIndicator("redis")
  static class HealthConfiguration
      extends CompositeHealthContributorConfiguration<TenantRedisHealthIndicator, TenantRedis> {

    HealthConfiguration() {
      super(TenantRedisHealthIndicator::new);
    }

    /** Of several clients each has a part of its own, by the name of its bean. */
    @Bean
    @ConditionalOnMissingBean(name = {"redisHealthIndicator", "redisHealthContributor"})
    HealthContributor redisHealthIndicator(ConfigurableListableBeanFactory beans) {
      return createContributor(TenantRedisClients.of(beans));
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
  static class EndpointConfiguration {

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnAvailableEndpoint
    TenantRedisEndpoint tenantRedisEndpoint(
        ConfigurableListableBeanFactory beans, ObjectProvider<MeterRegistry> meters) {
      return new TenantRedisEndpoint(TenantRedisClients.of(beans), meters.getIfUnique());
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(ConditionalOnEnabledInfoContributor.class)
  @ConditionalOnEnabledInfoContributor("tenant-redis")
  static class InfoConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = "tenantRedisInfoContributor")
    InfoContributor tenantRedisInfoContributor(ConfigurableListableBeanFactory beans) {
      return new TenantRedisInfoContributor(TenantRedisClients.of(beans));
    }
  }
}
