package io.tenantredis.spring.boot;

import io.tenantredis.context.CurrentTenantResolver;
import java.lang.reflect.Method;
import java.util.Collection;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.cache.interceptor.CacheAspectSupport;
import org.springframework.cache.interceptor.CacheOperationInvocationContext;
import org.springframework.cache.interceptor.CacheResolver;
import org.springframework.cache.interceptor.SimpleCacheResolver;
import org.springframework.cache.transaction.TransactionAwareCacheDecorator;
import org.springframework.core.KotlinDetector;
import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.data.redis.cache.RedisCache;

/**
 * Gives annotated methods their Redis caches bound to the tenant of the call: Spring asks for the
 * caches once for each call, on the thread that makes it. Other caches stay as they are.
 */
final class CachesOfTheCall implements CacheResolver {

  private final CacheResolver caches;
  private final CurrentTenantResolver tenants;
  private final Executor threads;

  private CachesOfTheCall(CacheResolver caches, CurrentTenantResolver tenants, Executor threads) {
    this.caches = caches;
    this.tenants = tenants;
    this.threads = threads;
  }

  /** In the place of whatever resolves caches that no annotation names a manager for. */
  static void bind(
      CacheAspectSupport annotations,
      ObjectProvider<CacheManager> managers,
      CurrentTenantResolver tenants,
      Executor threads) {
    CacheResolver caches = annotations.getCacheResolver();
    if (caches instanceof CachesOfTheCall) {
      return;
    }
    if (caches == null) {
      CacheManager manager = managers.getIfUnique();
      if (manager == null) {
        // Spring says what is missing.
        return;
      }
      caches = new SimpleCacheResolver(manager);
    }
    annotations.setCacheResolver(new CachesOfTheCall(caches, tenants, threads));
  }

  @Override
  public Collection<? extends Cache> resolveCaches(CacheOperationInvocationContext<?> call) {
    CacheOfTheCall.Result result = resultOf(call.getMethod());
    return caches.resolveCaches(call).stream().map(cache -> bound(cache, result)).toList();
  }

  private Cache bound(Cache cache, CacheOfTheCall.Result result) {
    if (cache instanceof RedisCache) {
      return new CacheOfTheCall(cache, tenants, result, threads);
    }
    if (cache instanceof TransactionAwareCacheDecorator later
        && later.getTargetCache() instanceof RedisCache) {
      // What is written after the transaction is written as the tenant of the call, too.
      return new TransactionAwareCacheDecorator(bound(later.getTargetCache(), result));
    }
    return cache;
  }

  private static CacheOfTheCall.Result resultOf(Method method) {
    Class<?> type = method.getReturnType();
    if (CompletionStage.class.isAssignableFrom(type)) {
      return CacheOfTheCall.Result.FUTURE;
    }
    if (KotlinDetector.isSuspendingFunction(method)) {
      return CacheOfTheCall.Result.MONO;
    }
    ReactiveAdapter adapter = ReactiveAdapterRegistry.getSharedInstance().getAdapter(type);
    if (adapter == null) {
      return CacheOfTheCall.Result.VALUE;
    }
    return adapter.isMultiValue() ? CacheOfTheCall.Result.FLUX : CacheOfTheCall.Result.MONO;
  }
}
