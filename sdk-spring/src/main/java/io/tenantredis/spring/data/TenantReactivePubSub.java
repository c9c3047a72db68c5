package io.tenantredis.spring.data;

import io.tenantredis.TenantPubSub;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.reactivestreams.Publisher;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.connection.ReactivePubSubCommands;
import org.springframework.data.redis.connection.ReactiveSubscription;
import org.springframework.data.redis.connection.SubscriptionListener;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Publishing and subscribing of one reactive connection of a tenant. Thread-safe. */
final class TenantReactivePubSub implements ReactivePubSubCommands {

  private final TenantPubSub<ByteBuffer, ByteBuffer> pubSub;
  private final ReactivePubSubCommands publishing;

  /** Bounded by the subscriptions that a tenant may have. */
  private final Set<BufferedSubscription> open = ConcurrentHashMap.newKeySet();

  TenantReactivePubSub(
      TenantPubSub<ByteBuffer, ByteBuffer> pubSub, ReactivePubSubCommands publishing) {
    this.pubSub = pubSub;
    this.publishing = publishing;
  }

  @Override
  public Flux<Long> publish(
      Publisher<ReactiveSubscription.ChannelMessage<ByteBuffer, ByteBuffer>> messages) {
    return publishing.publish(messages);
  }

  @Override
  public Mono<ReactiveSubscription> createSubscription(SubscriptionListener listener) {
    return Mono.fromSupplier(
        () -> {
          BufferedSubscription subscription =
              new BufferedSubscription(pubSub, listener, open::remove);
          open.add(subscription);
          return subscription;
        });
  }

  /** Not here: nothing would hear the messages. */
  @Override
  public Mono<Void> subscribe(ByteBuffer... channels) {
    return Mono.error(TenantReactivePubSub::noSubscription);
  }

  /** Not here: nothing would hear the messages. */
  @Override
  public Mono<Void> pSubscribe(ByteBuffer... patterns) {
    return Mono.error(TenantReactivePubSub::noSubscription);
  }

  private static InvalidDataAccessApiUsageException noSubscription() {
    return new InvalidDataAccessApiUsageException(
        "Nothing would hear the messages: use createSubscription() and subscribe with what it gives.");
  }

  Mono<Void> close() {
    return Flux.defer(() -> Flux.fromIterable(Set.copyOf(open)))
        .flatMap(BufferedSubscription::cancel)
        .then();
  }
}
