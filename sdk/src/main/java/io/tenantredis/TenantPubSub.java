package io.tenantredis;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Publishing and subscribing inside the channels of one tenant.
 *
 * <p>Names are relative to the tenant's prefix as keys are (with {@link PrefixMode#REQUIRE} they
 * have it), in both directions: no other tenant's message is ever delivered, whatever the server's
 * ACL permits.
 *
 * <p>All subscriptions of a tenant share one connection, opened by the first and closed with the
 * last; a tenant with subscriptions is never evicted. Redis delivers a message at most once, to
 * those who are subscribed at that moment: what is published while a connection is lost is gone,
 * which {@link SubscriptionListener#onGap} tells. When credentials are rotated none is lost, and a
 * message may come twice.
 *
 * <p>The methods that return a {@link TenantSubscription} block until the server confirmed it, at
 * most for the connect timeout and the command timeout together. They throw
 *
 * <ul>
 *   <li>{@link CommandRefusedException} if a name is outside the tenant's prefix (REQUIRE) or the
 *       command was withheld,
 *   <li>{@link TenantPermissionDeniedException} if the server's ACL denies a channel. It permits a
 *       pattern only if the user has exactly that pattern: {@code "*"} always works with an {@code
 *       AclPolicy}, narrower ones must be granted,
 *   <li>{@link TenantConnectionException} if there is no connection,
 *   <li>{@link TenantLimitException} if the tenant has too many,
 *   <li>{@link TenantClosedException} if the client was closed,
 *   <li>{@link io.lettuce.core.RedisCommandInterruptedException} if interrupted while waiting.
 * </ul>
 *
 * <p>Thread-safe.
 *
 * @param <K> the type of channels
 * @param <V> the type of messages
 */
public interface TenantPubSub<K, V> {

  /**
   * Publishes a message in a channel of the tenant, over the shared connection. Blocks for the
   * reply, like any synchronous command.
   *
   * @param channel the channel
   * @param message the message
   * @return how many subscribers of the server got it
   */
  long publish(K channel, V message);

  /**
   * Publishes a message in a sharded channel of the tenant. Only {@link #ssubscribe} hears it: to
   * the server a channel and a sharded channel of the same name are two.
   *
   * @param shardChannel the sharded channel
   * @param message the message
   * @return how many subscribers of the server got it
   */
  long spublish(K shardChannel, V message);

  /**
   * Subscribes to a channel.
   *
   * @param channel the channel
   * @param listener hears its messages
   * @return the subscription, confirmed by the server
   */
  default TenantSubscription subscribe(
      K channel, SubscriptionListener<? super TenantMessage<K, V>> listener) {
    return subscribe(List.of(channel), listener);
  }

  /**
   * Subscribes to channels.
   *
   * @param channels at least one
   * @param listener hears their messages
   * @return the subscription, confirmed by the server
   */
  TenantSubscription subscribe(
      Collection<? extends K> channels, SubscriptionListener<? super TenantMessage<K, V>> listener);

  /**
   * Subscribes to channels without blocking.
   *
   * @param channels at least one
   * @param listener hears their messages
   * @return a stage with what {@link #subscribe} would return or throw; who cancels it has none
   */
  CompletableFuture<TenantSubscription> subscribeAsync(
      Collection<? extends K> channels, SubscriptionListener<? super TenantMessage<K, V>> listener);

  /**
   * Subscribes to all channels of the tenant that match a pattern.
   *
   * @param pattern a glob pattern, in the form of {@code PSUBSCRIBE}
   * @param listener hears their messages
   * @return the subscription, confirmed by the server
   */
  default TenantSubscription psubscribe(
      K pattern, SubscriptionListener<? super TenantMessage<K, V>> listener) {
    return psubscribe(List.of(pattern), listener);
  }

  /**
   * Subscribes to all channels of the tenant that match patterns. A message that matches two of
   * them comes twice.
   *
   * @param patterns at least one glob pattern, in the form of {@code PSUBSCRIBE}
   * @param listener hears their messages
   * @return the subscription, confirmed by the server
   */
  TenantSubscription psubscribe(
      Collection<? extends K> patterns, SubscriptionListener<? super TenantMessage<K, V>> listener);

  /**
   * Subscribes to patterns without blocking.
   *
   * @param patterns at least one
   * @param listener hears their messages
   * @return a stage with what {@link #psubscribe} would return or throw; who cancels it has none
   */
  CompletableFuture<TenantSubscription> psubscribeAsync(
      Collection<? extends K> patterns, SubscriptionListener<? super TenantMessage<K, V>> listener);

  /**
   * Subscribes to a sharded channel.
   *
   * @param shardChannel the sharded channel
   * @param listener hears its messages, which {@link #spublish} sent
   * @return the subscription, confirmed by the server
   */
  default TenantSubscription ssubscribe(
      K shardChannel, SubscriptionListener<? super TenantMessage<K, V>> listener) {
    return ssubscribe(List.of(shardChannel), listener);
  }

  /**
   * Subscribes to sharded channels.
   *
   * @param shardChannels at least one
   * @param listener hears their messages, which {@link #spublish} sent
   * @return the subscription, confirmed by the server
   */
  TenantSubscription ssubscribe(
      Collection<? extends K> shardChannels,
      SubscriptionListener<? super TenantMessage<K, V>> listener);

  /**
   * Subscribes to sharded channels without blocking.
   *
   * @param shardChannels at least one
   * @param listener hears their messages
   * @return a stage with what {@link #ssubscribe} would return or throw; who cancels it has none
   */
  CompletableFuture<TenantSubscription> ssubscribeAsync(
      Collection<? extends K> shardChannels,
      SubscriptionListener<? super TenantMessage<K, V>> listener);

  /**
   * Subscribes to what happens to the tenant's keys, and to nobody else's: the server's keyspace
   * notifications, which it sends only if its operator set {@code notify-keyspace-events} to {@code
   * K} and the kinds of events wanted ({@code KEA} for all). Otherwise the subscription is
   * confirmed, and silent: no tenant can find out. Events are told of the database that the client
   * connects to.
   *
   * <p>The tenant's user needs the channel {@code __keyspace@<database>__:<prefix>*}, which {@code
   * AclPolicy.Builder.keyspaceEvents} grants. The server's other form, {@code __keyevent@}, names
   * the keys of all tenants and is out of reach.
   *
   * @param listener hears the events
   * @return the subscription, confirmed by the server
   */
  TenantSubscription keyEvents(SubscriptionListener<? super KeyEvent<K>> listener);

  /**
   * Subscribes to what happens to the tenant's keys without blocking.
   *
   * @param listener hears the events
   * @return a stage with what {@link #keyEvents} would return or throw; who cancels it has none
   */
  CompletableFuture<TenantSubscription> keyEventsAsync(
      SubscriptionListener<? super KeyEvent<K>> listener);

  /**
   * The same without blocking, with back-pressure.
   *
   * @return the reactive flavour
   */
  ReactiveTenantPubSub<K, V> reactive();
}
