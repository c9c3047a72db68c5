package io.tenantredis.spring.data;

import io.tenantredis.TenantId;
import io.tenantredis.TenantPubSub;
import io.tenantredis.context.CurrentTenantResolver;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.connection.ReactivePubSubCommands;
import org.springframework.data.redis.connection.ReactiveSubscription;
import org.springframework.data.redis.connection.SubscriptionListener;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Publishing and subscribing of one reactive connection of a tenant. It gives subscriptions to that
 * tenant alone: a listener container that was made in one tenant's request keeps the connection.
 * Thread-safe.
 */
final class TenantReactivePubSub implements ReactivePubSubCommands {

  private final TenantId tenant;
  private final CurrentTenantResolver tenants;
  private final TenantPubSub<ByteBuffer, ByteBuffer> pubSub;
  private final ReactivePubSubCommands publishing;

  /** Bounded by the subscriptions that a tenant may have. */
  private final Set<BufferedSubscription> open = ConcurrentHashMap.newKeySet();

  TenantReactivePubSub(
      TenantConnections connections,
      CurrentTenantResolver tenants,
      ReactivePubSubCommands publishing) {
    this.tenant = connections.tenant();
    this.tenants = tenants;
    this.pubSub = connections.pubSub();
    this.publishing = publishing;
  }

  @Override
  public Flux<Long> publish(
      Publisher<ReactiveSubscription.ChannelMessage<ByteBuffer, ByteBuffer>> messages) {
    return publishing.publish(messages);
  }

  /** Whoever subscribes later on a thread without a tenant was this tenant when asking. */
  @Override
  public Mono<ReactiveSubscription> createSubscription(SubscriptionListener listener) {
    TenantId asking = tenants.currentTenant();
    if (asking == null || !asking.equals(tenant)) {
      return Mono.error(() -> notFor(asking));
    }
    return Mono.fromSupplier(
        () -> {
          TenantId subscribing = tenants.currentTenant();
          if (subscribing != null && !subscribing.equals(tenant)) {
            throw notFor(subscribing);
          }
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

  private InvalidDataAccessApiUsageException notFor(@Nullable TenantId asking) {
    return new InvalidDataAccessApiUsageException(
        "This connection gives subscriptions to tenant '"
            + tenant
            + "' alone, and "
            + (asking == null ? "no tenant" : "tenant '" + asking + "'")
            + " is current: make a listener container for each tenant, on"
            + " TenantRedisConnectionFactory.forTenant(tenant), or use the template's listenTo(...).");
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
