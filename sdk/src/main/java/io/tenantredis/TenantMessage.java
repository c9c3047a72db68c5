package io.tenantredis;

import org.jspecify.annotations.Nullable;

/**
 * A message that was published in a channel of the tenant.
 *
 * @param <K> the type of channels
 * @param <V> the type of messages
 * @param channel the channel, as the application names it
 * @param pattern the pattern that it matched; null if the channel itself was subscribed to
 * @param payload the message
 */
public record TenantMessage<K, V>(K channel, @Nullable K pattern, V payload) {

  /** Shows neither the channel nor the message. */
  @Override
  public String toString() {
    return "TenantMessage";
  }
}
