package io.tenantredis.spring.boot;

import io.tenantredis.TenantRedis;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;

/** How tenants are kept apart here; names none of them. */
final class TenantRedisInfoContributor implements InfoContributor {

  private final TenantRedis redis;
  private final TenantRedisProperties properties;

  TenantRedisInfoContributor(TenantRedis redis, TenantRedisProperties properties) {
    this.redis = redis;
    this.properties = properties;
  }

  @Override
  public void contribute(Info.Builder builder) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("keyPrefix", properties.keyPrefix());
    details.put("prefixMode", properties.prefixMode());
    details.put("aclUsers", !properties.withoutAclUsers());
    details.put("tenantsInUse", redis.tenantsInUse().size());
    builder.withDetail("tenantRedis", details);
  }
}
