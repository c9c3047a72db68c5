package io.tenantredis.internal.pool;

import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantId;
import io.tenantredis.TenantIdentityException;
import io.tenantredis.internal.connection.ConnectionSource;
import io.tenantredis.internal.connection.TenantIdentity;
import io.tenantredis.internal.connection.VerifiedConnection;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The connection that all ordinary commands of one tenant multiplex over, or the few that they are
 * spread over by thread.
 *
 * <p>How many may wait for it is bounded by the tenant's bulkhead. Thread-safe; nothing blocks.
 */
public final class SharedConnection {

  private final ConnectionSource connector;
  private final TenantIdentity identity;
  private final ConnectPolicy policy;
  private final Stripe[] stripes;
  private final AtomicBoolean polling = new AtomicBoolean();
  private final AtomicBoolean asking = new AtomicBoolean();
  private final AtomicInteger refusals = new AtomicInteger();
  private volatile Runnable distrusted = () -> {};
  private volatile BooleanSupplier connectedElsewhere = () -> false;
  private volatile long reverifyAt;
  private volatile long pollAt;

  /**
   * @param connections how many connections there are to be
   */
  public SharedConnection(
      ConnectionSource connector, TenantIdentity identity, ConnectPolicy policy, int connections) {
    this.connector = connector;
    this.identity = identity;
    this.policy = policy;
    this.stripes = new Stripe[connections];
    for (int i = 0; i < connections; i++) {
      stripes[i] = new Stripe(connector, identity, policy);
    }
    long now = policy.nanoTime().getAsLong();
    this.reverifyAt = policy.next(policy.reverifyInterval(), now);
    this.pollAt = policy.next(policy.credentialsPollInterval(), now);
  }

  public TenantId tenant() {
    return identity.tenant();
  }

  /** The calling thread's connection if it is open now, else null. */
  public @Nullable VerifiedConnection current() {
    return stripe().current();
  }

  /** Whether a connection is open now. */
  public boolean isConnected() {
    for (Stripe stripe : stripes) {
      if (stripe.current() != null) {
        return true;
      }
    }
    return false;
  }

  /** Whether the tenant's commands fail because the server does not say that it is the tenant. */
  public boolean isQuarantined() {
    for (Stripe stripe : stripes) {
      if (stripe.isQuarantined()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Gives the waiter the calling thread's connection, at once or when it is open. Waiters are
   * served in the order of their calls, and before any command finds the connection with {@link
   * #current()}: commands keep their order across a connect.
   */
  public void acquire(Waiter waiter) {
    stripe().acquire(waiter);
  }

  /** Why nobody gets a connection until further notice; null if they do. */
  public @Nullable RuntimeException heldBack() {
    return connector.heldBack();
  }

  /** The waiter no longer waits; if it is being served at this moment, it is served. */
  public void forget(Waiter waiter) {
    for (Stripe stripe : stripes) {
      stripe.forget(waiter);
    }
  }

  private Stripe stripe() {
    if (stripes.length == 1) {
      return stripes[0];
    }
    return stripes[(int) (Thread.currentThread().getId() % stripes.length)];
  }

  /**
   * Takes the open connection out of use; the next command opens a new one, with the credentials of
   * that moment.
   */
  public void replace() {
    for (Stripe stripe : stripes) {
      stripe.replace();
    }
  }

  /**
   * Opens a new connection with the credentials of now; when it is verified new commands go there,
   * and the old one ends after the replies to those in flight.
   */
  public void exchange() {
    for (Stripe stripe : stripes) {
      stripe.exchange();
    }
  }

  /** Whether the tenant has connections of other kinds, which are none of this object's. */
  public void connectedElsewhere(BooleanSupplier connected) {
    this.connectedElsewhere = connected;
  }

  /** What else to do when a live connection turned out not to be the tenant's; must not block. */
  public void onDistrust(Runnable action) {
    this.distrusted = action;
  }

  /** Does what is to be done at intervals. Called more often than those. */
  public void sweep(long now) {
    if (!policy.reverifyInterval().isZero() && now - reverifyAt >= 0) {
      reverifyAt = policy.next(policy.reverifyInterval(), now);
      reverify();
    }
    if (!policy.credentialsPollInterval().isZero() && now - pollAt >= 0) {
      pollAt = policy.next(policy.credentialsPollInterval(), now);
      pollCredentials();
    }
  }

  private void reverify() {
    if (isConnected() || connectedElsewhere.getAsBoolean()) {
      askForAdmission();
    }
    for (Stripe stripe : stripes) {
      VerifiedConnection connection = stripe.current();
      if (connection != null) {
        connector
            .reverify(connection)
            .whenComplete(
                (same, failure) -> {
                  if (failure instanceof TenantIdentityException) {
                    distrust(failure);
                  }
                });
      }
    }
  }

  /**
   * Whether the server would still let the tenant in: a live connection stays its user's, also when
   * that user is switched off or loses its password.
   */
  private void askForAdmission() {
    if (!asking.compareAndSet(false, true)) {
      return;
    }
    connector
        .credentials(identity)
        .whenComplete(
            (credentials, failure) -> {
              if (failure != null || (credentials != null && exchangeUnlessMadeWith(credentials))) {
                // No word of the server on what the live connection was made with.
                asking.set(false);
                return;
              }
              connector.connect(identity).whenComplete(this::admitted);
            });
  }

  private void admitted(@Nullable VerifiedConnection further, @Nullable Throwable failure) {
    asking.set(false);
    if (further != null) {
      further.close();
      refusals.set(0);
      return;
    }
    if (Stripe.isRefusedCredentials(failure)) {
      int times = refusals.incrementAndGet();
      if (times < Stripe.REFUSALS_BEFORE_QUARANTINE) {
        reverifyAt = policy.nanoTime().getAsLong() + policy.quarantineBackoff().nanosAfter(times);
        return;
      }
    } else if (!Stripe.isWrongIdentity(failure)) {
      return;
    }
    refusals.set(0);
    if (failure != null) {
      distrust(failure);
    }
  }

  private void distrust(Throwable cause) {
    // First, as nobody who sees the refusal here may still find another connection in use.
    distrusted.run();
    for (Stripe stripe : stripes) {
      stripe.distrust(cause);
    }
  }

  private void pollCredentials() {
    if (!isConnected() || !polling.compareAndSet(false, true)) {
      return;
    }
    connector
        .credentials(identity)
        .whenComplete(
            (credentials, failure) -> {
              polling.set(false);
              if (credentials != null) {
                exchangeUnlessMadeWith(credentials);
              }
            });
  }

  private boolean exchangeUnlessMadeWith(TenantCredentials credentials) {
    boolean exchanging = false;
    for (Stripe stripe : stripes) {
      VerifiedConnection connection = stripe.current();
      if (connection != null && !connection.wasMadeWith(credentials)) {
        stripe.exchangeUnlessUnderWay();
        exchanging = true;
      }
    }
    return exchanging;
  }

  /** Closes the connection and accepts no further call. Commands in flight fail. Does not block. */
  public void close() {
    for (Stripe stripe : stripes) {
      stripe.close();
    }
  }
}
