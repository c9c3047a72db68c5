package io.tenantredis.samples;

import io.tenantredis.MessageGap;
import io.tenantredis.PubSubOptions;
import io.tenantredis.SubscriptionListener;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantMessage;
import io.tenantredis.TenantPubSub;
import io.tenantredis.TenantRedis;
import io.tenantredis.TenantSubscription;
import java.util.List;
import java.util.concurrent.Executor;
import reactor.core.publisher.Flux;

/** The samples of docs/pubsub.md, compiled. */
final class PubSubSamples {

  static void show(String text) {}

  static void readAllPricesAgain() {}

  static void showThatPricesAreOld() {}

  static void first(TenantRedis redis) {
    TenantPubSub<String, String> channels = redis.tenant("acme").pubSub();
    TenantSubscription news = channels.subscribe("news", message -> show(message.payload()));
    channels.publish("news", "hello");
    news.close();
  }

  static TenantSubscription gaps(TenantPubSub<String, String> channels) {
    TenantSubscription prices =
        channels.subscribe(
            "prices",
            new SubscriptionListener<>() {
              @Override
              public void onMessage(TenantMessage<String, String> message) {
                show(message.payload());
              }

              @Override
              public void onGap(MessageGap gap) {
                readAllPricesAgain();
              }

              @Override
              public void onInterrupted(RuntimeException failure) {
                showThatPricesAreOld();
              }
            });
    return prices;
  }

  static void options(TenantCredentialsProvider provider, Executor listeners) {
    TenantRedis redis =
        TenantRedis.builder("redis://cache.internal:6379")
            .identity("tenant_{tenant}")
            .credentials(provider)
            .pubSub(PubSubOptions.builder().maxQueuedMessages(10_000).executor(listeners).build())
            .build();
    redis.close();
  }

  static TenantSubscription events(TenantPubSub<String, String> channels) {
    TenantSubscription events =
        channels.keyEvents(event -> show(event.event() + " " + event.key()));
    return events;
  }

  static Flux<String> reactive(TenantPubSub<String, String> channels) {
    Flux<String> prices =
        channels
            .reactive()
            .subscribe(List.of("prices"), gap -> readAllPricesAgain())
            .map(TenantMessage::payload);
    return prices;
  }

  private PubSubSamples() {}
}
