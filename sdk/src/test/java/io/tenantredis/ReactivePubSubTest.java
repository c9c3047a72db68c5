package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.test.server.RedisServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/** Subscriptions as publishers. */
class ReactivePubSubTest {

  static RedisServer server;

  final List<String> got = new CopyOnWriteArrayList<>();
  final Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
  TenantRedis redis;
  ReactiveTenantPubSub<String, String> acme;

  @BeforeAll
  static void startServer() {
    server = Tenants.confined().setting("notify-keyspace-events", "KEA").start();
    server.admin().command("ACL", "SETUSER", "tenant_acme", "&__keyspace@0__:tenant:acme:*");
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void connect() {
    redis =
        Tenants.client(server).pubSub(PubSubOptions.builder().maxQueuedMessages(5).build()).build();
    acme = redis.tenant("acme").pubSub().reactive();
  }

  @AfterEach
  void disconnect() {
    redis.close();
  }

  private static void awaitSubscribers(String channel, long number) {
    Awaitility.await()
        .until(
            () ->
                server
                    .admin()
                    .list("PUBSUB", "NUMSUB", "tenant:acme:" + channel)
                    .get(1)
                    .equals(number));
  }

  private Taking take(Flux<TenantMessage<String, String>> messages, long demand) {
    Taking taking = new Taking(demand);
    messages.map(TenantMessage::payload).subscribe(taking);
    return taking;
  }

  private final class Taking extends BaseSubscriber<String> {

    private final long demand;

    Taking(long demand) {
      this.demand = demand;
    }

    @Override
    protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
      if (demand > 0) {
        request(demand);
      }
    }

    @Override
    protected void hookOnNext(String message) {
      got.add(message);
    }

    @Override
    protected void hookOnError(Throwable failure) {
      errors.add(failure);
    }
  }

  @Test
  void aSubscriptionBeginsWithItsSubscriberAndEndsWhenThatIsCancelled() {
    Flux<TenantMessage<String, String>> messages = acme.subscribe("news");
    assertThat(acme.publish("news", "to nobody").block()).isZero();
    Taking taking = take(messages, Long.MAX_VALUE);
    awaitSubscribers("news", 1);
    assertThat(acme.publish("news", "1").block()).isEqualTo(1);
    Awaitility.await().until(() -> got.equals(List.of("1")));
    taking.cancel();
    awaitSubscribers("news", 0);
  }

  @Test
  void messagesThatWereNotRequestedWaitAndTheOldestGoWhenThereAreTooMany() {
    List<MessageGap> gaps = new CopyOnWriteArrayList<>();
    Taking taking = take(acme.subscribe(List.of("slow"), gaps::add), 1);
    awaitSubscribers("slow", 1);
    List<String> all = new ArrayList<>();
    redis.tenant("acme").pubSub().subscribe("slow", message -> all.add(message.payload()));
    for (int i = 0; i < 10; i++) {
      acme.publish("slow", "" + i).block();
      int published = i + 1;
      Awaitility.await().until(() -> all.size() == published);
      if (i == 0) {
        Awaitility.await().until(() -> got.equals(List.of("0")));
      }
    }
    Awaitility.await().until(() -> gaps.stream().mapToLong(MessageGap::dropped).sum() == 4);
    assertThat(got).containsExactly("0");
    taking.request(2);
    Awaitility.await().until(() -> got.equals(List.of("0", "5", "6")));
    taking.request(Long.MAX_VALUE);
    Awaitility.await().until(() -> got.equals(List.of("0", "5", "6", "7", "8", "9")));
    assertThat(errors).isEmpty();
  }

  @Test
  void patternsShardedChannelsAndEventsOfKeys() {
    List<String> events = new CopyOnWriteArrayList<>();
    take(acme.psubscribe("*"), Long.MAX_VALUE);
    take(acme.ssubscribe("shard"), Long.MAX_VALUE);
    acme.keyEvents(gap -> {}).subscribe(event -> events.add(event.event() + " " + event.key()));
    Awaitility.await().until(() -> server.admin().integer("PUBSUB", "NUMPAT") == 2);
    Awaitility.await()
        .until(
            () ->
                server
                    .admin()
                    .list("PUBSUB", "SHARDNUMSUB", "tenant:acme:shard")
                    .get(1)
                    .equals(1L));
    acme.publish("any", "p").block();
    acme.spublish("shard", "s").block();
    redis.tenant("acme").sync().set("k", "v");
    Awaitility.await().until(() -> got.size() == 2 && events.size() == 1);
    assertThat(got).containsExactlyInAnyOrder("p", "s");
    assertThat(events).containsExactly("set k");
  }

  @Test
  void refusalsAndTheEndOfTheClientAreErrors() {
    take(acme.psubscribe("narrow*"), Long.MAX_VALUE);
    Awaitility.await().until(() -> errors.size() == 1);
    assertThat(errors.poll()).isInstanceOf(TenantPermissionDeniedException.class);
    take(acme.subscribe(List.of(), gap -> {}), Long.MAX_VALUE);
    assertThat(errors.poll()).isInstanceOf(IllegalArgumentException.class);
    take(acme.subscribe("news"), Long.MAX_VALUE);
    awaitSubscribers("news", 1);
    redis.close();
    Awaitility.await().until(() -> errors.size() == 1);
    assertThat(errors.poll()).isInstanceOf(TenantClosedException.class);
    take(acme.subscribe("news"), Long.MAX_VALUE);
    Awaitility.await().until(() -> errors.size() == 1);
    assertThat(errors.poll()).isInstanceOf(TenantClosedException.class);
  }
}
