package io.tenantredis.internal.client;

import io.tenantredis.MessageGap;
import io.tenantredis.SubscriptionListener;
import io.tenantredis.internal.pubsub.ActiveSubscription;
import io.tenantredis.internal.pubsub.MessageReceiver;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/**
 * A subscription as a Flux: it begins when somebody subscribes, and what is not asked for waits in
 * its bounded queue and nowhere else.
 */
final class SubscriptionFlux<M> implements SubscriptionListener<M> {

  private final FluxSink<M> sink;
  private final Consumer<? super MessageGap> onGap;

  private SubscriptionFlux(FluxSink<M> sink, Consumer<? super MessageGap> onGap) {
    this.sink = sink;
    this.onGap = onGap;
  }

  static <M> Flux<M> of(
      Function<MessageReceiver, ActiveSubscription> subscribe,
      MessageListening.Decoder<M> decoder,
      Consumer<? super MessageGap> onGap) {
    return Flux.create(
        sink -> {
          MessageReceiver receiver =
              new MessageListening<M>(new SubscriptionFlux<>(sink, onGap), decoder);
          ActiveSubscription subscription = subscribe.apply(receiver);
          sink.onDispose(subscription::close);
          sink.onRequest(subscription::request);
        },
        // Nothing comes that was not asked for.
        FluxSink.OverflowStrategy.ERROR);
  }

  @Override
  public void onMessage(M message) {
    sink.next(message);
  }

  @Override
  public void onGap(MessageGap gap) {
    onGap.accept(gap);
  }

  @Override
  public void onClosed(@Nullable RuntimeException failure) {
    if (failure == null) {
      sink.complete();
    } else {
      sink.error(failure);
    }
  }
}
