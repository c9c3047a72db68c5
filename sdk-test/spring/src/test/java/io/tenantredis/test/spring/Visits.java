package io.tenantredis.test.spring;

import org.springframework.data.redis.core.StringRedisTemplate;

/** A service as applications have it: it knows the template and not the tenant. */
class Visits {

  private final StringRedisTemplate redis;

  Visits(StringRedisTemplate redis) {
    this.redis = redis;
  }

  Long visited(String page, String by) {
    redis.opsForList().rightPush("visitors:" + page, by);
    return redis.opsForValue().increment("visits:" + page);
  }

  Object visitors(String page) {
    return redis.opsForList().range("visitors:" + page, 0, -1);
  }
}
