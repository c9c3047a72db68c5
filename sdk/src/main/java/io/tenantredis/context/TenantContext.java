package io.tenantredis.context;

import io.tenantredis.TenantId;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The tenant whose work a thread does, in scopes that nest:
 *
 * <pre>{@code
 * try (TenantContext.Scope scope = TenantContext.open(TenantId.of("acme"))) {
 *   // acme is current here, on this thread alone
 * }
 * }</pre>
 *
 * <p>A thread, platform or virtual, starts without a tenant, whoever started it: threads of a pool
 * would otherwise keep the tenant of the call that happened to create them. Work for other threads
 * takes the tenant along with {@link #wrap(Runnable)}, which captures the tenant where it is
 * called, or with a {@linkplain TenantThreadLocalAccessor context propagation}.
 */
public final class TenantContext {

  private static final ThreadLocal<@Nullable TenantId> CURRENT = new ThreadLocal<>();

  private TenantContext() {}

  /**
   * The tenant of the calling thread.
   *
   * @return the tenant, or null outside of every scope
   */
  public static @Nullable TenantId current() {
    return CURRENT.get();
  }

  /**
   * The tenant of the calling thread, which must have one.
   *
   * @return the tenant
   * @throws NoCurrentTenantException outside of every scope
   */
  public static TenantId require() {
    return CurrentTenantResolver.context().requireTenant();
  }

  /**
   * Makes a tenant current on the calling thread until the scope is closed; then the one of before
   * is current again.
   *
   * @param tenant the tenant
   * @return the scope, to be closed on the same thread, the inner one first
   */
  public static Scope open(TenantId tenant) {
    TenantId previous = CURRENT.get();
    CURRENT.set(tenant);
    return new Scope(tenant, previous);
  }

  /**
   * Runs something as a tenant.
   *
   * @param tenant the tenant
   * @param work what to run
   */
  public static void run(TenantId tenant, Runnable work) {
    try (Scope scope = open(tenant)) {
      work.run();
    }
  }

  /**
   * Computes something as a tenant.
   *
   * @param <T> the type of the result
   * @param tenant the tenant
   * @param work what to compute
   * @return its result
   */
  public static <T extends @Nullable Object> T get(TenantId tenant, Supplier<T> work) {
    try (Scope scope = open(tenant)) {
      return work.get();
    }
  }

  /**
   * Runs something once for each tenant, one after the other on the calling thread: for scheduled
   * jobs and listeners that serve all tenants. A tenant whose work fails does not keep the others
   * from theirs.
   *
   * @param tenants the tenants
   * @param work what to run, with that tenant current
   * @throws RuntimeException the first failure, when all tenants had their turn; the others are
   *     {@linkplain Throwable#getSuppressed() suppressed}
   */
  public static void forEachTenant(Iterable<TenantId> tenants, Consumer<TenantId> work) {
    RuntimeException first = null;
    for (TenantId tenant : tenants) {
      try (Scope scope = open(tenant)) {
        work.accept(tenant);
      } catch (RuntimeException failure) {
        if (first == null) {
          first = failure;
        } else if (failure != first) {
          first.addSuppressed(failure);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }

  /**
   * Work that runs as the tenant which is current now, on whatever thread. Captured without a
   * tenant it runs without one, even on a thread that has one.
   *
   * @param work the work
   * @return the same work with the tenant of this call
   */
  public static Runnable wrap(Runnable work) {
    TenantId captured = current();
    return () -> {
      try (Restore restore = replace(captured)) {
        work.run();
      }
    };
  }

  /**
   * Work that runs as the tenant which is current now; see {@link #wrap(Runnable)}.
   *
   * @param <T> the type of the result
   * @param work the work
   * @return the same work with the tenant of this call
   */
  public static <T extends @Nullable Object> Callable<T> wrapCallable(Callable<T> work) {
    TenantId captured = current();
    return () -> {
      try (Restore restore = replace(captured)) {
        return work.call();
      }
    };
  }

  /**
   * Work that runs as the tenant which is current now; see {@link #wrap(Runnable)}.
   *
   * @param <T> the type of the result
   * @param work the work
   * @return the same work with the tenant of this call
   */
  public static <T extends @Nullable Object> Supplier<T> wrapSupplier(Supplier<T> work) {
    TenantId captured = current();
    return () -> {
      try (Restore restore = replace(captured)) {
        return work.get();
      }
    };
  }

  /**
   * An executor whose tasks run as the tenant that was current when they were handed over, for
   * example {@code CompletableFuture.supplyAsync(work, executor)}. A later stage of a future is
   * handed over by the thread that ends the earlier one: wrap its function where it is written.
   *
   * @param executor who runs the tasks
   * @return the executor that takes the tenant along
   */
  public static Executor wrap(Executor executor) {
    return task -> executor.execute(wrap(task));
  }

  private static Restore replace(@Nullable TenantId tenant) {
    TenantId previous = CURRENT.get();
    set(tenant);
    return new Restore(previous);
  }

  static void set(@Nullable TenantId tenant) {
    if (tenant == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(tenant);
    }
  }

  private record Restore(@Nullable TenantId previous) implements AutoCloseable {

    @Override
    public void close() {
      set(previous);
    }
  }

  /** A stretch of a thread's work during which a tenant is current. Not thread-safe. */
  public static final class Scope implements AutoCloseable {

    private final TenantId tenant;
    private final @Nullable TenantId previous;
    private final Thread thread = Thread.currentThread();
    private boolean closed;

    private Scope(TenantId tenant, @Nullable TenantId previous) {
      this.tenant = tenant;
      this.previous = previous;
    }

    /**
     * Whose scope this is.
     *
     * @return the tenant
     */
    public TenantId tenant() {
      return tenant;
    }

    /**
     * Makes the tenant of before current again. Closing twice does nothing.
     *
     * @throws IllegalStateException on another thread than the one that opened the scope; or if an
     *     inner scope of another tenant is still open, in which case the thread has no tenant from
     *     now on
     */
    @Override
    public void close() {
      if (closed) {
        return;
      }
      if (Thread.currentThread() != thread) {
        throw new IllegalStateException(
            "A tenant's scope was closed on another thread than the one that opened it: use TenantContext.wrap(...) to carry"
                + " the tenant to other threads.");
      }
      closed = true;
      if (!tenant.equals(CURRENT.get())) {
        CURRENT.remove();
        throw new IllegalStateException(
            "A tenant's scope was closed while another tenant is current: close the inner scope first, best with"
                + " try-with-resources. The thread has no tenant now.");
      }
      set(previous);
    }
  }
}
