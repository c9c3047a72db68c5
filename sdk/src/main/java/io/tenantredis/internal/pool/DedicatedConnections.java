package io.tenantredis.internal.pool;

import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.ScheduledFuture;
import io.tenantredis.PoolOptions;
import io.tenantredis.TenantId;
import io.tenantredis.internal.connection.ConnectionSource;
import io.tenantredis.internal.connection.TenantIdentity;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.metrics.DedicatedMeters;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.pool.InstrumentedPool;
import reactor.pool.PoolAcquirePendingLimitException;
import reactor.pool.PoolAcquireTimeoutException;
import reactor.pool.PoolBuilder;
import reactor.pool.PoolShutdownException;
import reactor.pool.PooledRef;

/**
 * The dedicated connections of one tenant, each of them leased to one borrower at a time.
 *
 * <ul>
 *   <li>There are never more than {@link PoolOptions#maxSize()} at a time, leased and idle.
 *   <li>A borrower gets an idle one, or a new one while there are fewer than that, or waits.
 *   <li>Those who wait are served in the order in which they asked.
 *   <li>Who waited for {@link PoolOptions#acquireTimeout()} fails with TR010. With a timeout of
 *       zero nobody waits. Opening a connection takes the connect timeout at most, in addition.
 *   <li>At most {@link PoolOptions#maxPending()} wait; one more fails at once with TR010.
 *   <li>Who cancels his request waits no more, and a connection that comes too late for him goes to
 *       the next.
 *   <li>A connection that is lost, or whose borrower does not know its state, is never leased
 *       again.
 *   <li>An idle one is closed after {@link PoolOptions#maxIdleTime()}, unless only {@link
 *       PoolOptions#minIdle()} are left.
 *   <li>A lease of the application that is not ended for {@link PoolOptions#leakThreshold()} is
 *       logged with the stack trace of its borrower.
 *   <li>After {@link #close()} all connections are closed, leased ones too, and whoever waits or
 *       asks fails with TR009.
 * </ul>
 *
 * <p>Built on reactor-pool because nothing in it blocks, its waiting borrowers stand in one queue
 * with bounds in number and time, and it tests idle connections before it gives them out. Lettuce's
 * own BoundedAsyncPool lets nobody wait, and commons-pool2 blocks the thread that borrows, which
 * may be an event loop here.
 *
 * <p>Thread-safe; nothing blocks. What one borrower did to a connection happens before the next one
 * gets it.
 */
public final class DedicatedConnections {

  private static final Logger LOG = LoggerFactory.getLogger("io.tenantredis.connection");

  private final ConnectionSource connector;
  private final TenantIdentity identity;
  private final PoolOptions options;
  private final DedicatedMeters meters;
  private final EventExecutorGroup timer;
  private final Scheduler evictions;
  private final Set<Lease> leases = ConcurrentHashMap.newKeySet();
  private final LeakWatch leaks;
  private final Object lock = new Object();
  private @Nullable InstrumentedPool<PooledConnection> pool;
  private boolean closed;

  public DedicatedConnections(
      ConnectionSource connector,
      TenantIdentity identity,
      PoolOptions options,
      DedicatedMeters meters,
      EventExecutorGroup timer) {
    this.connector = connector;
    this.identity = identity;
    this.options = options;
    this.meters = meters;
    this.timer = timer;
    this.evictions = Schedulers.fromExecutorService(timer);
    this.leaks = new LeakWatch(leases, options.leakThreshold(), timer, this::reportLeak);
  }

  public TenantId tenant() {
    return identity.tenant();
  }

  public PoolOptions options() {
    return options;
  }

  /**
   * Asks for a connection to run one command on; it is not watched for leaks.
   *
   * @param longestWait waits no longer than this, even if the options would allow it
   * @return a stage with the lease, or failed with a typed exception; may be cancelled
   */
  public CompletableFuture<Lease> acquire(Duration longestWait) {
    return acquire(longestWait, null);
  }

  /**
   * Asks for a connection for the application, which is watched for leaks.
   *
   * @param longestWait waits no longer than this, even if the options would allow it
   * @return a stage with the lease, or failed with a typed exception; may be cancelled
   */
  CompletableFuture<Lease> acquireWatched(Duration longestWait) {
    return acquire(
        longestWait, options.leakThreshold().isZero() ? null : new BorrowedHereException());
  }

  private CompletableFuture<Lease> acquire(
      Duration longestWait, @Nullable BorrowedHereException borrower) {
    InstrumentedPool<PooledConnection> from;
    synchronized (lock) {
      if (closed) {
        return CompletableFuture.failedFuture(Failures.closed(tenant(), null, false));
      }
      if (pool == null) {
        pool = newPool();
      }
      from = pool;
    }
    Asking asking = new Asking(borrower);
    Duration wait =
        longestWait.compareTo(options.acquireTimeout()) < 0
            ? longestWait
            : options.acquireTimeout();
    // To the pool a timeout of zero is none; with one of zero in the options nobody may wait.
    from.acquire(wait.isZero() || wait.isNegative() ? Duration.ofNanos(1) : wait).subscribe(asking);
    return asking.result;
  }

  private InstrumentedPool<PooledConnection> newPool() {
    return PoolBuilder.from(Mono.defer(this::open))
        .sizeBetween(0, options.maxSize())
        .maxPendingAcquire(options.acquireTimeout().isZero() ? 0 : options.maxPending())
        .pendingAcquireTimer(this::after)
        .evictionPredicate(
            (pooled, metadata) ->
                !pooled.connection().isUsable()
                    || pooled.connection().isOutdated()
                    || (metadata.idleTime() >= options.maxIdleTime().toMillis() && hasSpareIdle()))
        .evictInBackground(options.maxIdleTime().dividedBy(2), evictions)
        .destroyHandler(this::destroy)
        .buildPool();
  }

  private boolean hasSpareIdle() {
    InstrumentedPool<PooledConnection> current = pool;
    return current == null || current.metrics().idleSize() > options.minIdle();
  }

  private reactor.core.Disposable after(Runnable action, Duration delay) {
    ScheduledFuture<?> scheduled = timer.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
    return () -> scheduled.cancel(false);
  }

  private Mono<PooledConnection> open() {
    return Mono.fromFuture(connector.connect(identity), true)
        .map(
            connection -> {
              meters.opened();
              return new PooledConnection(connection);
            });
  }

  private Mono<Void> destroy(PooledConnection pooled) {
    return Mono.fromRunnable(
        () -> {
          meters.closed();
          pooled.destroy();
        });
  }

  private Lease lease(
      PooledRef<PooledConnection> reference, @Nullable BorrowedHereException borrower) {
    Lease lease = new Lease(this, reference, System.nanoTime(), borrower);
    leases.add(lease);
    meters.leased();
    if (borrower != null) {
      leaks.watch();
    }
    return lease;
  }

  private void reportLeak(BorrowedHereException borrower) {
    meters.leaked();
    LOG.warn(
        "LEASE_LEAKED A dedicated connection of tenant {} was not given back within {}: close it, or raise leakThreshold. It was leased"
            + " here:",
        tenant(),
        options.leakThreshold(),
        borrower);
  }

  void ended(Lease lease, long since) {
    if (leases.remove(lease)) {
      meters.returned(System.nanoTime() - since);
    }
  }

  private Throwable failure(Throwable cause) {
    if (cause instanceof PoolAcquireTimeoutException) {
      meters.exhausted();
      return Failures.poolExhausted(
          tenant(),
          null,
          "All "
              + options.maxSize()
              + " dedicated connections of the tenant are leased and none became free in time. Give them back sooner, or"
              + " raise maxSize.",
          null);
    }
    if (cause instanceof PoolAcquirePendingLimitException) {
      meters.exhausted();
      return Failures.poolExhausted(
          tenant(),
          null,
          "All "
              + options.maxSize()
              + " dedicated connections of the tenant are leased, and as many callers wait for one as may. Give them back"
              + " sooner, or raise maxSize.",
          null);
    }
    return cause instanceof PoolShutdownException ? Failures.closed(tenant(), null, false) : cause;
  }

  /** How many are leased. */
  public int leased() {
    return leases.size();
  }

  /** Whether there is one, leased or idle. */
  public boolean isConnected() {
    InstrumentedPool<PooledConnection> current;
    synchronized (lock) {
      current = pool;
    }
    return !leases.isEmpty() || (current != null && current.metrics().allocatedSize() > 0);
  }

  /**
   * Closes idle connections now and leased ones when they are given back; who asks from now on gets
   * a new one.
   */
  public void replace() {
    InstrumentedPool<PooledConnection> old;
    synchronized (lock) {
      old = pool;
      // Whoever waits would fail with the old pool: then the next one is asked to do it.
      if (old == null || old.metrics().pendingAcquireSize() > 0) {
        return;
      }
      pool = null;
    }
    old.disposeLater().subscribe();
  }

  /** Closes all connections, leased ones too; who asks from now on gets a new one. */
  public void discardAll() {
    replace();
    leases.forEach(Lease::discard);
  }

  /** Closes all connections, leased ones too, and accepts no further call. Does not block. */
  public void close() {
    InstrumentedPool<PooledConnection> old;
    synchronized (lock) {
      closed = true;
      old = pool;
      pool = null;
    }
    if (old != null) {
      old.disposeLater().subscribe();
    }
    leases.forEach(Lease::discard);
    leaks.close();
  }

  private boolean isClosed() {
    synchronized (lock) {
      return closed;
    }
  }

  /** One who asks for a connection. */
  private final class Asking extends BaseSubscriber<PooledRef<PooledConnection>> {

    final CompletableFuture<Lease> result = new CompletableFuture<>();
    private final @Nullable BorrowedHereException borrower;

    Asking(@Nullable BorrowedHereException borrower) {
      this.borrower = borrower;
      long since = System.nanoTime();
      meters.asked();
      result.whenComplete(
          (lease, failure) -> {
            meters.answered(System.nanoTime() - since);
            if (result.isCancelled()) {
              cancel();
            }
          });
    }

    @Override
    protected void hookOnNext(PooledRef<PooledConnection> reference) {
      Lease lease = lease(reference, borrower);
      if (isClosed()) {
        lease.discard();
        result.completeExceptionally(Failures.closed(tenant(), null, false));
      } else if (!result.complete(lease)) {
        lease.giveBack();
      }
    }

    @Override
    protected void hookOnError(Throwable cause) {
      result.completeExceptionally(failure(cause));
    }
  }
}
