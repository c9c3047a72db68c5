package io.tenantredis.spring.boot;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.util.ClassUtils;

/** Where the filter stands that finds the tenant of a request. */
final class FilterOrder {

  /** Spring Security's filter finds out who the user is at -100. */
  static final int BEHIND_SECURITY = -90;

  /**
   * Spring Session's filter saves sessions when the request is over, at {@code Integer.MIN_VALUE +
   * 50}. Outside of it, the tenant still is current then.
   */
  static final int BEFORE_SESSIONS = Integer.MIN_VALUE + 38;

  private FilterOrder() {}

  /**
   * The order.
   *
   * @param repository the type of Spring Session's repositories; it may be absent
   */
  static int of(TenantRedisProperties.Web web, ListableBeanFactory beans, String repository) {
    Integer order = web.order();
    if (order != null) {
      return order;
    }
    return needsNoUser(web.resolver()) && has(beans, repository)
        ? BEFORE_SESSIONS
        : BEHIND_SECURITY;
  }

  /** What a resolver of the application's own needs is not known. */
  private static boolean needsNoUser(TenantRedisProperties.Source resolver) {
    return switch (resolver) {
      case HEADER, PATH, HOST, FIXED -> true;
      case NONE, PRINCIPAL, CLAIM, SESSION -> false;
    };
  }

  private static boolean has(ListableBeanFactory beans, String type) {
    return ClassUtils.isPresent(type, null)
        && beans.getBeanNamesForType(ClassUtils.resolveClassName(type, null), true, false).length
            > 0;
  }
}
