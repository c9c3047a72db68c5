package io.tenantredis.spring.boot;

import io.tenantredis.TenantRedis;

/**
 * Changes the builder of the {@link TenantRedis} bean after the properties were applied. Beans of
 * this type are called in their order.
 */
@FunctionalInterface
public interface TenantRedisBuilderCustomizer {

  /**
   * Changes the builder.
   *
   * @param builder the builder with all properties applied
   */
  void customize(TenantRedis.Builder builder);
}
