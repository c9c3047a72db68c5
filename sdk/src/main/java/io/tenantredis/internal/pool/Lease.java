package io.tenantredis.internal.pool;

import io.tenantredis.internal.connection.VerifiedConnection;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.pool.PooledRef;

/**
 * A dedicated connection in somebody's hands. It ends once, by one of {@link #giveBack()}, {@link
 * #discard()} and {@link #retire()}; further calls do nothing. Thread-safe; nothing blocks.
 */
public final class Lease {

  private final DedicatedConnections owner;
  private final PooledRef<PooledConnection> reference;
  private final long since;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final AtomicReference<@Nullable BorrowedHereException> unreported;

  /**
   * @param since when it began, in the time of {@link System#nanoTime()}
   * @param borrower who leased it, or null if it is not watched for leaks
   */
  Lease(
      DedicatedConnections owner,
      PooledRef<PooledConnection> reference,
      long since,
      @Nullable BorrowedHereException borrower) {
    this.owner = owner;
    this.reference = reference;
    this.since = since;
    this.unreported = new AtomicReference<>(borrower);
  }

  public VerifiedConnection connection() {
    return reference.poolable().connection();
  }

  /** Whom to tell, on the event loop, when the connection is lost while it is leased. */
  public void whenLost(Runnable action) {
    PooledConnection pooled = reference.poolable();
    pooled.whenLost(action);
    if (!pooled.connection().isUsable()
        && pooled.connection().closed().toCompletableFuture().isDone()) {
      action.run();
    }
  }

  /** When it began. */
  long since() {
    return since;
  }

  /** Whether it would be reported, were it to last too long. */
  boolean isWatched() {
    return unreported.get() != null && !ended.get();
  }

  /** Who leased it, once; null afterwards, and when it has ended. */
  @Nullable BorrowedHereException takeBorrower() {
    return ended.get() ? null : unreported.getAndSet(null);
  }

  /**
   * The connection is as it was and nobody waits for a reply on it: somebody else may have it. One
   * that is lost is thrown away.
   */
  public void giveBack() {
    if (end()) {
      if (connection().isUsable()) {
        owner.ended(this, since);
        reference.release().subscribe();
      } else {
        drop();
      }
    }
  }

  /** Closes the connection at once: nobody knows what state it is in. */
  public void discard() {
    if (end()) {
      connection().close();
      drop();
    }
  }

  /** Closes the connection as soon as the commands in flight on it have ended. */
  public void retire() {
    if (end()) {
      connection().retire();
      drop();
    }
  }

  private void drop() {
    owner.ended(this, since);
    reference.invalidate().subscribe();
  }

  private boolean end() {
    if (!ended.compareAndSet(false, true)) {
      return false;
    }
    reference.poolable().whenLost(null);
    return true;
  }
}
