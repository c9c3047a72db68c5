package io.tenantredis.spring.boot;

import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import java.util.List;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

/**
 * The actuator endpoint {@code tenantredis}. It names tenants and can close their connections:
 * expose it to operators alone.
 */
@Endpoint(id = "tenantredis")
public final class TenantRedisEndpoint {

  private final TenantRedis redis;
  private final String keyPrefix;

  TenantRedisEndpoint(TenantRedis redis, String keyPrefix) {
    this.redis = redis;
    this.keyPrefix = keyPrefix;
  }

  /**
   * The tenants in use.
   *
   * @return the key prefix template and the tenants, sorted
   */
  @ReadOperation
  public Report tenants() {
    return new Report(
        keyPrefix, redis.tenantsInUse().stream().sorted().map(TenantId::value).toList());
  }

  /**
   * Closes what a tenant holds, after the commands in flight; its next command connects anew.
   *
   * @param tenant the tenant's id
   */
  @DeleteOperation
  public void evict(@Selector String tenant) {
    redis.close(TenantId.of(tenant));
  }

  /**
   * What is in use now.
   *
   * @param keyPrefix the template of the tenants' prefixes
   * @param tenantsInUse the ids of the tenants in use, sorted
   */
  public record Report(String keyPrefix, List<String> tenantsInUse) {}
}
