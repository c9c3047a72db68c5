package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisReactiveCommandsImpl;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.sync.RedisCommands;
import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import io.micrometer.observation.GlobalObservationConvention;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.ObservationView;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What METRICS.md promises of observations. */
class ObservationsTest {

  static RedisServer server;

  final ObservationRegistry registry = ObservationRegistry.create();
  final Seen seen = new Seen();
  WireProxy proxy;
  TenantRedis redis;
  TenantClient<String, String> acme;

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
    server.admin().command("FLUSHALL");
    registry.observationConfig().observationHandler(seen);
    proxy = WireProxy.to(server);
    redis = client().observations(registry).build();
    acme = redis.tenant("acme");
    acme.sync().set("k", "card-number-4111");
    seen.stopped.clear();
  }

  private TenantRedis.Builder client() {
    return TenantRedis.builder(proxy.uri())
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials())
        .shutdownTimeout(Duration.ZERO);
  }

  /** Each observation that was begun has ended, and once. */
  @AfterEach
  void disconnect() {
    redis.close();
    proxy.close();
    assertThat(seen.ends.values()).allMatch(times -> times == 1);
  }

  /** A handler as an application might write it. */
  static final class Seen implements ObservationHandler<TenantCommandContext> {

    final ConcurrentMap<TenantCommandContext, Integer> ends = new ConcurrentHashMap<>();
    final ConcurrentLinkedQueue<TenantCommandContext> stopped = new ConcurrentLinkedQueue<>();

    @Override
    public boolean supportsContext(Observation.Context context) {
      return context instanceof TenantCommandContext;
    }

    @Override
    public void onStart(TenantCommandContext context) {
      ends.put(context, 0);
    }

    @Override
    public void onStop(TenantCommandContext context) {
      ends.merge(context, 1, Integer::sum);
      stopped.add(context);
    }

    TenantCommandContext one() {
      Awaitility.await().until(() -> !stopped.isEmpty());
      assertThat(stopped).hasSize(1);
      return stopped.element();
    }
  }

  private Observation parent() {
    return Observation.createNotStarted("request", registry).start();
  }

  private static ObservationView parentOf(TenantCommandContext context) {
    return context.getParentObservation();
  }

  private static String low(TenantCommandContext context, String key) {
    return context.getLowCardinalityKeyValue(key).getValue();
  }

  @Test
  void anObservationSaysWhichCommandOfWhichTenantAndThatItSucceeded() {
    acme.sync().get("k");
    TenantCommandContext context = seen.one();
    assertThat(context.getName()).isEqualTo("tenant.redis.command");
    assertThat(context.getContextualName()).isEqualTo("GET");
    assertThat(context.getAllKeyValues().stream().map(KeyValue::toString))
        .containsExactlyInAnyOrder(
            "keyValue(db.system.name=redis)",
            "keyValue(db.operation.name=GET)",
            "keyValue(error.type=none)",
            "keyValue(db.response.status_code=none)",
            "keyValue(outcome=success)",
            "keyValue(tenant=acme)");
    assertThat(context.getHighCardinalityKeyValues().stream().map(KeyValue::getKey))
        .containsExactly("tenant");
    assertThat(parentOf(context)).isNull();
  }

  @Test
  void aBlockingCallBelongsToTheObservationOfItsThread() {
    Observation request = parent();
    request.observe(() -> acme.sync().get("k"));
    assertThat(parentOf(seen.one())).isSameAs(request);
  }

  @Test
  void anAsynchronousCommandBelongsToTheObservationOfTheThreadThatIssuedIt() throws Exception {
    Observation request = parent();
    proxy.latency(Duration.ofMillis(50));
    RedisFuture<String> reply;
    try (Observation.Scope scope = request.openScope()) {
      reply = acme.async().get("k");
    }
    assertThat(reply.get()).isEqualTo("card-number-4111");
    assertThat(parentOf(seen.one())).isSameAs(request);
  }

  @Test
  void aReactiveCommandBelongsToTheObservationInReactorsContextWhicheverThreadSendsIt() {
    Observation request = parent();
    Mono<String> commands =
        acme.reactive()
            .get("k")
            .then(acme.reactive().lpush("list", "a", "b"))
            .thenMany(acme.reactive().lrange("list", 0, -1))
            .last()
            .subscribeOn(Schedulers.parallel())
            .contextWrite(context -> context.put(ObservationThreadLocalAccessor.KEY, request));
    assertThat(commands.block()).isEqualTo("a");
    assertThat(seen.stopped).hasSize(3).allMatch(context -> parentOf(context) == request);
  }

  @Test
  void withoutOneInReactorsContextItIsTheObservationOfTheThreadThatSubscribes() {
    Observation request = parent();
    request.observe(() -> acme.reactive().get("k").block());
    assertThat(parentOf(seen.one())).isSameAs(request);
  }

  @Test
  void aFailureIsTaggedWithItsCodeTheWordOfTheServersErrorAndTheOutcome() {
    assertThat(catchThrowable(() -> acme.sync().lpush("k", "v"))).isNotNull();
    TenantCommandContext context = seen.one();
    assertThat(low(context, "db.response.status_code")).isEqualTo("WRONGTYPE");
    assertThat(low(context, "error.type")).matches("[A-Z]+\\d+_[A-Z_]+");
    assertThat(low(context, "outcome")).isEqualTo("rejected");
    assertThat(context.getError())
        .isInstanceOfSatisfying(
            ObservedFailure.class,
            failure -> {
              assertThat(failure.statusCode()).isEqualTo("WRONGTYPE");
              assertThat(failure.errorType()).isEqualTo(low(context, "error.type"));
              assertThat(failure.outcome()).isEqualTo("rejected");
            });
  }

  @Test
  void allAttemptsAreWithinOneObservation() {
    proxy.onCommand("GET").resetAfterForwarding();
    assertThat(acme.sync().get("k")).isEqualTo("card-number-4111");
    assertThat(proxy.commandsSeen("GET")).isEqualTo(2);
    assertThat(low(seen.one(), "outcome")).isEqualTo("success");
  }

  @Test
  void aTimeoutEndsTheObservationOnce() {
    try (TenantRedis impatient =
        client().commandTimeout(Duration.ofSeconds(2)).observations(registry).build()) {
      impatient.tenant("acme").sync().get("k");
      seen.stopped.clear();
      proxy.onCommand("INCR").swallowCommand();
      assertThat(catchThrowable(() -> impatient.tenant("acme").sync().incr("n")))
          .isInstanceOf(TenantTimeoutException.class);
      TenantCommandContext context = seen.one();
      assertThat(low(context, "error.type")).startsWith("TR003_");
      assertThat(low(context, "outcome")).isEqualTo("unknown");
    }
  }

  @Test
  void aCancelledCommandThatWaitsOnTheServerEndsItsObservationOnce() {
    RedisFuture<?> waiting = acme.async().blpop(30, "empty");
    Awaitility.await().until(() -> proxy.commandsSeen("BLPOP") == 1);
    ((Future<?>) waiting).cancel(true);
    TenantCommandContext context = seen.one();
    assertThat(low(context, "error.type")).isEqualTo("other");
    assertThat(low(context, "outcome")).isEqualTo("other");
  }

  @Test
  void aCancelledSubscriptionEndsItsObservationOnce() {
    Observation request = parent();
    Disposable waiting =
        acme.reactive()
            .blpop(30, "empty")
            .contextWrite(context -> context.put(ObservationThreadLocalAccessor.KEY, request))
            .subscribe();
    Awaitility.await().until(() -> proxy.commandsSeen("BLPOP") == 1);
    waiting.dispose();
    assertThat(parentOf(seen.one())).isSameAs(request);
  }

  @Test
  void aCancelledCommandOnTheSharedConnectionIsObservedUntilItsAnswer() {
    proxy.latency(Duration.ofMillis(50));
    RedisFuture<?> reply = acme.async().get("k");
    reply.cancel(true);
    acme.sync().ping();
    Awaitility.await().until(() -> seen.stopped.size() == 2);
  }

  @Test
  void aCommandInFlightWhenTheClientIsClosedEndsItsObservationOnce() {
    RedisFuture<?> waiting = acme.async().blpop(30, "empty");
    Awaitility.await().until(() -> proxy.commandsSeen("BLPOP") == 1);
    redis.close();
    seen.one();
    assertThat(waiting.isDone()).isTrue();
  }

  @Test
  void whatTheGuardRefusesIsNotObserved() {
    assertThat(catchThrowable(() -> acme.sync().flushall()))
        .isInstanceOf(CommandRefusedException.class);
    assertThat(seen.ends).hasSize(1);
  }

  @Test
  void commandsOfADedicatedConnectionAreObservedQueuedOnesUntilExec() {
    Observation request = parent();
    request.observe(
        () ->
            acme.dedicated(
                connection -> {
                  RedisCommands<String, String> commands = connection.sync();
                  commands.multi();
                  commands.get("k");
                  TransactionResult result = commands.exec();
                  connection.reactive().strlen("k").block();
                  return result;
                }));
    assertThat(seen.stopped)
        .extracting(TenantCommandContext::command)
        .containsExactlyInAnyOrder("MULTI", "GET", "EXEC", "STRLEN");
    assertThat(seen.stopped).allMatch(context -> parentOf(context) == request);
  }

  @Test
  void aBlockingCommandIsObservedWithTheTimeItWaitedForItsConnection() {
    Observation request = parent();
    server.admin().command("RPUSH", "tenant:acme:list", "v");
    request.observe(() -> acme.sync().blpop(5, "list"));
    assertThat(parentOf(seen.one())).isSameAs(request);
    assertThat(seen.one().command()).isEqualTo("BLPOP");
  }

  @Test
  void theQuestionBeforeALegacyReadBelongsToTheCommandThatAsksIt() {
    try (TenantRedis adopting =
        client().observations(registry).legacyKeys(LegacyKeys.template("shop/{tenant}/")).build()) {
      Observation request = parent();
      request.observe(
          () -> {
            // The user of this server may not read the legacy name.
            assertThat(catchThrowable(() -> adopting.tenant("acme").sync().hget("absent", "f")))
                .isInstanceOf(TenantPermissionDeniedException.class);
          });
    }
    assertThat(seen.stopped)
        .extracting(TenantCommandContext::command)
        .containsExactly("EXISTS", "HGET");
    List<TenantCommandContext> both = new ArrayList<>(seen.stopped);
    assertThat(parentOf(both.get(0)).getContextView()).isSameAs(both.get(1));
  }

  @Test
  void withoutARegistryNothingIsObservedAndTheReactiveCommandsAreLettuces() {
    try (TenantRedis plain = client().build()) {
      Observation request = parent();
      request.observe(() -> plain.tenant("acme").sync().get("k"));
      request.observe(() -> plain.tenant("acme").reactive().get("k").block());
      assertThat(plain.tenant("acme").reactive().getClass())
          .isEqualTo(RedisReactiveCommandsImpl.class);
      assertThat(seen.stopped).isEmpty();
    }
  }

  @Test
  void noKeyValueOrUserIsInAnObservation() {
    server.admin().command("ACL", "SETUSER", "tenant_acme", "-strlen");
    try {
      acme.sync().get("patient-7781");
      assertThat(catchThrowable(() -> acme.sync().strlen("patient-7781")))
          .hasMessageContaining("NOPERM");
      assertThat(
              catchThrowable(
                  () ->
                      acme.sync()
                          .eval(
                              "return redis.error_reply('card-number-4111 patient-7781')",
                              ScriptOutputType.STATUS,
                              "patient-7781")))
          .hasMessageContaining("patient-7781");
    } finally {
      server.admin().command("ACL", "SETUSER", "tenant_acme", "+strlen");
    }
    assertThat(seen.stopped)
        .hasSize(3)
        .allSatisfy(
            context ->
                assertThat(context + stackTrace(context.getError()))
                    .doesNotContain("patient-7781", "card-number-4111", "tenant_acme"));
  }

  private static String stackTrace(Throwable failure) {
    StringWriter text = new StringWriter();
    if (failure != null) {
      failure.printStackTrace(new PrintWriter(text));
    }
    return text.toString();
  }

  @Test
  void aHandlerThatThrowsCostsNoCommand() {
    ObservationRegistry broken = ObservationRegistry.create();
    broken.observationConfig().observationHandler(new Broken());
    try (TenantRedis observed = client().observations(broken).build()) {
      RedisCommands<String, String> commands = observed.tenant("acme").sync();
      assertThat(commands.get("k")).isEqualTo("card-number-4111");
      assertThat(commands.strlen("k")).isEqualTo(16);
      assertThat(catchThrowable(() -> commands.lpush("k", "v")))
          .isInstanceOf(TenantCommandException.class);
    }
  }

  private static final class Broken implements ObservationHandler<TenantCommandContext> {

    @Override
    public boolean supportsContext(Observation.Context context) {
      return context instanceof TenantCommandContext;
    }

    @Override
    public void onStart(TenantCommandContext context) {
      if (context.command().equals("GET")) {
        throw new IllegalStateException("cannot start");
      }
    }

    @Override
    public void onError(TenantCommandContext context) {
      throw new IllegalStateException("cannot take an error");
    }

    @Override
    public void onStop(TenantCommandContext context) {
      throw new IllegalStateException("cannot stop");
    }
  }

  @Test
  void anApplicationMayDescribeObservationsItself() {
    registry
        .observationConfig()
        .observationConvention(
            new GlobalObservationConvention<TenantCommandContext>() {
              @Override
              public boolean supportsContext(Observation.Context context) {
                return context instanceof TenantCommandContext;
              }

              @Override
              public String getName() {
                return "redis";
              }

              @Override
              public KeyValues getLowCardinalityKeyValues(TenantCommandContext context) {
                return KeyValues.of("command", context.command());
              }
            });
    acme.sync().get("k");
    assertThat(seen.one().getName()).isEqualTo("redis");
    assertThat(seen.one().getAllKeyValues()).containsExactly(KeyValue.of("command", "GET"));
  }
}
