package io.tenantredis.examples.testing;

import io.tenantredis.TenantClient;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What customers bought together. <b>Contains a bug on purpose</b>, one that each test with a
 * single tenant passes: see {@code RecommendationsTest}.
 */
final class Recommendations {

  private final TenantRedis redis;
  private @Nullable TenantClient<String, String> client;

  Recommendations(TenantRedis redis) {
    this.redis = redis;
  }

  void bought(TenantId tenant, String item, String together) {
    client(tenant).sync().sadd("together:" + item, together);
  }

  Set<String> with(TenantId tenant, String item) {
    return client(tenant).sync().smembers("together:" + item);
  }

  /** The bug: the handle of the first tenant that came serves all who come after it. */
  private synchronized TenantClient<String, String> client(TenantId tenant) {
    if (client == null) {
      client = redis.tenant(tenant);
    }
    return client;
  }
}
