package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.SeenCommand;
import io.tenantredis.test.server.WireFault;
import io.tenantredis.test.server.WireProxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Subscriptions while connections, servers and users come and go. */
class PubSubFaultsTest {

  private static final TenantId ACME = TenantId.of("acme");

  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final AtomicReference<String> password = new AtomicReference<>(Tenants.password("acme"));
  final Heard heard = new Heard();
  RedisServer server;
  WireProxy proxy;
  TenantRedis redis;
  TenantPubSub<String, String> acme;

  @BeforeEach
  void connect() {
    server = Tenants.confined().start();
    proxy = WireProxy.to(server);
    redis = client().build();
    acme = redis.tenant(ACME).pubSub();
  }

  private TenantRedis.Builder client() {
    return TenantRedis.builder(proxy.uri())
        .identity("tenant_{tenant}")
        .credentials(
            TenantCredentialsProvider.of(
                tenant ->
                    TenantCredentials.of(
                        "tenant_" + tenant,
                        tenant.equals(ACME) ? password.get() : Tenants.password(tenant.value()))))
        .meterRegistry(registry)
        .connectTimeout(Duration.ofSeconds(10))
        .commandTimeout(Duration.ofSeconds(10))
        .connections(
            ConnectionOptions.builder()
                .reconnectDelay(Duration.ofMillis(10), Duration.ofMillis(100))
                // Long enough for an exchange of credentials not to give up within a test.
                .longestQuarantineDelay(Duration.ofSeconds(1))
                .newUserPatience(Duration.ZERO)
                .build())
        .pubSub(
            PubSubOptions.builder()
                .livenessInterval(Duration.ofMillis(100))
                .maxQueuedMessages(100_000)
                .build());
  }

  private void use(TenantRedis.Builder another) {
    redis.close();
    redis = another.build();
    acme = redis.tenant(ACME).pubSub();
  }

  /**
   * Of two interruptions in a row only the later one is told to a listener that has not heard of
   * the first. This one hears at once.
   */
  private static PubSubOptions hearingAtOnce() {
    return PubSubOptions.builder()
        .livenessInterval(Duration.ofMillis(100))
        .maxQueuedMessages(100_000)
        .executor(Runnable::run)
        .build();
  }

  @AfterEach
  void disconnect() {
    redis.close();
    proxy.close();
    server.close();
  }

  private void publish(String message) {
    server.admin().command("PUBLISH", "tenant:acme:news", message);
  }

  private long subscribers() {
    return subscribers("news");
  }

  private long subscribers(String channel) {
    return (long) server.admin().list("PUBSUB", "NUMSUB", "tenant:acme:" + channel).get(1);
  }

  private double count(String meter) {
    return registry.find(meter).counters().stream().mapToDouble(one -> one.count()).sum();
  }

  @Test
  void aLostConnectionIsReplacedAndTheGapIsTold() {
    Heard sharded = new Heard();
    TenantSubscription subscription = acme.subscribe("news", heard);
    acme.ssubscribe("shard", sharded);
    publish("before");
    heard.await("news=before");
    // In one turn of the server, before anybody can be back.
    server
        .admin()
        .pipeline(
            List.of(
                new String[] {"CLIENT", "KILL", "USER", "tenant_acme"},
                new String[] {"PUBLISH", "tenant:acme:news", "nobody hears this"}));
    heard.await("news=before", "interrupted TR004", "gap CONNECTION");
    assertThat(heard.gaps).containsExactly(new MessageGap(MessageGap.Cause.CONNECTION, 0));
    assertThat(heard.failures.get(0)).isInstanceOf(TenantConnectionLostException.class);
    assertThat(subscription.state()).isEqualTo(SubscriptionState.SUBSCRIBED);
    sharded.await("interrupted TR004", "gap CONNECTION");
    publish("after");
    acme.spublish("shard", "after");
    heard.awaitLast("news=after");
    sharded.awaitLast("shard=after");
    assertThat(count("tenant.redis.pubsub.interruptions")).isEqualTo(1);
  }

  @Test
  void noSubscriptionLeavesBeforeTheServerSaidWhoseTheConnectionIs() {
    acme.subscribe("news", heard);
    proxy.clearCommands();
    proxy.resetConnections();
    heard.awaitLast("gap CONNECTION");
    List<String> names = new ArrayList<>();
    for (SeenCommand command : proxy.commands()) {
      names.add(command.name());
    }
    assertThat(names.indexOf("ACL")).isNotNegative();
    assertThat(names.indexOf("SUBSCRIBE")).isGreaterThan(names.indexOf("ACL"));
  }

  @Test
  void aServerThatIsKilledAndStartedAgainIsSubscribedToAgain() {
    use(client().pubSub(hearingAtOnce()));
    TenantSubscription subscription = acme.subscribe("news", heard);
    server.kill9();
    heard.awaitCall("interrupted TR005");
    assertThat(subscription.state()).isEqualTo(SubscriptionState.INTERRUPTED);
    assertThat(subscription.failure()).isInstanceOf(TenantConnectionException.class);
    server.restart();
    heard.awaitLast("gap CONNECTION");
    publish("after");
    heard.await("interrupted TR004", "interrupted TR005", "gap CONNECTION", "news=after");
  }

  @Test
  void aServerThatSaysNothingIsAskedAndGivenUp() {
    use(client().connectTimeout(Duration.ofSeconds(2)).commandTimeout(Duration.ofSeconds(1)));
    acme.subscribe("news", heard);
    server.freeze();
    heard.awaitCall("interrupted TR004");
    server.thaw();
    heard.awaitCall("gap CONNECTION");
    publish("after");
    heard.awaitLast("news=after");
  }

  @Test
  void aQuietServerThatAnswersKeepsItsConnection() {
    acme.subscribe("news", heard);
    proxy.clearCommands();
    Awaitility.await().until(() -> proxy.commandsSeen("PING") >= 3);
    publish("still");
    heard.await("news=still");
    assertThat(count("tenant.redis.pubsub.interruptions")).isZero();
  }

  @Test
  void aServerThatCannotServeForNowIsAskedAgain() {
    acme.subscribe("news", heard);
    proxy.onCommand("PING").once().answerError("LOADING Redis is loading the dataset in memory");
    proxy.clearCommands();
    Awaitility.await().until(() -> proxy.commandsSeen("PING") >= 3);
    publish("still");
    heard.await("news=still");
  }

  @Test
  void anAnswerWithAnotherNonceEndsTheConnection() {
    acme.subscribe("news", heard);
    proxy.onCommand("PING").once().replaceReply("$4\r\nfake\r\n".getBytes(StandardCharsets.UTF_8));
    heard.awaitCall("interrupted TR004");
    heard.awaitCall("gap CONNECTION");
    assertThat(count("tenant.redis.connection.desyncs")).isEqualTo(1);
  }

  @Test
  void aRevokedUserEndsInATypedFailureAndHealsWhenItIsBack() {
    use(client().pubSub(hearingAtOnce()));
    TenantSubscription subscription = acme.subscribe("news", heard);
    Heard others = new Heard();
    redis.tenant("globex").pubSub().subscribe("news", others);
    server.admin().command("ACL", "DELUSER", "tenant_acme");
    heard.await("interrupted TR004", "interrupted SEC002");
    assertThat(subscription.failure()).hasMessageContaining("WRONGPASS");
    proxy.clearCommands();
    Awaitility.await().until(() -> proxy.commandsSeen("HELLO") + proxy.commandsSeen("AUTH") >= 2);
    server.admin().command("PUBLISH", "tenant:globex:news", "undisturbed");
    others.await("news=undisturbed");
    List<String> restored = new ArrayList<>(List.of("ACL", "SETUSER", "tenant_acme"));
    restored.addAll(List.of(Tenants.rules("acme", true)));
    server.admin().command(restored.toArray(String[]::new));
    heard.await("interrupted TR004", "interrupted SEC002", "gap CONNECTION");
    assertThat(subscription.state()).isEqualTo(SubscriptionState.SUBSCRIBED);
    publish("healed");
    heard.awaitLast("news=healed");
  }

  @Test
  void channelsThatAreTakenAwayEndTheSubscriptionWithATypedFailure() {
    TenantSubscription subscription = acme.subscribe("news", heard);
    server.admin().command("ACL", "SETUSER", "tenant_acme", "resetchannels");
    heard.await("interrupted TR004", "closed SEC003");
    assertThat(subscription.failure()).isInstanceOf(TenantPermissionDeniedException.class);
    assertThatThrownBy(() -> acme.subscribe("news", heard))
        .isInstanceOf(TenantPermissionDeniedException.class)
        .hasMessageContaining("AclPolicy");
  }

  @Test
  void withoutAServerASubscriptionFailsInTimeAndLeavesNothingBehind() {
    server.kill9();
    assertThatThrownBy(() -> acme.subscribe("news", heard))
        .isInstanceOf(TenantConnectionException.class);
    heard.await("closed TR005");
    server.restart();
    acme.subscribe("news", heard);
    publish("works");
    heard.awaitLast("news=works");
    assertThat(subscribers()).isEqualTo(1);
  }

  @Test
  void aSubscriptionThatIsNotConfirmedInTimeFails() {
    use(client().connectTimeout(Duration.ofSeconds(2)).commandTimeout(Duration.ofSeconds(1)));
    proxy.onCommand("SUBSCRIBE").always().swallowCommand();
    assertThatThrownBy(() -> acme.subscribe("news", heard))
        .isInstanceOf(TenantTimeoutException.class);
    heard.awaitLast("closed TR003");
  }

  @Test
  void aForeignMessageIsCountedAndNeverDeliveredAndItsConnectionClosed() {
    acme.subscribe("news", heard);
    for (String foreign :
        List.of(
            ">3\r\n$7\r\nmessage\r\n$18\r\ntenant:globex:news\r\n$6\r\nsecret\r\n",
            ">3\r\n$8\r\nsmessage\r\n$4\r\nnews\r\n$6\r\nsecret\r\n",
            ">4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$4\r\nnews\r\n$6\r\nsecret\r\n",
            ">4\r\n$8\r\npmessage\r\n$13\r\ntenant:acme:*\r\n$27\r\n__keyspace@0__:tenant:globe\r\n$3\r\nset\r\n")) {
      double before = count("tenant.redis.guard.violations");
      int calls = heard.calls.size();
      proxy.inject(foreign.getBytes(StandardCharsets.UTF_8));
      Awaitility.await().until(() -> heard.calls.size() == calls + 2);
      assertThat(heard.calls.subList(calls, calls + 2))
          .containsExactly("interrupted TR004", "gap CONNECTION");
      assertThat(count("tenant.redis.guard.violations")).isEqualTo(before + 1);
    }
    publish("own");
    heard.awaitLast("news=own");
    assertThat(heard.calls).noneMatch(call -> call.contains("secret"));
  }

  @Test
  void whatIsNoMessageEndsTheConnection() {
    acme.subscribe("news", heard);
    proxy.inject(":1\r\n".getBytes(StandardCharsets.UTF_8));
    heard.await("interrupted TR004", "gap CONNECTION");
    assertThat(count("tenant.redis.connection.desyncs")).isEqualTo(1);
  }

  @Test
  void aMessageThatIsLongerThanItMayBeEndsTheConnectionAndNotTheSubscription() {
    try (TenantRedis small =
        Tenants.client(server)
            .pubSub(PubSubOptions.builder().maxMessageBytes(1_024).build())
            .build()) {
      small.tenant(ACME).pubSub().subscribe("news", heard);
      publish("x".repeat(2_000));
      heard.await("interrupted TR004", "gap CONNECTION");
      publish("short");
      heard.awaitLast("news=short");
    }
  }

  @Test
  void rotatedCredentialsLoseNoMessage() throws Exception {
    acme.subscribe("news", heard);
    Heard patterns = new Heard();
    acme.psubscribe("*", patterns);
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<Integer> published =
        CompletableFuture.supplyAsync(
            () -> {
              int number = 0;
              while (!stop.get()) {
                server.admin().command("PUBLISH", "tenant:acme:news", "" + number++);
              }
              return number;
            });
    for (int round = 1; round <= 5; round++) {
      String next = "rotated-" + round;
      try (var admin = server.connectAsAdministrator()) {
        admin.command("ACL", "SETUSER", "tenant_acme", "resetpass", ">" + next);
      }
      password.set(next);
      double before = count("tenant.redis.connection.exchanges");
      redis.credentialsChanged(ACME);
      Awaitility.await().until(() -> count("tenant.redis.connection.exchanges") > before);
      // A connection that leaves before it has told all is a gap when the next one leaves, too.
      Awaitility.await().until(() -> subscribers() == 1);
    }
    stop.set(true);
    int sent = published.get(10, TimeUnit.SECONDS);
    heard.awaitCall("news=" + (sent - 1));
    patterns.awaitCall("* news=" + (sent - 1));
    List<String> expected = new ArrayList<>();
    List<String> expectedOfPattern = new ArrayList<>();
    for (int i = 0; i < sent; i++) {
      expected.add("news=" + i);
      expectedOfPattern.add("* news=" + i);
    }
    assertThat(heard.calls.stream().distinct()).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(patterns.calls.stream().distinct())
        .containsExactlyInAnyOrderElementsOf(expectedOfPattern);
    // By the connection that leaves and the one that took over; by one more when that is left, too.
    Map<String, Long> told =
        heard.calls.stream().collect(Collectors.groupingBy(call -> call, Collectors.counting()));
    assertThat(told.values()).allMatch(times -> times <= 3);
    Awaitility.await().until(() -> subscribers() == 1);
    assertThat(count("tenant.redis.pubsub.interruptions")).isZero();
  }

  @Test
  void anEarlierAnswerDoesNotEndAReplacedConnectionThatHasMoreToTell() {
    try (TenantRedis patient = client().build()) {
      patient.tenant(ACME).pubSub().subscribe(List.of("news", "other"), heard);
      WireFault late = proxy.onCommand("PING").once().delayReply(Duration.ofMillis(1_500));
      Awaitility.await().until(() -> late.hits() == 1);
      // The next connection hears one channel, and waits for the other.
      proxy.onCommand("SUBSCRIBE").skipping(1).once().delayCommand(Duration.ofMillis(500));
      server.admin().command("ACL", "SETUSER", "tenant_acme", ">next");
      password.set("next");
      patient.credentialsChanged(ACME);
      Awaitility.await().until(() -> proxy.commandsSeen("SUBSCRIBE") >= 4);
      String channel = subscribers("news") == 2 ? "news" : "other";
      server.admin().command("PUBLISH", "tenant:acme:" + channel, "meanwhile");
      heard.awaitCall(channel + "=meanwhile");
    }
  }

  @Test
  void aConfirmationIsNotTakenForThatOfALaterSubscription() {
    try (TenantRedis patient = client().build()) {
      TenantPubSub<String, String> pubSub = patient.tenant(ACME).pubSub();
      pubSub.subscribe("other", new Heard());
      proxy.onCommand("SUBSCRIBE").once().delayReply(Duration.ofSeconds(1));
      proxy.onCommand("SUBSCRIBE").once().answerError("NOPERM no permissions");
      pubSub.subscribeAsync(List.of("news"), new Heard()).cancel(false);
      CompletableFuture<TenantSubscription> refused = pubSub.subscribeAsync(List.of("news"), heard);
      assertThatThrownBy(() -> refused.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(TenantPermissionDeniedException.class);
      heard.await("closed SEC003");
    }
  }

  @Test
  void aConnectionThatDoesNotAnswerIsNotForgottenInTheNextExchange() {
    try (TenantRedis patient =
        client()
            .connectTimeout(Duration.ofSeconds(10))
            .commandTimeout(Duration.ofMinutes(1))
            .pubSub(PubSubOptions.builder().livenessInterval(Duration.ofMinutes(1)).build())
            .build()) {
      patient.tenant(ACME).pubSub().subscribe("news", heard);
      proxy.onCommand("PING").once().swallowCommand();
      for (int round = 1; round <= 2; round++) {
        server.admin().command("ACL", "SETUSER", "tenant_acme", ">next-" + round);
        password.set("next-" + round);
        double before = count("tenant.redis.connection.exchanges");
        patient.credentialsChanged(ACME);
        Awaitility.await().until(() -> count("tenant.redis.connection.exchanges") > before);
      }
      Awaitility.await().until(() -> subscribers() == 1);
      heard.await("gap CONNECTION");
      publish("after");
      heard.awaitLast("news=after");
    }
  }

  @Test
  void newCredentialsThatAreRefusedLeaveTheSubscriptionOnItsOldConnection() {
    acme.subscribe("news", heard);
    password.set("not-there-yet");
    redis.credentialsChanged(ACME);
    Awaitility.await().until(() -> count("tenant.redis.connection.failures") >= 2);
    publish("old");
    heard.await("news=old");
    server.admin().command("ACL", "SETUSER", "tenant_acme", ">not-there-yet");
    Awaitility.await().until(() -> count("tenant.redis.connection.exchanges") == 1);
    publish("new");
    heard.await("news=old", "news=new");
  }
}
