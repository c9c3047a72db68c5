package io.tenantredis.spring.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.CurrentTenantResolver;
import io.tenantredis.context.NoCurrentTenantException;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TenantTaskDecorator;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.test.server.RedisServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.data.annotation.Id;
import org.springframework.data.redis.connection.MessageListener;
import org.springframework.data.redis.connection.ReactiveSubscription;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.stream.MapRecord;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisHash;
import org.springframework.data.redis.core.RedisKeyValueAdapter;
import org.springframework.data.redis.core.RedisKeyValueAdapter.EnableKeyspaceEvents;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.mapping.RedisMappingContext;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.PatternTopic;
import org.springframework.data.redis.listener.ReactiveRedisMessageListenerContainer;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;
import org.springframework.data.redis.stream.StreamMessageListenerContainer;
import org.springframework.data.redis.stream.StreamReceiver;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** Listener containers of Spring Data hear the messages of their tenant, as their tenant. */
class ListenerTest {

  static final TenantId ACME = TenantId.of("acme");
  static final TenantId GLOBEX = TenantId.of("globex");

  static RedisServer server;
  static TenantRedis redis;
  static TenantRedisConnectionFactory factory;
  static StringRedisTemplate template;

  final Queue<String> heard = new ConcurrentLinkedQueue<>();

  @BeforeAll
  static void start() {
    server = TestTenants.server("acme", "globex");
    redis = TestTenants.client(server);
    factory = new TenantRedisConnectionFactory(redis, CurrentTenantResolver.context());
    template = new StringRedisTemplate(factory);
  }

  @AfterAll
  static void stop() {
    redis.close();
    server.close();
  }

  /** Notes the tenant that is current while it listens, and works as that tenant. */
  MessageListener noting() {
    return (message, pattern) -> {
      template.opsForValue().set("last", text(message.getBody()));
      heard.add(
          TenantContext.require()
              + " "
              + text(message.getChannel())
              // For a channel, the container gives its name here once more.
              + (Arrays.equals(pattern, message.getChannel()) || pattern == null
                  ? ""
                  : "/" + text(pattern))
              + " "
              + text(message.getBody()));
    };
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  static void publish(TenantId tenant, String channel, String message) {
    TenantContext.run(tenant, () -> template.convertAndSend(channel, message));
  }

  void awaitHeard(String... messages) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(heard).containsExactlyInAnyOrder(messages));
  }

  TenantMessageListenerContainer container(TenantId tenant) {
    TenantMessageListenerContainer container = new TenantMessageListenerContainer(factory, tenant);
    container.addMessageListener(noting(), new ChannelTopic("news"));
    container.afterPropertiesSet();
    container.start();
    return container;
  }

  @Test
  void aContainerOfATenantHearsThatTenantAloneAndItsListenersRunAsIt() throws Exception {
    TenantMessageListenerContainer acme = container(ACME);
    TenantMessageListenerContainer globex = container(GLOBEX);
    try {
      assertThat(acme.tenant()).isEqualTo(ACME);
      publish(ACME, "news", "a");
      publish(GLOBEX, "news", "g");
      awaitHeard("acme news a", "globex news g");
      assertThat(server.admin().text("GET", "tenant:globex:last")).isEqualTo("g");
      MessageListener more = noting();
      acme.addMessageListener(more, List.of(new ChannelTopic("more"), new PatternTopic("*")));
      heard.clear();
      publish(ACME, "more", "b");
      awaitHeard("acme more b", "acme more/* b");
      acme.removeMessageListener(more, new PatternTopic("*"));
      heard.clear();
      publish(ACME, "more", "c");
      awaitHeard("acme more c");
      acme.stop();
      heard.clear();
      publish(ACME, "news", "nobody");
      publish(GLOBEX, "news", "h");
      awaitHeard("globex news h");
      acme.start();
      publish(ACME, "news", "again");
      Awaitility.await().until(() -> heard.contains("acme news again"));
    } finally {
      acme.destroy();
      globex.destroy();
    }
    assertThat(TenantContext.current()).isNull();
  }

  RedisMessageListenerContainer plain(TenantRedisConnectionFactory connections) {
    RedisMessageListenerContainer container = new RedisMessageListenerContainer();
    container.setMaxSubscriptionRegistrationWaitingTime(60_000);
    container.setConnectionFactory(connections);
    SimpleAsyncTaskExecutor executor = new SimpleAsyncTaskExecutor("plain-");
    executor.setTaskDecorator(new TenantTaskDecorator());
    container.setTaskExecutor(executor);
    container.afterPropertiesSet();
    return container;
  }

  @Test
  void aPlainContainerForATenantHearsThatTenant() throws Exception {
    RedisMessageListenerContainer container = plain(factory.forTenant(ACME));
    container.addMessageListener(
        (message, pattern) -> heard.add(text(message.getBody())),
        List.of(new ChannelTopic("plain"), new PatternTopic("*")));
    container.start();
    try {
      publish(GLOBEX, "plain", "g");
      publish(ACME, "plain", "a");
      awaitHeard("a", "a");
    } finally {
      container.destroy();
    }
  }

  /** It would keep the connection of the first, and hand its messages to all who come after. */
  @Test
  void aPlainContainerOnTheApplicationsFactoryListensForNobody() throws Exception {
    for (TenantId tenant : List.of(ACME, GLOBEX)) {
      // One for each: Spring's answers a second attempt only after a minute when it comes before
      // it has forgotten the first.
      RedisMessageListenerContainer container = plain(factory);
      container.start();
      try {
        assertThatThrownBy(
                () ->
                    TenantContext.run(
                        tenant,
                        () ->
                            container.addMessageListener(
                                (message, pattern) ->
                                    heard.add(tenant + " hears " + text(message.getBody())),
                                new ChannelTopic("events"))))
            .hasStackTraceContaining("TenantMessageListenerContainer for each tenant");
        assertThat(listenersTo("tenant:" + tenant + ":events")).isZero();
        publish(tenant, "events", "secret");
        assertThat(heard).isEmpty();
      } finally {
        container.destroy();
      }
    }
  }

  @Test
  void aConnectionOfWhoeverIsCurrentListensForNobody() {
    byte[] channel = "news".getBytes(StandardCharsets.UTF_8);
    TenantContext.run(
        ACME,
        () -> {
          try (RedisConnection connection = factory.getConnection()) {
            assertThatThrownBy(() -> connection.subscribe(noting(), channel))
                .isInstanceOf(InvalidDataAccessApiUsageException.class)
                .hasMessageContaining("forTenant(tenant)");
            assertThatThrownBy(() -> connection.pSubscribe(noting(), channel))
                .isInstanceOf(InvalidDataAccessApiUsageException.class);
            assertThat(connection.isSubscribed()).isFalse();
          }
        });
  }

  /** As the documentation says. */
  @Test
  void theKeyspaceEventsOfRepositoriesAreRefused() throws Exception {
    RedisKeyValueAdapter onStartup = repositories(EnableKeyspaceEvents.ON_STARTUP);
    assertThatThrownBy(onStartup::start).hasCauseInstanceOf(NoCurrentTenantException.class);
    onStartup.destroy();
    RedisKeyValueAdapter onDemand = repositories(EnableKeyspaceEvents.ON_DEMAND);
    onDemand.start();
    assertThatThrownBy(
            () ->
                TenantContext.run(
                    ACME, () -> onDemand.put("1", new ShortLived("1", "x"), "shortlived")))
        .hasStackTraceContaining("TenantMessageListenerContainer for each tenant");
    onDemand.destroy();
  }

  private static RedisKeyValueAdapter repositories(EnableKeyspaceEvents events) {
    RedisKeyValueAdapter adapter = new RedisKeyValueAdapter(template, new RedisMappingContext());
    adapter.setEnableKeyspaceEvents(events);
    adapter.afterPropertiesSet();
    return adapter;
  }

  @RedisHash(value = "shortlived", timeToLive = 60)
  record ShortLived(@Id String id, String value) {}

  static long listenersTo(String channel) {
    String answer = server.admin().command("PUBSUB", "NUMSUB", channel).toString();
    return Long.parseLong(answer.replaceAll(".* (\\d+)]$", "$1"));
  }

  @Test
  void aContainerOutlastsItsConnection() throws Exception {
    TenantMessageListenerContainer container = container(ACME);
    try {
      server.admin().command("CLIENT", "KILL", "TYPE", "pubsub");
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                publish(ACME, "news", "back");
                return heard.contains("acme news back");
              });
    } finally {
      container.destroy();
    }
  }

  @Test
  void subscribingBlocksUntilTheSubscriptionIsClosed() throws Exception {
    try (RedisConnection connection = factory.forTenant(ACME).getConnection()) {
      Thread subscriber =
          new Thread(() -> connection.subscribe(noting(), "news".getBytes(StandardCharsets.UTF_8)));
      subscriber.start();
      Awaitility.await()
          .until(
              () -> {
                publish(ACME, "news", "x");
                return heard.contains("acme news x");
              });
      assertThat(subscriber.isAlive()).isTrue();
      assertThat(connection.isSubscribed()).isTrue();
      assertThat(connection.getSubscription().getChannels()).hasSize(1);
      connection.getSubscription().unsubscribe();
      subscriber.join(10_000);
      assertThat(subscriber.isAlive()).isFalse();
      assertThat(connection.isSubscribed()).isFalse();
    }
  }

  @Test
  void anInterruptedSubscriberUnsubscribes() throws Exception {
    try (RedisConnection connection = factory.forTenant(ACME).getConnection()) {
      Thread subscriber =
          new Thread(() -> connection.pSubscribe(noting(), "*".getBytes(StandardCharsets.UTF_8)));
      subscriber.start();
      Awaitility.await().until(connection::isSubscribed);
      subscriber.interrupt();
      subscriber.join(10_000);
      assertThat(subscriber.isAlive()).isFalse();
      assertThat(connection.isSubscribed()).isFalse();
    }
  }

  @Test
  void aChannelThatTheServersAclDeniesIsAPermissionDenied() {
    try (RedisServer narrow =
            RedisServer.builder()
                .adminUser("admin", "admin-secret")
                .user(
                    "tenant_acme",
                    "on",
                    ">" + TestTenants.password("acme"),
                    "~tenant:acme:*",
                    "resetchannels",
                    "+@all",
                    "-@admin")
                .start();
        TenantRedis client = TestTenants.client(narrow)) {
      TenantRedisConnectionFactory denied =
          new TenantRedisConnectionFactory(client, CurrentTenantResolver.context()).forTenant(ACME);
      try (RedisConnection connection = denied.getConnection()) {
        assertThatThrownBy(
                () -> connection.subscribe(noting(), "news".getBytes(StandardCharsets.UTF_8)))
            .isInstanceOf(PermissionDeniedDataAccessException.class);
        assertThat(connection.isSubscribed()).isFalse();
      }
      assertThatThrownBy(
              () ->
                  new ReactiveRedisMessageListenerContainer(denied)
                      .receive(ChannelTopic.of("news"))
                      .blockFirst(Duration.ofSeconds(20)))
          .isInstanceOf(PermissionDeniedDataAccessException.class);
    }
  }

  @Test
  void nothingIsSubscribedToInsideAPipeline() {
    try (RedisConnection connection = factory.forTenant(ACME).getConnection()) {
      connection.openPipeline();
      assertThatThrownBy(
              () -> connection.subscribe(noting(), "news".getBytes(StandardCharsets.UTF_8)))
          .isInstanceOf(InvalidDataAccessApiUsageException.class);
      connection.closePipeline();
    }
  }

  @Test
  void aReactiveContainerHearsItsTenant() {
    ReactiveRedisMessageListenerContainer container =
        new ReactiveRedisMessageListenerContainer(factory.forTenant(ACME));
    Flux<? extends ReactiveSubscription.Message<String, String>> messages =
        container.receiveLater(ChannelTopic.of("news")).block(Duration.ofSeconds(20));
    Disposable reading =
        messages.subscribe(message -> heard.add(message.getChannel() + " " + message.getMessage()));
    publish(GLOBEX, "news", "g");
    for (int i = 0; i < 1000; i++) {
      publish(ACME, "news", String.valueOf(i));
    }
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> heard.size() == 1000);
    assertThat(heard).startsWith("news 0", "news 1").endsWith("news 999");
    reading.dispose();
    container.destroy();
    Awaitility.await()
        .until(
            () ->
                server
                    .admin()
                    .command("PUBSUB", "NUMSUB", "tenant:acme:news")
                    .toString()
                    .endsWith("0]"));
  }

  /** One that was made in a request of one tenant, and is used in those of another one. */
  @Test
  void aReactiveContainerThatKeepsATenantsConnectionListensForThatTenantAlone() {
    ReactiveRedisMessageListenerContainer container =
        TenantContext.get(ACME, () -> new ReactiveRedisMessageListenerContainer(factory));
    Flux<?> assembledAsAcme =
        TenantContext.get(ACME, () -> container.receive(ChannelTopic.of("events")));
    for (Flux<?> foreign :
        List.of(
            TenantContext.get(GLOBEX, () -> container.receive(ChannelTopic.of("events"))),
            container.receive(PatternTopic.of("*")),
            container.receiveLater(ChannelTopic.of("events")).flatMapMany(received -> received),
            assembledAsAcme)) {
      assertThatThrownBy(
              () -> TenantContext.get(GLOBEX, () -> foreign.blockFirst(Duration.ofSeconds(20))))
          .isInstanceOf(InvalidDataAccessApiUsageException.class)
          .hasMessageContaining("forTenant(tenant)");
    }
    assertThat(listenersTo("tenant:acme:events")).isZero();
    Disposable reading = assembledAsAcme.subscribe(message -> heard.add("acme heard it"));
    Awaitility.await()
        .until(
            () -> {
              publish(ACME, "events", "x");
              return heard.contains("acme heard it");
            });
    reading.dispose();
    container.destroy();
  }

  @Test
  void aReactiveTemplateListensAsTheTenantThatSubscribed() {
    ReactiveStringRedisTemplate reactive = new ReactiveStringRedisTemplate(factory);
    Disposable reading =
        TenantContext.get(
            ACME,
            () ->
                reactive
                    .listenToPattern("*")
                    .subscribe(message -> heard.add(message.getMessage())));
    Awaitility.await()
        .until(
            () -> {
              publish(ACME, "any", "x");
              return heard.contains("x");
            });
    reading.dispose();
  }

  @Test
  void streamContainersReadTheStreamOfTheirTenant() throws Exception {
    for (TenantId tenant : List.of(ACME, GLOBEX)) {
      TenantContext.run(
          tenant, () -> template.opsForStream().add("events", Map.of("of", tenant.value())));
    }
    SimpleAsyncTaskExecutor executor = new SimpleAsyncTaskExecutor("stream-");
    executor.setTaskDecorator(task -> () -> TenantContext.run(GLOBEX, task));
    StreamMessageListenerContainer<String, MapRecord<String, String, String>> container =
        StreamMessageListenerContainer.create(
            factory.forTenant(GLOBEX),
            StreamMessageListenerContainer.StreamMessageListenerContainerOptions.builder()
                .pollTimeout(Duration.ofMillis(100))
                .executor(executor)
                .build());
    container.receive(
        StreamOffset.fromStart("events"),
        message -> heard.add(TenantContext.require() + " " + message.getValue().get("of")));
    container.start();
    awaitHeard("globex globex");
    container.stop();

    StreamReceiver<String, MapRecord<String, String, String>> receiver =
        StreamReceiver.create(
            factory.forTenant(ACME),
            StreamReceiver.StreamReceiverOptions.builder()
                .pollTimeout(Duration.ofMillis(100))
                .build());
    assertThat(
            receiver
                .receive(StreamOffset.fromStart("events"))
                .blockFirst(Duration.ofSeconds(20))
                .getValue())
        .containsEntry("of", "acme");
  }

  /** Other than the container of channels it asks for a connection for each read. */
  @Test
  void aStreamContainerOnTheApplicationsFactoryReadsForEachTenantItsOwnAndNothingForNobody() {
    for (TenantId tenant : List.of(ACME, GLOBEX)) {
      TenantContext.run(
          tenant, () -> template.opsForStream().add("log", Map.of("of", tenant.value())));
    }
    SimpleAsyncTaskExecutor carrying = new SimpleAsyncTaskExecutor("stream-");
    carrying.setTaskDecorator(new TenantTaskDecorator());
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    StreamMessageListenerContainer<String, MapRecord<String, String, String>> ofAll =
        streams(carrying, failures);
    StreamMessageListenerContainer<String, MapRecord<String, String, String>> ofNobody =
        streams(new SimpleAsyncTaskExecutor("bare-"), failures);
    ofAll.start();
    ofNobody.start();
    try {
      for (TenantId tenant : List.of(ACME, GLOBEX)) {
        TenantContext.run(
            tenant,
            () -> {
              ofNobody.receive(
                  StreamOffset.fromStart("log"), message -> heard.add("somebody hears"));
              ofAll.receive(
                  StreamOffset.fromStart("log"),
                  message -> heard.add(tenant + " hears " + message.getValue().get("of")));
            });
      }
      awaitHeard("acme hears acme", "globex hears globex");
      Awaitility.await().until(() -> failures.size() >= 2);
      assertThat(failures).hasOnlyElementsOfType(NoCurrentTenantException.class);
      awaitHeard("acme hears acme", "globex hears globex");
    } finally {
      ofAll.stop();
      ofNobody.stop();
    }
  }

  private StreamMessageListenerContainer<String, MapRecord<String, String, String>> streams(
      SimpleAsyncTaskExecutor executor, Queue<Throwable> failures) {
    return StreamMessageListenerContainer.create(
        factory,
        StreamMessageListenerContainer.StreamMessageListenerContainerOptions.builder()
            .pollTimeout(Duration.ofMillis(100))
            .executor(executor)
            .errorHandler(failures::add)
            .build());
  }
}
