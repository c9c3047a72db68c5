package io.tenantredis.spring.boot;

import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.session.data.redis.ReactiveRedisIndexedSessionRepository;
import org.springframework.session.data.redis.RedisIndexedSessionRepository;
import org.springframework.session.data.redis.config.annotation.SpringSessionRedisConnectionFactory;

/**
 * Says at start that Spring Session's indexed repositories cannot work on the connections of
 * tenants: they would fail when they set the server's configuration and listen for keys without a
 * current tenant. Its other repositories need nothing.
 */
@AutoConfiguration(after = TenantRedisAutoConfiguration.class)
@ConditionalOnClass(SpringSessionRedisConnectionFactory.class)
@ConditionalOnBean(TenantRedisConnectionFactory.class)
public final class TenantRedisSessionAutoConfiguration {

  TenantRedisSessionAutoConfiguration() {}

  @Bean
  static BeanFactoryPostProcessor tenantRedisSessionCheck() {
    return beans -> {
      if (isIndexed(beans)
          && beans.getBeanNamesForAnnotation(SpringSessionRedisConnectionFactory.class).length
              == 0) {
        throw new InvalidPropertiesException(
            List.of(
                "Spring Session's indexed repository sets the server's configuration and listens to the keys of all tenants. Use"
                    + " the other one: spring.session.data.redis.repository-type=default, @EnableRedisHttpSession or"
                    + " @EnableRedisWebSession. Or give it a connection factory of its own, which is no tenant's: a bean with"
                    + " @Bean(defaultCandidate = false) and @SpringSessionRedisConnectionFactory."));
      }
    };
  }

  private static boolean isIndexed(ListableBeanFactory beans) {
    return Stream.of(
            RedisIndexedSessionRepository.class, ReactiveRedisIndexedSessionRepository.class)
        .anyMatch(type -> beans.getBeanNamesForType(type, true, false).length > 0);
  }
}
