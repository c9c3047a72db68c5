package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Publishing and subscribing while nothing breaks. */
class PubSubTest {

  static RedisServer server;

  final Heard heard = new Heard();
  TenantRedis redis;
  TenantPubSub<String, String> acme;

  @BeforeAll
  static void startServer() {
    server = Tenants.confined().start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void connect() {
    redis = Tenants.client(server).shutdownTimeout(Duration.ofMinutes(1)).build();
    acme = redis.tenant("acme").pubSub();
  }

  @AfterEach
  void disconnect() {
    redis.close();
  }

  private void publish(String channel, String message) {
    server.admin().command("PUBLISH", channel, message);
  }

  private static long connections(String user) {
    return server
        .admin()
        .text("CLIENT", "LIST")
        .lines()
        .filter(line -> line.contains(" user=" + user + " "))
        .count();
  }

  @Test
  void aMessageArrivesUnderTheNameThatTheApplicationKnows() {
    TenantSubscription subscription = acme.subscribe("news", heard);
    assertThat(subscription.state()).isEqualTo(SubscriptionState.SUBSCRIBED);
    publish("tenant:acme:news", "1");
    assertThat(acme.publish("news", "2")).isEqualTo(1);
    heard.await("news=1", "news=2");
    assertThat(subscription.failure()).isNull();
    assertThat(subscription.dropped()).isZero();
  }

  @Test
  void tenantsDoNotHearEachOther() {
    Heard others = new Heard();
    Heard all = new Heard();
    acme.subscribe("news", heard);
    acme.psubscribe("*", all);
    redis.tenant("globex").pubSub().subscribe("news", others);
    publish("news", "canary");
    publish("tenant:globex:news", "globex");
    publish("tenant:acme:news", "acme");
    heard.await("news=acme");
    all.await("* news=acme");
    others.await("news=globex");
  }

  /** The mistake of a client that prefixes one direction only. */
  @Test
  void whatIsPublishedWithThePrefixIsSubscribedToWithThePrefix() {
    acme.subscribe("news", heard);
    acme.publish("news", "both ways");
    assertThat(redis.tenant("acme").sync().publish("news", "by command")).isEqualTo(1);
    heard.await("news=both ways", "news=by command");
  }

  /** The mistake of a client that has only one kind of channel. */
  @Test
  void aShardedChannelHearsSpublishAndNotPublish() {
    Heard sharded = new Heard();
    acme.subscribe("news", heard);
    acme.ssubscribe("news", sharded);
    assertThat(acme.publish("news", "p")).isEqualTo(1);
    assertThat(acme.spublish("news", "s")).isEqualTo(1);
    heard.await("news=p");
    sharded.await("news=s");
  }

  @Test
  void oneSubscriptionMayNameSeveralChannelsAndSeveralSubscriptionsOneChannel() {
    Heard second = new Heard();
    acme.subscribe(List.of("a", "b"), heard);
    TenantSubscription other = acme.subscribe("b", second);
    acme.publish("a", "1");
    acme.publish("b", "2");
    heard.await("a=1", "b=2");
    second.await("b=2");
    other.close();
    acme.publish("b", "3");
    heard.await("a=1", "b=2", "b=3");
    second.await("b=2", "closed null");
    assertThat(connections("tenant_acme")).isEqualTo(2);
  }

  @Test
  void aClosedSubscriptionHearsThatAndNothingMoreAndTheLastOneClosesTheConnection() {
    TenantSubscription subscription = acme.subscribe("news", heard);
    subscription.close();
    subscription.close();
    heard.await("closed null");
    assertThat(subscription.state()).isEqualTo(SubscriptionState.CLOSED);
    Awaitility.await().until(() -> connections("tenant_acme") == 0);
    acme.subscribe("news", heard);
    acme.publish("news", "again");
    heard.await("closed null", "news=again");
  }

  @Test
  void patternsMayHoldGlobCharactersAndChannelsAnyByte() {
    List<byte[]> got = new CopyOnWriteArrayList<>();
    TenantPubSub<byte[], byte[]> binary =
        redis.tenant(TenantId.of("acme"), ByteArrayCodec.INSTANCE).pubSub();
    byte[] name = {0, -1, '*', '[', '\\', '\r', '\n', ' '};
    binary.subscribe(
        name,
        message -> {
          got.add(message.channel());
          got.add(message.payload());
        });
    binary.publish(name, new byte[] {'\r', '\n', 0});
    Awaitility.await().until(() -> got.size() == 2);
    assertThat(got.get(0)).isEqualTo(name);
    assertThat(got.get(1)).isEqualTo(new byte[] {'\r', '\n', 0});
  }

  @Test
  void anAclThatDoesNotHoldThePatternIsATypedErrorThatSaysWhatToDo() {
    Heard all = new Heard();
    acme.psubscribe("*", all);
    assertThatThrownBy(() -> acme.psubscribe("n*", heard))
        .isInstanceOfSatisfying(
            TenantPermissionDeniedException.class,
            denied -> {
              assertThat(denied.code()).isEqualTo(ErrorCode.SEC003);
              assertThat(denied).hasMessageContaining("channelPattern").hasMessageContaining("'*'");
            });
    heard.await("closed SEC003");
    acme.publish("news", "the others go on");
    all.await("* news=the others go on");
  }

  @Test
  void listenersAreCalledOffTheEventLoopsAndMayPublishAndSubscribe() {
    acme.subscribe(
        "a",
        message -> {
          acme.subscribe("b", heard);
          acme.publish("b", message.payload() + Thread.currentThread().getName());
        });
    acme.publish("a", "thread ");
    Awaitility.await().until(() -> heard.calls.size() == 1);
    assertThat(heard.calls.get(0)).startsWith("b=thread boundedElastic");
    assertThat(heard.threads).allMatch(name -> name.startsWith("boundedElastic"));
  }

  @Test
  void aListenerThatThrowsHearsTheNextMessage() {
    acme.subscribe(
        "news",
        message -> {
          heard.onMessage(message);
          throw new IllegalStateException("the application's own");
        });
    acme.publish("news", "1");
    acme.publish("news", "2");
    heard.await("news=1", "news=2");
  }

  @Test
  void theQueueOfASlowListenerDropsTheOldestAndSaysSo() throws Exception {
    redis.close();
    SimpleMeterRegistry own = new SimpleMeterRegistry();
    redis =
        Tenants.client(server)
            .meterRegistry(own)
            .pubSub(PubSubOptions.builder().maxQueuedMessages(2).build())
            .build();
    acme = redis.tenant("acme").pubSub();
    CountDownLatch slow = new CountDownLatch(1);
    Heard quick = new Heard();
    TenantSubscription subscription =
        acme.subscribe(
            "news",
            new SubscriptionListener<>() {
              @Override
              public void onMessage(TenantMessage<String, String> message) {
                heard.onMessage(message);
                try {
                  slow.await();
                } catch (InterruptedException interrupted) {
                  Thread.currentThread().interrupt();
                }
              }

              @Override
              public void onGap(MessageGap gap) {
                heard.onGap(gap);
              }
            });
    acme.subscribe("news", quick);
    acme.publish("news", "0");
    heard.await("news=0");
    for (int i = 1; i <= 5; i++) {
      acme.publish("news", "" + i);
      quick.awaitLast("news=" + i);
    }
    slow.countDown();
    heard.await("news=0", "gap OVERFLOW", "news=4", "news=5");
    assertThat(heard.gaps).containsExactly(new MessageGap(MessageGap.Cause.OVERFLOW, 3));
    assertThat(subscription.dropped()).isEqualTo(3);
    assertThat(own.get("tenant.redis.pubsub.dropped").counter().count()).isEqualTo(3);
    assertThat(own.get("tenant.redis.pubsub.messages").counter().count()).isEqualTo(12);
    assertThat(own.get("tenant.redis.pubsub.subscriptions").gauge().value()).isEqualTo(2);
  }

  @Test
  void aTenantHasNoMoreSubscriptionsThanItMay() {
    redis.close();
    redis =
        Tenants.client(server).pubSub(PubSubOptions.builder().maxSubscriptions(2).build()).build();
    acme = redis.tenant("acme").pubSub();
    TenantSubscription subscription = acme.subscribe(List.of("a", "b"), heard);
    assertThatThrownBy(() -> acme.subscribe("c", heard))
        .isInstanceOf(TenantLimitException.class)
        .hasMessageContaining("maxSubscriptions");
    redis.tenant("globex").pubSub().subscribe("a", heard);
    subscription.close();
    acme.subscribe("c", heard);
  }

  @Test
  void aSubscriptionWithoutAChannelIsRefused() {
    assertThatThrownBy(() -> acme.subscribe(List.of(), heard))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void rawSubscriptionsOnConnectionsThatCarryCommandsAreRefusedAndSayWhatToUse() {
    for (CommandType type :
        Set.of(CommandType.SUBSCRIBE, CommandType.PSUBSCRIBE, CommandType.SSUBSCRIBE)) {
      assertThatThrownBy(
              () ->
                  redis
                      .tenant("acme")
                      .sync()
                      .dispatch(
                          type,
                          new StatusOutput<>(StringCodec.UTF8),
                          new CommandArgs<>(StringCodec.UTF8).addKey("news")))
          .isInstanceOf(CommandRefusedException.class)
          .hasMessageContaining("pubSub()");
      assertThatThrownBy(
              () ->
                  redis
                      .tenant("acme")
                      .dedicated(
                          connection ->
                              connection
                                  .sync()
                                  .dispatch(
                                      type,
                                      new StatusOutput<>(StringCodec.UTF8),
                                      new CommandArgs<>(StringCodec.UTF8).addKey("news"))))
          .isInstanceOf(CommandRefusedException.class)
          .hasMessageContaining("pubSub()");
    }
  }

  @Test
  void namesOutsideThePrefixAreRefusedWhereTheApplicationWritesIt() {
    try (TenantRedis required = Tenants.client(server).prefixMode(PrefixMode.REQUIRE).build()) {
      TenantPubSub<String, String> whole = required.tenant("acme").pubSub();
      assertThatThrownBy(() -> whole.subscribe("tenant:globex:news", heard))
          .isInstanceOf(CommandRefusedException.class);
      assertThatThrownBy(() -> whole.psubscribe("*", heard))
          .isInstanceOf(CommandRefusedException.class);
      whole.subscribe("tenant:acme:news", heard);
      Heard all = new Heard();
      whole.psubscribe("tenant:acme:*", all);
      whole.publish("tenant:acme:news", "1");
      heard.await("tenant:acme:news=1");
      all.await("tenant:acme:* tenant:acme:news=1");
    }
  }

  @Test
  void aWithheldCommandIsNotSent() {
    try (TenantRedis narrowed =
        Tenants.client(server)
            .commands(CommandPolicy.builder().withhold("PSUBSCRIBE").build())
            .build()) {
      assertThatThrownBy(() -> narrowed.tenant("acme").pubSub().psubscribe("*", heard))
          .isInstanceOf(CommandRefusedException.class);
    }
  }

  @Test
  void closingTheTenantEndsItsSubscriptionsWithATypedFailureAndItsHandlesStayValid() {
    TenantSubscription subscription = acme.subscribe("news", heard);
    // Before anything is waited for.
    assertTimeoutPreemptively(
        Duration.ofSeconds(20), () -> redis.close(TenantId.of("acme")), "close waits for them");
    heard.await("closed TR009");
    assertThat(subscription.state()).isEqualTo(SubscriptionState.CLOSED);
    assertThat(subscription.failure()).isInstanceOf(TenantClosedException.class);
    acme.subscribe("news", heard);
    acme.publish("news", "anew");
    heard.awaitLast("news=anew");
  }

  @Test
  void closingTheClientEndsSubscriptionsWithATypedFailureAndTakesNoMore() {
    acme.subscribe("news", heard);
    redis.close();
    heard.await("closed TR009");
    assertThatThrownBy(() -> acme.subscribe("news", heard))
        .isInstanceOf(TenantClosedException.class);
    assertThatThrownBy(() -> redis.tenant("acme").pubSub().subscribe("news", heard))
        .isInstanceOf(TenantClosedException.class);
    Awaitility.await().until(() -> connections("tenant_acme") == 0);
  }

  @Test
  void aTenantWithSubscriptionsIsNotEvicted() {
    redis.close();
    redis =
        Tenants.client(server)
            .connections(
                ConnectionOptions.builder()
                    .idleTime(Duration.ofMillis(50))
                    .maxConnections(2)
                    .build())
            .build();
    acme = redis.tenant("acme").pubSub();
    TenantSubscription subscription = acme.subscribe("news", heard);
    for (int i = 0; i < 3; i++) {
      redis.tenant("globex").sync().set("k", "needs room");
      redis.close(TenantId.of("globex"));
    }
    Awaitility.await()
        .during(Duration.ofMillis(300))
        .until(() -> redis.tenantsInUse().contains(TenantId.of("acme")));
    publish("tenant:acme:news", "still there");
    heard.await("news=still there");
    subscription.close();
    Awaitility.await().until(() -> !redis.tenantsInUse().contains(TenantId.of("acme")));
  }

  /** The server's fence alone: a plain client with the tenant's own user. */
  @Test
  void theAclKeepsAPlainClientInsideTheTenantsChannels() {
    try (RespConnection plain = server.connect("tenant_acme", Tenants.password("acme")).resp3()) {
      List<String[]> calls = new ArrayList<>();
      for (String word : List.of("SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE")) {
        for (String name :
            List.of(
                "news",
                "*",
                "tenant:globex:news",
                "tenant:globex:*",
                "tenant:*",
                "tenant:acm*",
                "__keyevent@0__:*",
                "__keyspace@0__:*")) {
          calls.add(new String[] {word, name});
        }
      }
      calls.add(new String[] {"PUBLISH", "tenant:globex:news", "x"});
      calls.add(new String[] {"SPUBLISH", "tenant:globex:news", "x"});
      for (String[] call : calls) {
        assertThat(plain.tryCommand(call)).as(String.join(" ", call)).isInstanceOf(RespError.class);
      }
    }
  }
}
