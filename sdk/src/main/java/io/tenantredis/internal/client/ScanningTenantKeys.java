package io.tenantredis.internal.client;

import io.tenantredis.KeyWalk;
import io.tenantredis.ReactiveTenantKeys;
import io.tenantredis.TenantKeys;
import io.tenantredis.internal.client.KeyWalker.Batch;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The tenant's keys, by SCAN within its prefix. What only adds up works on the names' bytes, so
 * that no codec is asked.
 */
final class ScanningTenantKeys<K> implements TenantKeys<K> {

  /** How many MEMORY USAGE are in flight. */
  private static final int MEASURED_AT_ONCE = 64;

  private final SharedHandle<K, ?> handle;
  private final SharedHandle<byte[], byte[]> raw;

  ScanningTenantKeys(SharedHandle<K, ?> handle, SharedHandle<byte[], byte[]> raw) {
    this.handle = handle;
    this.raw = raw;
  }

  private KeyWalker<K> scanning(KeyWalk walk) {
    return new KeyWalker<>(handle, walk, keys -> Mono.just((long) keys.size()));
  }

  private KeyWalker<byte[]> counting(KeyWalk walk) {
    return new KeyWalker<>(raw, walk, keys -> Mono.just((long) keys.size()));
  }

  private KeyWalker<byte[]> deleting(KeyWalk walk) {
    return new KeyWalker<>(raw, walk, keys -> unlink(keys, walk.batchSize()));
  }

  /** A SCAN may answer more names than it was asked to look at. */
  private Mono<Long> unlink(List<byte[]> keys, int atOnce) {
    return Flux.fromIterable(keys)
        .buffer(atOnce)
        .concatMap(some -> raw.reactive().unlink(some.toArray(new byte[0][])))
        .reduce(0L, Long::sum);
  }

  private KeyWalker<byte[]> measuring(KeyWalk walk) {
    return new KeyWalker<>(
        raw,
        walk,
        keys ->
            Flux.fromIterable(keys)
                .flatMap(key -> raw.reactive().memoryUsage(key), MEASURED_AT_ONCE)
                .reduce(0L, Long::sum));
  }

  @Override
  public Stream<K> scan(KeyWalk walk) {
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(new Keys<>(scanning(walk)), Spliterator.NONNULL),
        false);
  }

  @Override
  public long count(KeyWalk walk) {
    return result(counting(walk));
  }

  @Override
  public long deleteAll(KeyWalk walk) {
    return result(deleting(walk));
  }

  @Override
  public long memoryUsage(KeyWalk walk) {
    return result(measuring(walk));
  }

  private static long result(KeyWalker<byte[]> walker) {
    Batch<byte[]> last = walker.start();
    while (walker.goesOn(last)) {
      last = walker.await(last);
    }
    return last.progress().result();
  }

  private static Mono<Long> reactiveResult(KeyWalker<byte[]> walker) {
    return walker.batches().last().map(last -> last.progress().result());
  }

  @Override
  public ReactiveTenantKeys<K> reactive() {
    return new ReactiveTenantKeys<>() {
      @Override
      public Flux<K> scan(KeyWalk walk) {
        return scanning(walk).batches().concatMapIterable(Batch::keys, 1);
      }

      @Override
      public Mono<Long> count(KeyWalk walk) {
        return reactiveResult(counting(walk));
      }

      @Override
      public Mono<Long> deleteAll(KeyWalk walk) {
        return reactiveResult(deleting(walk));
      }

      @Override
      public Mono<Long> memoryUsage(KeyWalk walk) {
        return reactiveResult(measuring(walk));
      }
    };
  }

  /** The keys of a walk, of which one batch is held at a time. */
  private static final class Keys<K> implements Iterator<K> {

    private final KeyWalker<K> walker;
    private Batch<K> batch;
    private Iterator<K> keys;

    Keys(KeyWalker<K> walker) {
      this.walker = walker;
      this.batch = walker.start();
      this.keys = batch.keys().iterator();
    }

    @Override
    public boolean hasNext() {
      while (!keys.hasNext() && walker.goesOn(batch)) {
        batch = walker.await(batch);
        keys = batch.keys().iterator();
      }
      return keys.hasNext();
    }

    @Override
    public K next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return keys.next();
    }
  }
}
