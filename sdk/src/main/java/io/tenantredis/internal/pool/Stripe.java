package io.tenantredis.internal.pool;

import io.tenantredis.ErrorCode;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.internal.connection.ConnectionSource;
import io.tenantredis.internal.connection.TenantIdentity;
import io.tenantredis.internal.connection.VerifiedConnection;
import io.tenantredis.internal.error.Failures;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection that commands share: opened on first use, replaced when it is lost, exchanged
 * without a gap when credentials change. Thread-safe; nothing blocks.
 *
 * <p>At most one attempt to connect is under way for those who wait. After a failed one, callers
 * fail at once with what it failed with until the next attempt is due. In quarantine they always
 * do, and attempts are made without them.
 */
final class Stripe {

  /** How often credentials are refused before the tenant is quarantined. */
  static final int REFUSALS_BEFORE_QUARANTINE = 3;

  /** How often new credentials are tried while the old connection works. */
  private static final int MAX_EXCHANGE_ATTEMPTS = 20;

  private final ConnectionSource connector;
  private final TenantIdentity identity;
  private final ConnectPolicy policy;
  private final Object lock = new Object();

  private volatile @Nullable VerifiedConnection current;
  private boolean connecting;
  private @Nullable ScheduledFuture<?> nextAttempt;
  private @Nullable Set<Waiter> waiting;
  private @Nullable Throwable lastFailure;
  private int failures;
  private long tryingSince;
  private long notBefore;
  private boolean everConnected;
  private boolean quarantined;
  private boolean announced;
  private boolean exchanging;
  private int exchangeFailures;
  private boolean credentialsChanged;
  private boolean closed;

  Stripe(ConnectionSource connector, TenantIdentity identity, ConnectPolicy policy) {
    this.connector = connector;
    this.identity = identity;
    this.policy = policy;
  }

  @Nullable VerifiedConnection current() {
    VerifiedConnection connection = current;
    return connection != null && connection.isUsable() ? connection : null;
  }

  boolean isQuarantined() {
    synchronized (lock) {
      return quarantined;
    }
  }

  void acquire(Waiter waiter) {
    VerifiedConnection open = null;
    Throwable refused = null;
    boolean connect = false;
    synchronized (lock) {
      open = connecting ? null : current();
      if (closed) {
        refused = closedFailure();
      } else if (quarantined) {
        refused = lastFailure;
      } else if (connecting) {
        await(waiter);
      } else if (open == null && lastFailure != null && now() - notBefore < 0) {
        refused = lastFailure;
      } else if (open == null) {
        connecting = true;
        connect = true;
        if (failures == 0) {
          tryingSince = now();
        }
        await(waiter);
      }
    }
    if (connect) {
      attempt();
    } else if (refused != null) {
      waiter.failed(refused);
    } else if (open != null) {
      waiter.connected(open);
    }
  }

  /** The waiter no longer waits; if it is being served at this moment, it is served. */
  void forget(Waiter waiter) {
    synchronized (lock) {
      if (waiting != null) {
        waiting.remove(waiter);
      }
    }
  }

  private void watch(VerifiedConnection connection) {
    if (policy.probes() != null) {
      connection.probe(policy.probes());
    }
  }

  private void await(Waiter waiter) {
    if (waiting == null) {
      waiting = new LinkedHashSet<>();
    }
    waiting.add(waiter);
  }

  private void attempt() {
    connector.connect(identity).whenComplete(this::finish);
  }

  private void attemptLater() {
    synchronized (lock) {
      nextAttempt = null;
      if (closed) {
        connecting = false;
        return;
      }
    }
    attempt();
  }

  /** Called with the lock held. */
  private void attemptIn(long nanos) {
    try {
      nextAttempt = policy.timer().schedule(this::attemptLater, nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException shutDown) {
      connecting = false;
    }
  }

  private void finish(@Nullable VerifiedConnection connection, @Nullable Throwable failure) {
    if (connection != null) {
      watch(connection);
      opened(connection);
      return;
    }
    Throwable cause =
        failure == null ? new IllegalStateException("neither a connection nor a failure") : failure;
    Set<Waiter> failed;
    boolean first;
    boolean newlyQuarantined = false;
    synchronized (lock) {
      failures++;
      lastFailure = cause;
      if (!closed && credentialsChanged) {
        credentialsChanged = false;
        attemptIn(0);
        return;
      }
      if (!closed && mayStillCome(cause)) {
        attemptIn(policy.backoff().nanosAfter(failures));
        return;
      }
      // Once in quarantine it stays there, whatever fails, until the server is right again.
      if (!closed && (quarantined || isUntrustworthy(cause))) {
        newlyQuarantined = !quarantined;
        quarantined = true;
        attemptIn(policy.quarantineBackoff().nanosAfter(failures));
      } else {
        connecting = false;
        notBefore = now() + policy.backoff().nanosAfter(failures);
      }
      first = !announced;
      announced = true;
      failed = takeWaiting();
    }
    if (newlyQuarantined) {
      policy.events().quarantined(identity.tenant(), cause);
    } else if (first) {
      policy.events().unavailable(identity.tenant(), cause);
    }
    failed.forEach(waiter -> waiter.failed(cause));
  }

  /** Whether the user may still be on its way to the server. */
  private boolean mayStillCome(Throwable failure) {
    return !everConnected
        && !quarantined
        && isRefusedCredentials(failure)
        && now() - tryingSince < policy.newUserPatience().toNanos();
  }

  private boolean isUntrustworthy(Throwable failure) {
    return isWrongIdentity(failure)
        || (isRefusedCredentials(failure) && failures >= REFUSALS_BEFORE_QUARANTINE);
  }

  static boolean isWrongIdentity(@Nullable Throwable failure) {
    return failure instanceof TenantRedisFailure typed
        && (typed.code() == ErrorCode.SEC006 || typed.code() == ErrorCode.SEC007);
  }

  static boolean isRefusedCredentials(@Nullable Throwable failure) {
    return failure instanceof TenantRedisFailure typed
        && (typed.code() == ErrorCode.SEC001 || typed.code() == ErrorCode.SEC002);
  }

  private void opened(VerifiedConnection connection) {
    while (true) {
      Set<Waiter> served;
      boolean closedMeanwhile;
      boolean healed = false;
      boolean outdated = false;
      boolean again = false;
      VerifiedConnection replaced = null;
      synchronized (lock) {
        closedMeanwhile = closed;
        served = takeWaiting();
        if (served.isEmpty()) {
          connecting = false;
          if (!closedMeanwhile) {
            // An exchange that was under way when the tenant came into quarantine may have been
            // faster.
            replaced = current;
            current = connection;
            healed = announced;
            announced = false;
            outdated = credentialsChanged;
            credentialsChanged = false;
            quarantined = false;
            again = everConnected;
            everConnected = true;
            lastFailure = null;
            failures = 0;
          }
        }
      }
      if (closedMeanwhile) {
        connection.close();
        served.forEach(waiter -> waiter.failed(closedFailure()));
        return;
      }
      if (served.isEmpty()) {
        if (replaced != null) {
          replaced.retire();
        }
        if (again) {
          policy.events().reconnected(identity.tenant());
        }
        if (healed) {
          policy.events().available(identity.tenant());
        }
        if (outdated) {
          exchange();
        }
        return;
      }
      served.forEach(waiter -> waiter.connected(connection));
    }
  }

  private Set<Waiter> takeWaiting() {
    Set<Waiter> taken = waiting == null ? Set.of() : waiting;
    waiting = null;
    return taken;
  }

  /**
   * Opens another connection with the credentials of now, and only then takes the present one out
   * of use.
   */
  void exchange() {
    boolean attempt = false;
    boolean exchange = false;
    synchronized (lock) {
      if (closed) {
        return;
      }
      if (connecting) {
        if (nextAttempt != null && nextAttempt.cancel(false)) {
          nextAttempt = null;
          attempt = true;
        } else {
          credentialsChanged = true;
        }
      } else if (exchanging) {
        credentialsChanged = true;
      } else if (current() != null) {
        exchanging = true;
        exchangeFailures = 0;
        exchange = true;
      } else {
        notBefore = now();
      }
    }
    if (attempt) {
      attempt();
    } else if (exchange) {
      attemptExchange();
    }
  }

  /** Each attempt of an exchange asks for the credentials anew, so that one of them is enough. */
  void exchangeUnlessUnderWay() {
    synchronized (lock) {
      if (exchanging) {
        return;
      }
    }
    exchange();
  }

  private void attemptExchange() {
    connector.connect(identity).whenComplete(this::exchanged);
  }

  private void exchanged(@Nullable VerifiedConnection connection, @Nullable Throwable failure) {
    if (connection == null) {
      exchangeFailed(
          failure == null ? new IllegalStateException("neither connection nor failure") : failure);
      return;
    }
    watch(connection);
    VerifiedConnection old = null;
    boolean again = false;
    boolean closedMeanwhile;
    synchronized (lock) {
      closedMeanwhile = closed;
      exchanging = false;
      if (!closedMeanwhile) {
        old = current;
        current = connection;
        again = credentialsChanged && !connecting;
        credentialsChanged = credentialsChanged && connecting;
      }
    }
    if (closedMeanwhile) {
      connection.close();
      return;
    }
    if (old != null) {
      old.retire();
    }
    policy.events().exchanged(identity.tenant());
    if (again) {
      exchange();
    }
  }

  private void exchangeFailed(Throwable failure) {
    boolean first;
    synchronized (lock) {
      if (credentialsChanged && !connecting) {
        credentialsChanged = false;
        exchangeFailures = 0;
      }
      exchangeFailures++;
      first = exchangeFailures == 1;
      if (closed || current() == null || exchangeFailures >= MAX_EXCHANGE_ATTEMPTS) {
        exchanging = false;
      } else {
        try {
          policy
              .timer()
              .schedule(
                  this::attemptExchange,
                  policy.quarantineBackoff().nanosAfter(exchangeFailures),
                  TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException shutDown) {
          exchanging = false;
        }
      }
    }
    if (first) {
      policy.events().exchangeFailed(identity.tenant(), failure);
    }
  }

  /** The server no longer says that this connection is the tenant's. */
  void distrust(Throwable cause) {
    VerifiedConnection connection;
    Set<Waiter> failed;
    boolean newly = false;
    synchronized (lock) {
      connection = current;
      failed = takeWaiting();
      if (!closed) {
        failures++;
        lastFailure = cause;
        newly = !quarantined;
        quarantined = true;
        announced = true;
        if (!connecting) {
          connecting = true;
          attemptIn(policy.quarantineBackoff().nanosAfter(failures));
        }
      }
    }
    if (connection != null) {
      connection.close();
    }
    if (newly) {
      policy.events().quarantined(identity.tenant(), cause);
    }
    failed.forEach(waiter -> waiter.failed(cause));
  }

  void replace() {
    VerifiedConnection connection = current;
    if (connection != null) {
      connection.retire();
    }
  }

  void close() {
    VerifiedConnection connection;
    Set<Waiter> failed;
    synchronized (lock) {
      closed = true;
      connection = current;
      failed = takeWaiting();
      if (nextAttempt != null) {
        nextAttempt.cancel(false);
      }
    }
    if (connection != null) {
      connection.close();
    }
    failed.forEach(waiter -> waiter.failed(closedFailure()));
  }

  private RuntimeException closedFailure() {
    return Failures.closed(identity.tenant(), null, false);
  }

  private long now() {
    return policy.nanoTime().getAsLong();
  }
}
