package io.tenantredis.spring.boot;

import io.tenantredis.context.CurrentTenantResolver;
import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.cache.autoconfigure.CacheAutoConfiguration;
import org.springframework.boot.cache.autoconfigure.RedisCacheManagerBuilderCustomizer;
import org.springframework.cache.CacheManager;
import org.springframework.cache.interceptor.CacheAspectSupport;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.data.redis.cache.BatchStrategies;
import org.springframework.data.redis.cache.RedisCacheWriter;
import org.springframework.data.redis.connection.RedisConnectionFactory;

/**
 * Lets Boot's Redis cache clear a tenant's cache in batches by SCAN, as KEYS is refused, and write
 * before the cached method returns, so that what was evicted is gone by then. A cache on another
 * connection factory of the application's own stays as it is.
 */
@AutoConfiguration(
    after = TenantRedisAutoConfiguration.class,
    before = CacheAutoConfiguration.class)
@ConditionalOnClass(RedisCacheManagerBuilderCustomizer.class)
@ConditionalOnBean(TenantRedisConnectionFactory.class)
@ConditionalOnSingleCandidate(RedisConnectionFactory.class)
public final class TenantRedisCacheAutoConfiguration {

  private static final int BATCH = 1000;

  TenantRedisCacheAutoConfiguration() {}

  @Bean
  @Order(Ordered.HIGHEST_PRECEDENCE)
  RedisCacheManagerBuilderCustomizer tenantRedisCacheCustomizer(
      RedisConnectionFactory connections) {
    return builder -> {
      if (connections instanceof TenantRedisConnectionFactory) {
        builder.cacheWriter(
            RedisCacheWriter.create(
                connections,
                writer -> writer.immediateWrites().batchStrategy(BatchStrategies.scan(BATCH))));
      }
    };
  }

  @Bean(destroyMethod = "close")
  CacheThreads tenantRedisCacheThreads(RedisConnectionFactory closedAfterwards) {
    return new CacheThreads();
  }

  /**
   * Has annotated methods use the cache of the tenant who called them, whoever is current when it
   * is written.
   *
   * @return what does so when the application has started
   */
  @Bean
  SmartInitializingSingleton tenantRedisCachesOfTheCall(
      ListableBeanFactory beans,
      ObjectProvider<CacheManager> managers,
      ObjectProvider<CurrentTenantResolver> tenants,
      CacheThreads threads) {
    return () -> {
      CurrentTenantResolver current = tenants.getIfUnique(CurrentTenantResolver::context);
      // Without those of a parent, which outlives the threads of this context.
      beans
          .getBeansOfType(CacheAspectSupport.class)
          .values()
          .forEach(each -> CachesOfTheCall.bind(each, managers, current, threads::run));
    };
  }
}
