package io.tenantredis.spring.boot;

import io.tenantredis.TenantRedis;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;

/** How tenants are kept apart here; names none of them. */
final class TenantRedisInfoContributor implements InfoContributor {

  private final Map<String, TenantRedis> clients;

  /**
   * A contributor.
   *
   * @param clients by the names of their beans
   */
  TenantRedisInfoContributor(Map<String, TenantRedis> clients) {
    this.clients = clients;
  }

  @Override
  public void contribute(Info.Builder builder) {
    Map<String, Object> all = new LinkedHashMap<>();
    clients.forEach((bean, redis) -> all.put(bean, details(redis)));
    builder.withDetail("tenantRedis", all.size() == 1 ? all.values().iterator().next() : all);
  }

  private static Map<String, Object> details(TenantRedis redis) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("keyPrefix", redis.keyPrefix());
    details.put("prefixMode", redis.prefixMode());
    details.put("aclUsers", redis.hasAclUsers());
    details.put("tenantsInUse", redis.tenantsInUse().size());
    return details;
  }
}
