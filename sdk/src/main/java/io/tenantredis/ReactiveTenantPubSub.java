package io.tenantredis;

import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The reactive flavour of {@link TenantPubSub}, which says what the methods do. A subscription
 * begins when its publisher is subscribed to and ends when that is cancelled; each subscriber has
 * one of its own. What was not requested waits in its bounded queue, from which the oldest messages
 * go when it is full. A lost connection is no error: the subscription is made again. It errs with
 * what {@link SubscriptionListener#onClosed} is given.
 *
 * <p>Signals come on the executor of {@link PubSubOptions}. Thread-safe.
 *
 * @param <K> the type of channels
 * @param <V> the type of messages
 */
public interface ReactiveTenantPubSub<K, V> {

  /**
   * Publishes a message in a channel of the tenant.
   *
   * @param channel the channel
   * @param message the message
   * @return how many subscribers of the server got it
   */
  Mono<Long> publish(K channel, V message);

  /**
   * Publishes a message in a sharded channel of the tenant.
   *
   * @param shardChannel the sharded channel
   * @param message the message
   * @return how many subscribers of the server got it
   */
  Mono<Long> spublish(K shardChannel, V message);

  /**
   * The messages of a channel.
   *
   * @param channel the channel
   * @return its messages, without a sign of those that are missing
   */
  default Flux<TenantMessage<K, V>> subscribe(K channel) {
    return subscribe(List.of(channel), gap -> {});
  }

  /**
   * The messages of channels.
   *
   * @param channels at least one
   * @param onGap told when messages are missing, between the messages around them
   * @return their messages
   */
  Flux<TenantMessage<K, V>> subscribe(
      Collection<? extends K> channels, Consumer<? super MessageGap> onGap);

  /**
   * The messages of all channels that match a pattern.
   *
   * @param pattern a glob pattern
   * @return their messages, without a sign of those that are missing
   */
  default Flux<TenantMessage<K, V>> psubscribe(K pattern) {
    return psubscribe(List.of(pattern), gap -> {});
  }

  /**
   * The messages of all channels that match patterns.
   *
   * @param patterns at least one glob pattern
   * @param onGap told when messages are missing, between the messages around them
   * @return their messages
   */
  Flux<TenantMessage<K, V>> psubscribe(
      Collection<? extends K> patterns, Consumer<? super MessageGap> onGap);

  /**
   * The messages of a sharded channel.
   *
   * @param shardChannel the sharded channel
   * @return its messages, without a sign of those that are missing
   */
  default Flux<TenantMessage<K, V>> ssubscribe(K shardChannel) {
    return ssubscribe(List.of(shardChannel), gap -> {});
  }

  /**
   * The messages of sharded channels.
   *
   * @param shardChannels at least one
   * @param onGap told when messages are missing, between the messages around them
   * @return their messages
   */
  Flux<TenantMessage<K, V>> ssubscribe(
      Collection<? extends K> shardChannels, Consumer<? super MessageGap> onGap);

  /**
   * What happens to the tenant's keys.
   *
   * @param onGap told when events are missing, between the events around them
   * @return the events
   */
  Flux<KeyEvent<K>> keyEvents(Consumer<? super MessageGap> onGap);
}
