package io.tenantredis;

/** What a {@link TenantSubscription} is doing. */
public enum SubscriptionState {
  /** It was asked for and the server has not confirmed it yet. */
  SUBSCRIBING,
  /** The server confirmed all its channels: messages arrive. */
  SUBSCRIBED,
  /** The connection is gone, or refused; it is tried again. Messages are missed meanwhile. */
  INTERRUPTED,
  /** It has ended and stays so. */
  CLOSED
}
