package io.tenantredis.examples.testing;

import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import java.time.Duration;
import java.util.List;

/** The carts of all tenants. Thread-safe. */
final class Carts {

  private static final Duration KEPT = Duration.ofDays(30);

  private final TenantRedis redis;

  Carts(TenantRedis redis) {
    this.redis = redis;
  }

  void add(TenantId tenant, String cart, String item) {
    redis.tenant(tenant).sync().rpush(key(cart), item);
    redis.tenant(tenant).sync().expire(key(cart), KEPT);
  }

  List<String> items(TenantId tenant, String cart) {
    return redis.tenant(tenant).sync().lrange(key(cart), 0, -1);
  }

  void empty(TenantId tenant, String cart) {
    redis.tenant(tenant).sync().unlink(key(cart));
  }

  /** Orders have numbers without gaps, so one that failed must not be counted twice. */
  long nextOrderNumber(TenantId tenant) {
    return redis.tenant(tenant).sync().incr("orders");
  }

  private static String key(String cart) {
    return "cart:" + cart;
  }
}
