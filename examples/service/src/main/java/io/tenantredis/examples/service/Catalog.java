package io.tenantredis.examples.service;

import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Service;

/** What the tenant sells, and for how much. */
@Service
class Catalog {

  private static final String PRICES = "prices";
  private static final String READINGS = "readings";

  private final StringRedisTemplate redis;

  Catalog(StringRedisTemplate redis) {
    this.redis = redis;
  }

  /** What costs how many cents. */
  public SortedMap<String, Integer> prices() {
    TreeMap<String, Integer> prices = new TreeMap<>();
    redis
        .<String, String>opsForHash()
        .entries(PRICES)
        .forEach((sku, cents) -> prices.put(sku, Integer.valueOf(cents)));
    return prices;
  }

  /** A product of the tenant, or null if there is none of that name. */
  @Cacheable(cacheNames = "products", unless = "#result == null")
  public @Nullable Product product(String sku) {
    String cents = redis.<String, String>opsForHash().get(PRICES, sku);
    if (cents == null) {
      return null;
    }
    Long reading = redis.opsForValue().increment(READINGS);
    return new Product(sku, Integer.parseInt(cents), reading == null ? 0 : reading);
  }

  /** Changes a price, or begins to sell something. */
  @CacheEvict(cacheNames = "products", key = "#sku")
  public void price(String sku, int cents) {
    redis.opsForHash().put(PRICES, sku, Integer.toString(cents));
  }
}
