package io.tenantredis.spring.boot;

import io.netty.util.concurrent.FastThreadLocalThread;
import io.tenantredis.TenantId;
import io.tenantredis.context.CurrentTenantResolver;
import io.tenantredis.context.TenantContext;
import io.tenantredis.context.TenantThreadLocalAccessor;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.cache.Cache;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import reactor.core.scheduler.Schedulers;

/**
 * A cache as one call of an annotated method sees it: what is done with it is done as the tenant of
 * the call, on whatever thread. What a future brings is stored by the thread that completes it,
 * which may be doing the work of another tenant by then.
 *
 * <p>What follows a cache's answer, the method itself for one, runs on threads that may block and
 * not on the event loop that received it. What an event loop would write is written by these
 * threads, too, and not waited for.
 */
final class CacheOfTheCall implements Cache {

  private static final Logger LOG = LoggerFactory.getLogger("io.tenantredis.spring");
  private static final TenantThreadLocalAccessor CURRENT = new TenantThreadLocalAccessor();

  private final Cache cache;
  private final CurrentTenantResolver tenants;
  private final @Nullable TenantId tenant;
  private final Result result;
  private final Executor threads;

  /** The cache of a call that is made now. */
  CacheOfTheCall(Cache cache, CurrentTenantResolver tenants, Result result, Executor threads) {
    this.cache = cache;
    this.tenants = tenants;
    this.tenant = tenants.currentTenant();
    this.result = result;
    this.threads = threads;
  }

  /**
   * What the method returns. A publisher does the work of the tenant who subscribes to it, so that
   * what it brings another one than that of the call must not be stored.
   */
  enum Result {
    /** A value: what is done with the cache is done by the thread of the call. */
    VALUE,
    FUTURE,
    /** A publisher of one value. */
    MONO,
    /**
     * A publisher of several values. They are collected by a subscriber of Spring's own, which
     * knows no tenant, and whose failure would leave the other subscribers waiting.
     */
    FLUX
  }

  private boolean isCurrent() {
    return Objects.equals(tenant, tenants.currentTenant());
  }

  private <T extends @Nullable Object> T asTheCall(Supplier<T> operation) {
    if (isCurrent()) {
      return operation.get();
    }
    return TenantContext.wrapSupplier(
            () -> {
              makeCurrent();
              if (!isCurrent()) {
                throw refusal();
              }
              return operation.get();
            })
        .get();
  }

  private void makeCurrent() {
    if (tenant == null) {
      CURRENT.setValue();
    } else {
      CURRENT.setValue(tenant);
    }
  }

  private InvalidDataAccessApiUsageException refusal() {
    return new InvalidDataAccessApiUsageException(
        "Cache '"
            + getName()
            + "' was asked by a method that "
            + (tenant == null ? "no tenant" : "tenant '" + tenant + "'")
            + " called, and "
            + (tenants.currentTenant() == null
                ? "no tenant is current"
                : "tenant '" + tenants.currentTenant() + "' is current")
            + " now: subscribe to what a cached method returns as the tenant who called it.");
  }

  /** On one of the threads, with the tenant of the call. */
  private <T> CompletableFuture<T> afterwards(CompletionStage<T> stage) {
    CompletableFuture<T> later = new CompletableFuture<>();
    stage.whenComplete(
        (value, failure) -> {
          Runnable complete =
              () -> {
                makeCurrent();
                if (failure == null) {
                  later.complete(value);
                } else {
                  later.completeExceptionally(failure);
                }
              };
          try {
            threads.execute(() -> TenantContext.wrap(complete).run());
          } catch (RejectedExecutionException tooMuch) {
            later.completeExceptionally(tooMuch);
          }
        });
    return later;
  }

  private void write(Runnable write) {
    boolean ofPublisher = result == Result.MONO || result == Result.FLUX;
    if (ofPublisher && !isCurrent()) {
      throw refusal();
    }
    if (result != Result.VALUE && mustNotBlock()) {
      threads.execute(() -> writeLater(write));
    } else {
      doWrite(write);
    }
  }

  private void writeLater(Runnable write) {
    try {
      doWrite(write);
    } catch (RuntimeException failure) {
      LOG.warn("Cache '{}' was not written.", getName(), failure);
    }
  }

  private void doWrite(Runnable write) {
    asTheCall(
        () -> {
          write.run();
          return true;
        });
  }

  private static boolean mustNotBlock() {
    return Thread.currentThread() instanceof FastThreadLocalThread
        || Schedulers.isInNonBlockingThread();
  }

  @Override
  public String getName() {
    return cache.getName();
  }

  @Override
  public Object getNativeCache() {
    return cache.getNativeCache();
  }

  @Override
  public @Nullable ValueWrapper get(Object key) {
    return asTheCall(() -> cache.get(key));
  }

  @Override
  public <T> @Nullable T get(Object key, @Nullable Class<T> type) {
    return asTheCall(() -> cache.get(key, type));
  }

  @Override
  public <T> @Nullable T get(Object key, Callable<T> loader) {
    return asTheCall(() -> cache.get(key, loader));
  }

  @Override
  public @Nullable CompletableFuture<?> retrieve(Object key) {
    CompletableFuture<?> found = asTheCall(() -> cache.retrieve(key));
    return found == null ? null : afterwards(found);
  }

  @Override
  public <T> CompletableFuture<T> retrieve(Object key, Supplier<CompletableFuture<T>> loader) {
    CompletableFuture<?> found = retrieve(key);
    return found == null
        ? load(key, loader)
        : found.thenCompose(hit -> hit == null ? load(key, loader) : completed(hit));
  }

  @SuppressWarnings("unchecked") // The type is the caller's word, as in Spring's own caches.
  private static <T> CompletableFuture<T> completed(Object hit) {
    Object value = hit instanceof ValueWrapper wrapper ? wrapper.get() : hit;
    return (CompletableFuture<T>) CompletableFuture.completedFuture(value);
  }

  private <T> CompletableFuture<T> load(Object key, Supplier<CompletableFuture<T>> loader) {
    return afterwards(
        asTheCall(loader)
            .thenApplyAsync(
                value -> {
                  doWrite(() -> cache.put(key, value));
                  return value;
                },
                threads));
  }

  @Override
  public void put(Object key, @Nullable Object value) {
    if (result == Result.FLUX && !isCurrent()) {
      LOG.debug(
          "Cache '{}' was not written: the tenant of a Flux is not known at its end.", getName());
      return;
    }
    write(() -> cache.put(key, value));
  }

  @Override
  public @Nullable ValueWrapper putIfAbsent(Object key, @Nullable Object value) {
    return asTheCall(() -> cache.putIfAbsent(key, value));
  }

  @Override
  public void evict(Object key) {
    write(() -> cache.evict(key));
  }

  @Override
  public boolean evictIfPresent(Object key) {
    return asTheCall(() -> cache.evictIfPresent(key));
  }

  @Override
  public void clear() {
    write(cache::clear);
  }

  @Override
  public boolean invalidate() {
    return asTheCall(cache::invalidate);
  }
}
