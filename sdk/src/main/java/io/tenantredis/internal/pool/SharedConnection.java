package io.tenantredis.internal.pool;

import io.tenantredis.TenantId;
import io.tenantredis.internal.connection.Connector;
import io.tenantredis.internal.connection.TenantIdentity;
import io.tenantredis.internal.connection.VerifiedConnection;
import io.tenantredis.internal.error.Failures;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The connection that all ordinary commands of one tenant multiplex over: opened on first use,
 * replaced when it is lost.
 *
 * <p>At most one attempt to connect is under way. After failed attempts the next one waits, see
 * {@link Backoff}; callers that come in between fail at once with what the last attempt failed
 * with. How many may wait is bounded by the tenant's bulkhead. Thread-safe; nothing blocks.
 */
public final class SharedConnection {

  private final Connector connector;
  private final TenantIdentity identity;
  private final Backoff backoff;
  private final LongSupplier nanoTime;
  private final Object lock = new Object();

  private volatile @Nullable VerifiedConnection current;
  private boolean connecting;
  private List<Waiter> waiting = new ArrayList<>();
  private @Nullable Throwable lastFailure;
  private int failures;
  private long notBefore;
  private boolean closed;

  public SharedConnection(
      Connector connector, TenantIdentity identity, Backoff backoff, LongSupplier nanoTime) {
    this.connector = connector;
    this.identity = identity;
    this.backoff = backoff;
    this.nanoTime = nanoTime;
  }

  public TenantId tenant() {
    return identity.tenant();
  }

  /** The connection if one is open now, else null. */
  public @Nullable VerifiedConnection current() {
    VerifiedConnection connection = current;
    return connection != null && connection.isUsable() ? connection : null;
  }

  /** Whether a connection is open now. */
  public boolean isConnected() {
    return current() != null;
  }

  /**
   * Gives the waiter the connection, at once or when it is open. Waiters are served in the order of
   * their calls, and before any command finds the connection with {@link #current()}: commands keep
   * their order across a connect.
   */
  public void acquire(Waiter waiter) {
    VerifiedConnection open = null;
    Throwable refused = null;
    boolean connect = false;
    synchronized (lock) {
      open = connecting ? null : current();
      if (closed) {
        refused = Failures.closed(identity.tenant(), null, false);
      } else if (connecting) {
        waiting.add(waiter);
      } else if (open == null && lastFailure != null && nanoTime.getAsLong() - notBefore < 0) {
        refused = lastFailure;
      } else if (open == null) {
        connecting = true;
        connect = true;
        waiting.add(waiter);
      }
    }
    if (connect) {
      connector.connect(identity).whenComplete(this::finish);
    } else if (refused != null) {
      waiter.failed(refused);
    } else if (open != null) {
      waiter.connected(open);
    }
  }

  private void finish(@Nullable VerifiedConnection connection, @Nullable Throwable failure) {
    if (connection != null) {
      opened(connection);
      return;
    }
    List<Waiter> failed;
    Throwable cause =
        failure == null ? new IllegalStateException("neither a connection nor a failure") : failure;
    synchronized (lock) {
      connecting = false;
      failures++;
      notBefore = nanoTime.getAsLong() + backoff.nanosAfter(failures);
      lastFailure = cause;
      failed = takeWaiting();
    }
    failed.forEach(waiter -> waiter.failed(cause));
  }

  private void opened(VerifiedConnection connection) {
    while (true) {
      List<Waiter> served;
      boolean closedMeanwhile;
      synchronized (lock) {
        closedMeanwhile = closed;
        served = takeWaiting();
        if (served.isEmpty()) {
          connecting = false;
          if (!closedMeanwhile) {
            current = connection;
            lastFailure = null;
            failures = 0;
          }
        }
      }
      if (closedMeanwhile) {
        connection.close();
        served.forEach(waiter -> waiter.failed(Failures.closed(identity.tenant(), null, false)));
        return;
      }
      if (served.isEmpty()) {
        return;
      }
      served.forEach(waiter -> waiter.connected(connection));
    }
  }

  private List<Waiter> takeWaiting() {
    List<Waiter> taken = waiting;
    waiting = new ArrayList<>();
    return taken;
  }

  /**
   * Takes the open connection out of use; the next command opens a new one, with the credentials of
   * that moment.
   */
  public void replace() {
    VerifiedConnection connection = current;
    if (connection != null) {
      connection.retire();
    }
  }

  /** Closes the connection and accepts no further call. Commands in flight fail. Does not block. */
  public void close() {
    VerifiedConnection connection;
    synchronized (lock) {
      closed = true;
      connection = current;
    }
    if (connection != null) {
      connection.close();
    }
  }
}
