package io.tenantredis;

import java.util.stream.Stream;

/**
 * The tenant's keys as a whole: what {@code KEYS}, {@code DBSIZE} and {@code FLUSHDB} are for a
 * server, for one tenant.
 *
 * <p>All methods walk the server's key space with {@code SCAN}: their time grows with the number of
 * keys of <em>all</em> tenants of the server, in many short commands that hold up nobody. What is
 * added or removed meanwhile may or may not be seen; a key may be reported, and counted, twice.
 * Each of the commands ends within the command timeout, the walk as a whole has none.
 *
 * <p>The methods block the caller and throw what commands throw. A thread that is interrupted
 * leaves the walk with a {@link io.lettuce.core.RedisCommandInterruptedException}; a {@link
 * KeyWalk} stops it without one, tells how far it has come, and resumes it. {@link #reactive()} has
 * the same without blocking. Thread-safe.
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
  default Stream<K> scan(String pattern) {
    return scan(KeyWalk.builder().pattern(pattern).build());
  }

  /**
   * The tenant's keys.
   *
   * @param walk which ones and how; the progress of a batch is told when it was fetched, its result
   *     is the number of keys
   * @return a lazy stream, each batch of which is fetched when it is needed
   */
  Stream<K> scan(KeyWalk walk);

  /**
   * How many keys the tenant has.
   *
   * @return the number
   */
  default long count() {
    return count(KeyWalk.all());
  }

  /**
   * Counts keys of the tenant.
   *
   * @param walk which ones and how
   * @return the number
   */
  long count(KeyWalk walk);

  /**
   * Deletes all keys of the tenant with {@code UNLINK}.
   *
   * @return how many keys were deleted
   */
  default long deleteAll() {
    return deleteAll(KeyWalk.all());
  }

  /**
   * Deletes keys of the tenant with {@code UNLINK}, in batches. A walk that ends early leaves the
   * rest.
   *
   * @param walk which ones and how
   * @return how many keys were deleted
   */
  long deleteAll(KeyWalk walk);

  /**
   * How many bytes of the server's memory the tenant's keys and values take.
   *
   * @return the sum of {@code MEMORY USAGE} over all keys of the tenant, which the server estimates
   *     from samples of each value
   */
  default long memoryUsage() {
    return memoryUsage(KeyWalk.all());
  }

  /**
   * Adds up the memory of keys of the tenant. Takes a command for each key, of which at most 64 are
   * in flight.
   *
   * @param walk which ones and how
   * @return the sum of {@code MEMORY USAGE} in bytes
   */
  long memoryUsage(KeyWalk walk);

  /**
   * The same without blocking.
   *
   * @return the reactive flavour
   */
  ReactiveTenantKeys<K> reactive();
}
