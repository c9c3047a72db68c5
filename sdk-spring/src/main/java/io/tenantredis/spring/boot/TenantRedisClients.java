package io.tenantredis.spring.boot;

import io.tenantredis.TenantRedis;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.SimpleAutowireCandidateResolver;

/** The clients of the application: the starter's, or the application's own, of whatever number. */
final class TenantRedisClients {

  private TenantRedisClients() {}

  /**
   * By the names of their beans, those included that are only had by a qualifier.
   *
   * @return one or more
   */
  static Map<String, TenantRedis> of(ConfigurableListableBeanFactory beans) {
    return new TreeMap<>(
        SimpleAutowireCandidateResolver.resolveAutowireCandidates(
            beans, TenantRedis.class, false, true));
  }
}
