package io.tenantredis.spring.boot;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;
import org.springframework.boot.ssl.SslBundle;

/**
 * Where the Redis of all tenants is. A bean of this type replaces {@code tenant-redis.url} and
 * {@code tenant-redis.ssl.bundle}, for example that of a test's server.
 */
@FunctionalInterface
public interface TenantRedisConnectionDetails extends ConnectionDetails {

  /**
   * The server.
   *
   * @return a URL in Lettuce's form, without credentials unless the application runs without ACL
   *     users
   */
  String url();

  /**
   * Certificates for a {@code rediss://} URL.
   *
   * @return the bundle, or null for those of the JVM
   */
  default @Nullable SslBundle sslBundle() {
    return null;
  }
}
