package io.tenantredis;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The reactive flavour of {@link TenantKeys}, which says what the methods do. A walk begins when
 * its publisher is subscribed to, goes on while there is demand, and ends before its next batch
 * when the subscription is cancelled. Signals come on event loops and must not block them.
 * Thread-safe.
 *
 * @param <K> the type of keys
 */
public interface ReactiveTenantKeys<K> {

  /**
   * The tenant's keys.
   *
   * @param walk which ones and how
   * @return the keys; at most two batches are fetched before they are taken
   */
  Flux<K> scan(KeyWalk walk);

  /**
   * Counts keys of the tenant.
   *
   * @param walk which ones and how
   * @return the number
   */
  Mono<Long> count(KeyWalk walk);

  /**
   * Deletes keys of the tenant with {@code UNLINK}, in batches.
   *
   * @param walk which ones and how
   * @return how many keys were deleted
   */
  Mono<Long> deleteAll(KeyWalk walk);

  /**
   * Adds up the memory of keys of the tenant.
   *
   * @param walk which ones and how
   * @return the sum of {@code MEMORY USAGE} in bytes
   */
  Mono<Long> memoryUsage(KeyWalk walk);
}
