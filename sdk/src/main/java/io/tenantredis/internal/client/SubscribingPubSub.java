package io.tenantredis.internal.client;

import io.lettuce.core.codec.RedisCodec;
import io.tenantredis.KeyEvent;
import io.tenantredis.MessageGap;
import io.tenantredis.ReactiveTenantPubSub;
import io.tenantredis.SubscriptionListener;
import io.tenantredis.TenantMessage;
import io.tenantredis.TenantPubSub;
import io.tenantredis.TenantSubscription;
import io.tenantredis.internal.pubsub.ActiveSubscription;
import io.tenantredis.internal.pubsub.MessageReceiver;
import io.tenantredis.internal.pubsub.TenantSubscriber;
import io.tenantredis.internal.pubsub.TopicKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A tenant's channels, in the types of a codec. */
final class SubscribingPubSub<K, V> implements TenantPubSub<K, V> {

  private final TenantSlot slot;
  private final SharedHandle<K, V> handle;
  private final RedisCodec<K, V> codec;

  SubscribingPubSub(TenantSlot slot, SharedHandle<K, V> handle) {
    this.slot = slot;
    this.handle = handle;
    this.codec = handle.codec();
  }

  @Override
  public long publish(K channel, V message) {
    return handle.sync().publish(channel, message);
  }

  @Override
  public long spublish(K shardChannel, V message) {
    return handle.sync().spublish(shardChannel, message);
  }

  @Override
  public TenantSubscription subscribe(
      Collection<? extends K> channels,
      SubscriptionListener<? super TenantMessage<K, V>> listener) {
    return Waiting.await(subscribeAsync(channels, listener));
  }

  @Override
  public CompletableFuture<TenantSubscription> subscribeAsync(
      Collection<? extends K> channels,
      SubscriptionListener<? super TenantMessage<K, V>> listener) {
    return subscribe(TopicKind.CHANNEL, channels, listener);
  }

  @Override
  public TenantSubscription psubscribe(
      Collection<? extends K> patterns,
      SubscriptionListener<? super TenantMessage<K, V>> listener) {
    return Waiting.await(psubscribeAsync(patterns, listener));
  }

  @Override
  public CompletableFuture<TenantSubscription> psubscribeAsync(
      Collection<? extends K> patterns,
      SubscriptionListener<? super TenantMessage<K, V>> listener) {
    return subscribe(TopicKind.PATTERN, patterns, listener);
  }

  @Override
  public TenantSubscription ssubscribe(
      Collection<? extends K> shardChannels,
      SubscriptionListener<? super TenantMessage<K, V>> listener) {
    return Waiting.await(ssubscribeAsync(shardChannels, listener));
  }

  @Override
  public CompletableFuture<TenantSubscription> ssubscribeAsync(
      Collection<? extends K> shardChannels,
      SubscriptionListener<? super TenantMessage<K, V>> listener) {
    return subscribe(TopicKind.SHARD_CHANNEL, shardChannels, listener);
  }

  @Override
  public TenantSubscription keyEvents(SubscriptionListener<? super KeyEvent<K>> listener) {
    return Waiting.await(keyEventsAsync(listener));
  }

  @Override
  public CompletableFuture<TenantSubscription> keyEventsAsync(
      SubscriptionListener<? super KeyEvent<K>> listener) {
    MessageReceiver receiver = new MessageListening<>(listener, this::keyEvent);
    return confirmed(openKeyEvents(receiver, Long.MAX_VALUE));
  }

  private KeyEvent<K> keyEvent(@Nullable ByteBuffer pattern, ByteBuffer key, ByteBuffer event) {
    return new KeyEvent<>(
        codec.decodeKey(key.duplicate()),
        StandardCharsets.UTF_8.decode(event.duplicate()).toString());
  }

  @Override
  public ReactiveTenantPubSub<K, V> reactive() {
    return new ReactivePubSub();
  }

  private CompletableFuture<TenantSubscription> subscribe(
      TopicKind kind,
      Collection<? extends K> names,
      SubscriptionListener<? super TenantMessage<K, V>> listener) {
    MessageReceiver receiver = new MessageListening<>(listener, this::message);
    return confirmed(open(kind, names, receiver, Long.MAX_VALUE));
  }

  /**
   * Subscribes, whichever session of the tenant takes it.
   *
   * @throws IllegalArgumentException if there is no name
   */
  private ActiveSubscription open(
      TopicKind kind, Collection<? extends K> names, MessageReceiver receiver, long demand) {
    if (names.isEmpty()) {
      throw new IllegalArgumentException("Name at least one channel or pattern.");
    }
    List<byte[]> encoded = new ArrayList<>(names.size());
    for (K name : names) {
      encoded.add(bytes(codec.encodeKey(name)));
    }
    if (kind == TopicKind.SHARD_CHANNEL) {
      slot.session().requireOneNode("SSUBSCRIBE");
    }
    return open(subscriber -> subscriber.subscribe(kind, encoded, receiver, demand));
  }

  private ActiveSubscription openKeyEvents(MessageReceiver receiver, long demand) {
    slot.session().requireOneNode("PSUBSCRIBE");
    return open(subscriber -> subscriber.keyEvents(receiver, demand));
  }

  private ActiveSubscription open(
      Function<TenantSubscriber, @Nullable ActiveSubscription> attempt) {
    while (true) {
      ActiveSubscription subscription = attempt.apply(slot.session().subscriber());
      if (subscription != null) {
        return subscription;
      }
      slot.requireOpen();
      Thread.onSpinWait();
    }
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private TenantMessage<K, V> message(
      @Nullable ByteBuffer pattern, ByteBuffer channel, ByteBuffer payload) {
    return new TenantMessage<>(
        codec.decodeKey(channel.duplicate()),
        pattern == null ? null : codec.decodeKey(pattern.duplicate()),
        codec.decodeValue(payload.duplicate()));
  }

  /** Who cancels the stage gives the subscription up. */
  private static CompletableFuture<TenantSubscription> confirmed(ActiveSubscription subscription) {
    CompletableFuture<TenantSubscription> result = new CompletableFuture<>();
    subscription
        .confirmed()
        .whenComplete(
            (confirmed, failure) -> {
              if (failure == null) {
                result.complete(confirmed);
              } else {
                result.completeExceptionally(failure);
              }
            });
    result.whenComplete(
        (confirmed, failure) -> {
          if (result.isCancelled()) {
            subscription.close();
          }
        });
    return result;
  }

  private final class ReactivePubSub implements ReactiveTenantPubSub<K, V> {

    @Override
    public Mono<Long> publish(K channel, V message) {
      return handle.reactive().publish(channel, message);
    }

    @Override
    public Mono<Long> spublish(K shardChannel, V message) {
      return handle.reactive().spublish(shardChannel, message);
    }

    @Override
    public Flux<TenantMessage<K, V>> subscribe(
        Collection<? extends K> channels, Consumer<? super MessageGap> onGap) {
      return messages(TopicKind.CHANNEL, channels, onGap);
    }

    @Override
    public Flux<TenantMessage<K, V>> psubscribe(
        Collection<? extends K> patterns, Consumer<? super MessageGap> onGap) {
      return messages(TopicKind.PATTERN, patterns, onGap);
    }

    @Override
    public Flux<TenantMessage<K, V>> ssubscribe(
        Collection<? extends K> shardChannels, Consumer<? super MessageGap> onGap) {
      return messages(TopicKind.SHARD_CHANNEL, shardChannels, onGap);
    }

    private Flux<TenantMessage<K, V>> messages(
        TopicKind kind, Collection<? extends K> names, Consumer<? super MessageGap> onGap) {
      return SubscriptionFlux.of(
          receiver -> open(kind, names, receiver, 0), SubscribingPubSub.this::message, onGap);
    }

    @Override
    public Flux<KeyEvent<K>> keyEvents(Consumer<? super MessageGap> onGap) {
      return SubscriptionFlux.of(
          receiver -> openKeyEvents(receiver, 0), SubscribingPubSub.this::keyEvent, onGap);
    }
  }
}
