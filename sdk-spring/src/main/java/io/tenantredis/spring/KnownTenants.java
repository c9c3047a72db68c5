package io.tenantredis.spring;

import io.tenantredis.TenantId;

/**
 * Says which tenants the application has. With a bean of this type, web requests of any other
 * tenant are answered with {@code 404} (see {@code tenant-redis.web.unknown-status}) before they
 * reach the application. Implementations are thread-safe and do not block.
 */
@FunctionalInterface
public interface KnownTenants {

  /**
   * Whether this is a tenant of the application.
   *
   * @param tenant the tenant a request names
   * @return whether it is known
   */
  boolean isKnown(TenantId tenant);
}
