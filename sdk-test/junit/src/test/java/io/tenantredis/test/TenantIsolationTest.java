package io.tenantredis.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.lettuce.core.FlushMode;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.TenantContext;
import io.tenantredis.test.Crossing.Kind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;

@TenantRedisTest
class TenantIsolationTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  @Test
  void codeThatKeepsToItsTenantPasses(TenantRedis redis, TestTenants tenants) {
    IsolationReport report =
        TenantIsolation.verify(
            tenants,
            run -> {
              TenantClient<String, String> client = redis.tenant(run.tenant());
              client.sync().rpush("cart", run.mark("espresso"));
              client.sync().publish("carts", run.mark("changed"));
              client.sync().hset("cart:7", run.mark("sku"), "2");
              assertThat(TenantContext.require()).isEqualTo(run.tenant());
              assertThat(client.keys().count()).isEqualTo(2);
              return client.sync().lrange("cart", 0, -1);
            });

    assertThat(report.passed()).isTrue();
    assertThat(report.replies()).isEqualTo(22);
    assertThat(report.commands()).isGreaterThanOrEqualTo(22 * 5);
    assertThat(report.toString()).startsWith("Nothing crossed: ");
  }

  @Test
  void aServiceThatKeepsTheClientOfItsFirstTenantIsFound(TenantRedis redis, TestTenants tenants) {
    Map<String, TenantClient<String, String>> kept = new ConcurrentHashMap<>();

    assertThatThrownBy(
            () ->
                TenantIsolation.verify(
                    tenants,
                    run ->
                        kept.computeIfAbsent("client", absent -> redis.tenant(run.tenant().value()))
                            .sync()
                            .set("cart", "anvil")))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("CONNECTION (as second-")
        .hasMessageContaining("a connection of first-")
        .hasMessageContaining("whose code did not run, sent SET test-");
  }

  @Test
  void keysOfAnAdministratorsConnectionAreFound(TestTenants tenants) {
    IsolationReport report =
        TenantIsolation.of(tenants).rounds(1).inspect(run -> tenants.admin().set("stray", "1"));

    assertThat(report.crossings())
        .anyMatch(
            crossing ->
                crossing.kind() == Kind.KEY
                    && crossing.evidence().contains("a connection of no tenant")
                    && crossing.evidence().contains("the key stray in SET stray 1"))
        .anyMatch(crossing -> crossing.evidence().equals("the key stray is new, and no tenant's"));
    tenants.admin().del("stray");
  }

  @Test
  void evenAKeyOfTheRightTenantIsFoundOnAnAdministratorsConnection(TestTenants tenants) {
    IsolationReport report =
        TenantIsolation.of(tenants)
            .rounds(1)
            .inspect(run -> tenants.admin().get(run.client().keyPrefix() + "cart"));

    assertThat(report.crossings())
        .anyMatch(crossing -> crossing.evidence().contains("a connection of no tenant"));
  }

  @Test
  void aCacheInMemoryWithoutTheTenantInItsKeyIsFound(TestTenants tenants) {
    Map<String, String> cache = new ConcurrentHashMap<>();

    IsolationReport report =
        TenantIsolation.of(tenants)
            .inspect(run -> cache.computeIfAbsent("cart:7", absent -> run.mark("espresso")));

    assertThat(report.crossings())
        .isNotEmpty()
        .allMatch(crossing -> crossing.kind() == Kind.REPLY)
        .anyMatch(
            crossing ->
                crossing.evidence().matches("second-.* was answered with text of first-.*"));
  }

  @Test
  void aTenantInAFieldIsFoundWhenBothRunAtOnce(TenantRedis redis, TestTenants tenants) {
    TenantId[] current = new TenantId[1];
    CyclicBarrier both = new CyclicBarrier(2);

    IsolationReport report =
        TenantIsolation.of(tenants)
            .rounds(1)
            .inspect(
                run -> {
                  current[0] = run.tenant();
                  if (run.round() > 0) {
                    both.await(30, TimeUnit.SECONDS);
                  }
                  redis.tenant(current[0]).sync().set("cart", run.mark("espresso"));
                  return null;
                });

    assertThat(report.crossings())
        .anyMatch(crossing -> crossing.phase().equals("as both at once"))
        .noneMatch(crossing -> crossing.phase().endsWith("alone"));
  }

  @Test
  void scanWithoutThePrefixAndTheCanariesItShowsAreFound(TestTenants tenants) {
    IsolationReport report =
        TenantIsolation.of(tenants)
            .rounds(1)
            .inspect(run -> plain(tenants, run.tenant(), c -> c.sync().scan().getKeys()));

    assertThat(report.crossings())
        .anyMatch(crossing -> crossing.kind() == Kind.SERVER)
        .anyMatch(crossing -> crossing.evidence().contains("was answered with a canary"));
  }

  @Test
  void scriptsAndFunctionsAreEverybodys(TestTenants tenants) {
    IsolationReport report =
        TenantIsolation.of(tenants)
            .rounds(1)
            .inspect(
                run -> {
                  tenants.admin().scriptFlush();
                  return tenants.admin().functionFlush(FlushMode.SYNC);
                });

    assertThat(report.crossings())
        .filteredOn(crossing -> crossing.kind() == Kind.SERVER)
        .anyMatch(crossing -> crossing.evidence().contains("SCRIPT FLUSH"))
        .anyMatch(crossing -> crossing.evidence().contains("FUNCTION FLUSH"));
  }

  @Test
  void whatOnlyTheServerRefusedIsReported(TestTenants tenants) {
    IsolationReport report =
        TenantIsolation.of(tenants)
            .rounds(1)
            .inspect(
                run ->
                    plain(
                        tenants,
                        run.tenant(),
                        connection -> {
                          try {
                            return connection.sync().get("tenant:globex:cart");
                          } catch (RuntimeException refused) {
                            return null;
                          }
                        }));

    assertThat(report.crossings())
        .isNotEmpty()
        .allMatch(crossing -> crossing.kind() == Kind.ATTEMPT)
        .allMatch(crossing -> crossing.evidence().contains("the key tenant:globex:cart"));
  }

  @Test
  void aChannelThatIsNobodysIsFound(TestTenants tenants) {
    IsolationReport report =
        TenantIsolation.of(tenants).rounds(1).inspect(run -> tenants.admin().publish("news", "a"));

    assertThat(report.crossings())
        .anyMatch(
            crossing ->
                crossing.kind() == Kind.CHANNEL && crossing.evidence().contains("channel news"));
  }

  @Test
  void aKeyInsideAScriptIsFound(TestTenants tenants) {
    IsolationReport report =
        TenantIsolation.of(tenants)
            .rounds(1)
            .inspect(
                run ->
                    tenants
                        .admin()
                        .eval(
                            "return redis.call('SET', 'hid' .. 'den', '1')",
                            ScriptOutputType.STATUS));

    assertThat(report.crossings())
        .anyMatch(crossing -> crossing.evidence().contains("used the key hidden in"));
    tenants.admin().del("hidden");
  }

  @Test
  void textOfAnotherTenantThatIsStoredIsFound(TenantRedis redis, TestTenants tenants) {
    Map<String, String> last = new ConcurrentHashMap<>();

    IsolationReport report =
        TenantIsolation.of(tenants)
            .rounds(1)
            .inspect(
                run -> {
                  String before = last.put("text", run.mark("espresso"));
                  redis.tenant(run.tenant()).sync().hset("h", "f", before == null ? "" : before);
                  return null;
                });

    assertThat(report.crossings())
        .anyMatch(crossing -> crossing.evidence().matches("second-\\S+ sent text of first-.*"));
  }

  @Test
  void aChangedCanaryIsFound() {
    try (TestServer server = new TestServer(ServerChoice.EMBEDDED);
        TestTenants tenants = new TestTenants(server, policy -> policy, () -> {})) {
      IsolationReport report =
          TenantIsolation.of(tenants).rounds(1).inspect(run -> tenants.admin().flushall());

      assertThat(report.crossings())
          .anyMatch(crossing -> crossing.kind() == Kind.SERVER)
          .anyMatch(crossing -> crossing.evidence().startsWith("the canary "));
    }
  }

  @Test
  void namesThatAreSharedOnPurposeDoNotCross(TestTenants tenants) {
    TenantIsolation.of(tenants)
        .sharing("config:*")
        .rounds(1)
        .verify(run -> tenants.admin().get("config:colour"));
  }

  @Test
  void codeThatFailsFailsTheVerificationWithItsCause(TestTenants tenants) {
    IllegalStateException cause = new IllegalStateException("no stock");

    assertThatThrownBy(
            () ->
                TenantIsolation.verify(
                    tenants,
                    run -> {
                      throw cause;
                    }))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("as first-")
        .hasCause(cause);
  }

  @Test
  void codeThatDoesNotEndFailsTheVerification(TestTenants tenants) {
    CountDownLatch never = new CountDownLatch(1);

    assertThatThrownBy(
            () ->
                TenantIsolation.of(tenants)
                    .timeout(Duration.ofMillis(100))
                    .verify(
                        run -> {
                          never.await();
                          return null;
                        }))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("did not end within 100 ms");
  }

  @Test
  void aVerificationLeavesNothingOnTheServer(TestTenants tenants) {
    TenantIsolation.of(tenants).rounds(1).inspect(run -> null);

    assertThat(tenants.admin().keys("*canary*")).isEmpty();
  }

  @Test
  void codeOfWhichTheServerSawNothingIsNotVerified(TestTenants tenants) {
    assertThatThrownBy(() -> TenantIsolation.of(tenants).rounds(1).verify(run -> "from elsewhere"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("saw no command");
  }

  @Test
  void verificationsOfTestsThatRunAtOnceDoNotDisturbEachOther() {
    List<String> failures =
        EngineTestKit.engine("junit-jupiter")
            .selectors(selectClass(AtOnce.class))
            .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
            .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
            .configurationParameter(
                "junit.jupiter.execution.parallel.config.fixed.parallelism", "3")
            .execute()
            .testEvents()
            .failed()
            .stream()
            .map(event -> event.getRequiredPayload(TestExecutionResult.class).toString())
            .toList();

    assertThat(failures).isEmpty();
  }

  @Test
  void roundsAndTimeoutHaveBounds(TestTenants tenants) {
    assertThatIllegalArgumentException().isThrownBy(() -> TenantIsolation.of(tenants).rounds(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TenantIsolation.of(tenants).rounds(10_001));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TenantIsolation.of(tenants).timeout(Duration.ZERO));
  }

  @Test
  void textIsFoundInWhateverHoldsIt() {
    byte[] bytes = "bytes".getBytes(StandardCharsets.UTF_8);

    assertThat(
            ReplyText.of(
                Arrays.asList(
                    null,
                    Map.of("key", List.of("value")),
                    new Object[] {bytes},
                    new int[] {7},
                    Optional.of("optional"))))
        .contains("key", "value", "bytes", "7", "optional");
  }

  @Test
  void aLineOfMonitorIsReadByteByByte() {
    MonitoredCommand command =
        MonitoredCommand.parse("1.2 [0 127.0.0.1:6] \"set\" \"a\\x00\\\"\\n \\\\\" \"\\xc3\\xa4\"");

    assertThat(command).isNotNull();
    assertThat(command.address()).isEqualTo("127.0.0.1:6");
    assertThat(command.name()).isEqualTo("SET");
    assertThat(command.args()).containsExactly("set", "a\0\"\n \\", "\u00c3\u00a4");
    assertThat(command.shown()).isEqualTo("set a?\"? \\ \u00e4");
    assertThat(MonitoredCommand.parse("OK")).isNull();
  }

  private static <T> T plain(
      TestTenants tenants,
      TenantId tenant,
      Function<StatefulRedisConnection<String, String>, T> use) {
    TenantCredentials credentials = tenants.credentials(tenant.value());
    RedisURI uri =
        RedisURI.builder(RedisURI.create(tenants.url()))
            .withAuthentication(credentials.username(), credentials.password())
            .build();
    RedisClient client = RedisClient.create(tenants.server().resources(), uri);
    try (StatefulRedisConnection<String, String> connection = client.connect()) {
      return use.apply(connection);
    } finally {
      client.shutdown(Duration.ZERO, SOON);
    }
  }

  @TenantRedisTest
  @Execution(ExecutionMode.CONCURRENT)
  static class AtOnce {

    private static final CyclicBarrier ALL = new CyclicBarrier(3);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void verify(int number, TenantRedis redis, TestTenants tenants) throws Exception {
      ALL.await(30, TimeUnit.SECONDS);
      tenants.admin().set("noise of an administrator " + number, "1");
      TenantIsolation.verify(
          tenants,
          run -> {
            redis.tenant(run.tenant()).sync().set("key", run.mark("a"));
            return redis.tenant(run.tenant()).sync().get("key");
          });
      tenants.admin().del("noise of an administrator " + number);
      ALL.await(30, TimeUnit.SECONDS);
    }
  }
}
