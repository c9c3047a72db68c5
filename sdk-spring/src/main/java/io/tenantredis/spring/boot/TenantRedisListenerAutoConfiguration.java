package io.tenantredis.spring.boot;

import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Fallback;
import org.springframework.data.redis.config.RedisListenerConfigUtils;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;

/**
 * Takes the place of Boot's listener container for all, where Boot has one: it has no tenant.
 * Whoever asks for a container by its type gets the application's, if there is just one.
 */
@AutoConfiguration(
    after = TenantRedisAutoConfiguration.class,
    beforeName = "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration")
@ConditionalOnClass(
    value = RedisListenerConfigUtils.class,
    name = "org.springframework.messaging.Message")
@ConditionalOnSingleCandidate(TenantRedisConnectionFactory.class)
@ConditionalOnBooleanProperty(
    name = "tenant-redis.allow-other-connection-factory",
    havingValue = false,
    matchIfMissing = true)
public final class TenantRedisListenerAutoConfiguration {

  TenantRedisListenerAutoConfiguration() {}

  @Bean(RedisListenerConfigUtils.REDIS_MESSAGE_LISTENER_BEAN_NAME)
  @Fallback
  @ConditionalOnMissingBean(name = RedisListenerConfigUtils.REDIS_MESSAGE_LISTENER_BEAN_NAME)
  RedisMessageListenerContainer redisMessageListenerContainer(
      TenantRedisConnectionFactory connections) {
    SharedListenerContainer container = new SharedListenerContainer();
    container.setConnectionFactory(connections);
    return container;
  }
}
