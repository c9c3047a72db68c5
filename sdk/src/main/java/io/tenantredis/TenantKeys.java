package io.tenantredis;

import java.util.stream.Stream;

/**
 * The tenant's keys as a whole: what {@code KEYS}, {@code DBSIZE} and {@code FLUSHDB} are for a
 * server, for one tenant.
 *
 * <p>All methods walk the server's key space with {@code SCAN}: their time grows with the number of
 * keys of <em>all</em> tenants of the server, in many short commands that hold up nobody. What is
 * added or removed meanwhile may or may not be seen; a key may be reported twice. They block the
 * caller and throw what commands throw. Thread-safe.
 *
 * @param <K> the type of keys
 */
public interface TenantKeys<K> {

  /**
   * The tenant's keys that match a pattern.
   *
   * @param pattern a Redis glob pattern; relative to the tenant's prefix in {@link
   *     PrefixMode#PREFIX}, where {@code *} means all keys of the tenant
   * @return a lazy stream, each batch of which is fetched when it is needed
   */
  Stream<K> scan(String pattern);

  /**
   * How many keys the tenant has.
   *
   * @return the number
   */
  long count();

  /**
   * Deletes all keys of the tenant with {@code UNLINK}.
   *
   * @return how many keys were deleted
   */
  long deleteAll();
}
