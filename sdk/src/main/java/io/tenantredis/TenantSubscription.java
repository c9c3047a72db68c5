package io.tenantredis;

import org.jspecify.annotations.Nullable;

/**
 * A subscription to channels of a tenant. It lasts until it is {@linkplain #close() closed}, the
 * tenant or the client is, or the server's ACL denies one of its channels; it outlasts lost
 * connections, rotated credentials and a revoked user that comes back. Thread-safe.
 */
public interface TenantSubscription extends AutoCloseable {

  /**
   * What it is doing now.
   *
   * @return the state
   */
  SubscriptionState state();

  /**
   * Why it is interrupted, or has ended.
   *
   * @return the failure; null if it is neither, or was closed by the application
   */
  @Nullable RuntimeException failure();

  /**
   * How many messages there was no room for because the listener was too slow.
   *
   * @return the number since the subscription began
   */
  long dropped();

  /**
   * Unsubscribes. Messages that wait for the listener are discarded; one that it is handling is
   * handled to the end, and then it hears {@code onClosed}. Does not block; does nothing if it has
   * ended already.
   */
  @Override
  void close();
}
