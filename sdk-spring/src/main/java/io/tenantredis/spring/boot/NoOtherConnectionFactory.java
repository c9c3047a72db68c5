package io.tenantredis.spring.boot;

import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.core.Ordered;
import org.springframework.core.PriorityOrdered;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.RedisConnectionFactory;

/**
 * Keeps an application from starting in which templates, caches and repositories would be on
 * connections that know nothing of tenants, while filters and {@code @TenantScoped} look as if they
 * did. A connection factory that has to be asked for by a qualifier may be any.
 *
 * <p>A bean is looked at when it is made, before anything has used its connections. What is made by
 * others, in a parent context, by a factory bean or by hand, is looked at when all beans are there.
 */
final class NoOtherConnectionFactory
    implements BeanPostProcessor, SmartInitializingSingleton, PriorityOrdered {

  private final ConfigurableListableBeanFactory beans;

  NoOtherConnectionFactory(ConfigurableListableBeanFactory beans) {
    this.beans = beans;
  }

  /** Before what wraps beans, whose wrappers would not show what is inside. */
  @Override
  public int getOrder() {
    return Ordered.HIGHEST_PRECEDENCE;
  }

  /** It has begun no threads yet, which nobody would end if this failed later. */
  @Override
  public Object postProcessBeforeInitialization(Object bean, String name) {
    if (beans.containsBeanDefinition(name)) {
      check(bean, name);
    }
    return bean;
  }

  @Override
  public void afterSingletonsInstantiated() {
    Stream.of(RedisConnectionFactory.class, ReactiveRedisConnectionFactory.class)
        .flatMap(
            type ->
                Stream.of(
                    BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beans, type, true, false)))
        .filter(name -> !beans.containsBeanDefinition(name) || isMadeByFactoryBean(name))
        .forEach(name -> check(beans.getBean(name), name));
  }

  private boolean isMadeByFactoryBean(String name) {
    return beans.containsSingleton(name) && beans.isFactoryBean(name);
  }

  private void check(Object bean, String name) {
    boolean other =
        (bean instanceof RedisConnectionFactory || bean instanceof ReactiveRedisConnectionFactory)
            && !(bean instanceof TenantRedisConnectionFactory);
    if (other && isGivenToAll(name)) {
      throw new InvalidPropertiesException(
          List.of(
              "The connection factory '"
                  + name
                  + "' is no tenant's, and templates, caches, repositories and sessions would be on its connections, with"
                  + " nothing between tenants. Declare it with @Bean(defaultCandidate = false) and ask for it by its qualifier;"
                  + " all else then is on the tenants' connections. An annotation that is a qualifier, such as"
                  + " @SpringSessionRedisConnectionFactory, is not enough. An application that wants just this sets"
                  + " tenant-redis.allow-other-connection-factory=true."));
    }
  }

  /** To whoever asks by type alone. */
  private boolean isGivenToAll(String name) {
    BeanDefinition definition;
    try {
      definition = beans.getMergedBeanDefinition(name);
    } catch (NoSuchBeanDefinitionException registeredByHand) {
      return true;
    }
    return definition.isAutowireCandidate()
        && !(definition instanceof AbstractBeanDefinition bean && !bean.isDefaultCandidate());
  }
}
