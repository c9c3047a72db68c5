package io.tenantredis.examples.service;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.data.redis.core.HashOperations;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Service;
import tools.jackson.databind.json.JsonMapper;

/** The carts of the tenant's customers. */
@Service
class Carts {

  private static final Duration KEPT = Duration.ofDays(30);

  private final StringRedisTemplate redis;
  private final HashOperations<String, String, String> hashes;
  private final JsonMapper json;

  Carts(StringRedisTemplate redis, JsonMapper json) {
    this.redis = redis;
    this.hashes = redis.opsForHash();
    this.json = json;
  }

  Cart of(String customer) {
    TreeMap<String, Integer> items = new TreeMap<>();
    for (Map.Entry<String, String> item : hashes.entries(key(customer)).entrySet()) {
      items.put(item.getKey(), Integer.valueOf(item.getValue()));
    }
    return new Cart(customer, items);
  }

  void put(String customer, String sku, int quantity) {
    if (quantity == 0) {
      hashes.delete(key(customer), sku);
    } else {
      hashes.put(key(customer), sku, Integer.toString(quantity));
      redis.expire(key(customer), KEPT);
    }
    String event = json.writeValueAsString(new CartChanged(customer, sku, quantity));
    redis.convertAndSend(LiveEvents.CHANNEL, event);
  }

  void empty(String customer) {
    redis.unlink(key(customer));
  }

  private static String key(String customer) {
    return "cart:" + customer;
  }
}
