package io.tenantredis.spring.boot;

import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.HierarchicalBeanFactory;
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
 * did. A connection factory that has to be asked for by a qualifier may be any, and so may one
 * before which a tenants' comes.
 *
 * <p>A bean is looked at when it is made, before anything has used its connections. What is made by
 * others, in a parent context, by a factory bean or by hand, is looked at when all beans are there.
 */
final class NoOtherConnectionFactory
    implements BeanPostProcessor, SmartInitializingSingleton, PriorityOrdered {

  private static final List<Class<?>> TYPES =
      List.of(RedisConnectionFactory.class, ReactiveRedisConnectionFactory.class);

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
    TYPES.stream()
        .flatMap(this::namesOf)
        .filter(name -> !beans.containsBeanDefinition(name) || isMadeByFactoryBean(name))
        .forEach(name -> check(beans.getBean(name), name));
  }

  private boolean isMadeByFactoryBean(String name) {
    return beans.containsSingleton(name) && beans.isFactoryBean(name);
  }

  private void check(Object bean, String name) {
    boolean other =
        !(bean instanceof TenantRedisConnectionFactory)
            && TYPES.stream().anyMatch(type -> type.isInstance(bean) && isGivenToAll(name, type));
    if (other) {
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

  /**
   * To whoever asks by type alone. Where another one comes first that one is looked at itself, be
   * it a tenant's or not.
   */
  private boolean isGivenToAll(String name, Class<?> type) {
    return Rank.of(definition(name)) != Rank.NONE
        && namesOf(type).noneMatch(other -> !other.equals(name) && comesFirst(other, name));
  }

  private Stream<String> namesOf(Class<?> type) {
    return Stream.of(BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beans, type, true, false));
  }

  /**
   * As Spring has it. One that is further away does not: who asks the context itself never gets to
   * it.
   */
  private boolean comesFirst(String other, String name) {
    int nearer = distance(name) - distance(other);
    Rank first = Rank.of(definition(other));
    return nearer >= 0
        && (first.compareTo(Rank.of(definition(name))) > 0
            || (nearer > 0 && first == Rank.PRIMARY));
  }

  private int distance(String name) {
    int distance = 0;
    BeanFactory at = beans;
    while (at instanceof HierarchicalBeanFactory child && !child.containsLocalBean(name)) {
      at = child.getParentBeanFactory();
      distance++;
    }
    return distance;
  }

  /** None of what is registered by hand. */
  private @Nullable BeanDefinition definition(String name) {
    try {
      return beans.getMergedBeanDefinition(name);
    } catch (NoSuchBeanDefinitionException registeredByHand) {
      return null;
    }
  }

  /** Among several that whoever asks by type might get; those that come first are greater. */
  private enum Rank {
    NONE,
    FALLBACK,
    ORDINARY,
    PRIMARY;

    static Rank of(@Nullable BeanDefinition definition) {
      if (definition == null) {
        return ORDINARY;
      }
      if (!definition.isAutowireCandidate()
          || (definition instanceof AbstractBeanDefinition bean && !bean.isDefaultCandidate())) {
        return NONE;
      }
      if (definition.isPrimary()) {
        return PRIMARY;
      }
      return definition.isFallback() ? FALLBACK : ORDINARY;
    }
  }
}
