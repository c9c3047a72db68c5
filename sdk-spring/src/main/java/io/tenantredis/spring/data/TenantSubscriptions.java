package io.tenantredis.spring.data;

import io.tenantredis.TenantMessage;
import io.tenantredis.TenantPubSub;
import io.tenantredis.TenantSubscription;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions behind one of Spring's, one for each name, so that each can end alone. A name
 * that is subscribed to already is not once more. Thread-safe.
 *
 * @param <T> the type of names and messages
 */
final class TenantSubscriptions<T> {

  private final TenantPubSub<T, T> pubSub;
  private final Consumer<? super TenantMessage<T, T>> messages;
  private final Consumer<? super RuntimeException> failures;
  private final Map<T, CompletableFuture<TenantSubscription>> channels = new ConcurrentHashMap<>();
  private final Map<T, CompletableFuture<TenantSubscription>> patterns = new ConcurrentHashMap<>();

  /**
   * None yet.
   *
   * @param pubSub the tenant's channels
   * @param messages called for each message, by several threads at a time
   * @param failures called when a subscription has ended and will not come back
   */
  TenantSubscriptions(
      TenantPubSub<T, T> pubSub,
      Consumer<? super TenantMessage<T, T>> messages,
      Consumer<? super RuntimeException> failures) {
    this.pubSub = pubSub;
    this.messages = messages;
    this.failures = failures;
  }

  /** Completes when the server confirmed it. */
  CompletableFuture<TenantSubscription> subscribe(T channel) {
    return kept(channels, channel, name -> pubSub.subscribeAsync(List.of(name), new Listener()));
  }

  /** Completes when the server confirmed it. */
  CompletableFuture<TenantSubscription> psubscribe(T pattern) {
    return kept(patterns, pattern, name -> pubSub.psubscribeAsync(List.of(name), new Listener()));
  }

  /** One that failed is not kept, so that it can be tried again. */
  private CompletableFuture<TenantSubscription> kept(
      Map<T, CompletableFuture<TenantSubscription>> subscriptions,
      T name,
      Function<T, CompletableFuture<TenantSubscription>> subscribe) {
    CompletableFuture<TenantSubscription> subscription =
        subscriptions.computeIfAbsent(name, subscribe);
    subscription.whenComplete(
        (confirmed, failure) -> {
          if (failure != null) {
            subscriptions.remove(name, subscription);
          }
        });
    return subscription;
  }

  void unsubscribe(T channel) {
    end(channels.remove(channel));
  }

  void punsubscribe(T pattern) {
    end(patterns.remove(pattern));
  }

  int size() {
    return channels.size() + patterns.size();
  }

  Collection<T> channels() {
    return List.copyOf(channels.keySet());
  }

  Collection<T> patterns() {
    return List.copyOf(patterns.keySet());
  }

  void close() {
    channels().forEach(this::unsubscribe);
    patterns().forEach(this::punsubscribe);
  }

  private static void end(@Nullable CompletableFuture<TenantSubscription> subscription) {
    if (subscription != null) {
      subscription.thenAccept(TenantSubscription::close);
    }
  }

  private final class Listener implements io.tenantredis.SubscriptionListener<TenantMessage<T, T>> {

    @Override
    public void onMessage(TenantMessage<T, T> message) {
      messages.accept(message);
    }

    @Override
    public void onClosed(@Nullable RuntimeException failure) {
      if (failure != null) {
        failures.accept(failure);
      }
    }
  }
}
