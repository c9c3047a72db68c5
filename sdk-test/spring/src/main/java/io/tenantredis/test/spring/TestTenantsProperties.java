package io.tenantredis.test.spring;

import io.tenantredis.TenantCredentials;
import io.tenantredis.test.TestTenants;
import org.springframework.test.context.DynamicPropertyRegistry;

/** The properties {@code tenant-redis.*} of tenants, for {@code @DynamicPropertySource}. */
public final class TestTenantsProperties {

  private TestTenantsProperties() {}

  /**
   * Adds URL, prefix and identity, and the credentials of some tenants, whose users are made when
   * the properties are read. For servers without TLS.
   *
   * @param registry of the test
   * @param tenants as {@code TenantRedisExtension.open()} gives them
   * @param ids the tenants that the application is to know
   */
  public static void register(
      DynamicPropertyRegistry registry, TestTenants tenants, String... ids) {
    registry.add("tenant-redis.url", tenants::url);
    registry.add("tenant-redis.key-prefix", tenants::keyPrefix);
    registry.add("tenant-redis.identity", tenants::identity);
    for (String id : ids) {
      registry.add(
          "tenant-redis.credentials.users." + id + ".password",
          () -> password(tenants.credentials(id)));
    }
  }

  private static String password(TenantCredentials credentials) {
    return String.valueOf(credentials.password());
  }
}
