package io.tenantredis;

import org.jspecify.annotations.Nullable;

/**
 * Hears what a subscription receives: one call after the other, in the order of the server, on the
 * {@linkplain PubSubOptions.Builder#executor executor} of the client and never on an event loop, so
 * that it may block. While it does, messages wait for it in a bounded queue. What it throws is
 * logged, and the subscription goes on.
 *
 * @param <M> {@link TenantMessage}, or {@link KeyEvent}
 */
@FunctionalInterface
public interface SubscriptionListener<M> {

  /**
   * A message.
   *
   * @param message the message
   */
  void onMessage(M message);

  /**
   * Messages before this call are missing, or may be.
   *
   * @param gap why
   */
  default void onGap(MessageGap gap) {}

  /**
   * No messages arrive for now: the connection was lost, or is refused. The subscription is tried
   * again by itself. Called once for each kind of failure until it works again, when {@link #onGap}
   * is called.
   *
   * @param failure a typed failure that says what to do
   */
  default void onInterrupted(RuntimeException failure) {}

  /**
   * The last call: the subscription has ended.
   *
   * @param failure why: {@link TenantClosedException} when the tenant or the client was closed,
   *     {@link TenantPermissionDeniedException} when the server's ACL denies a channel; null when
   *     the application closed the subscription
   */
  default void onClosed(@Nullable RuntimeException failure) {}
}
