package io.tenantredis.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.lettuce.core.api.sync.RedisCommands;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantClosedException;
import io.tenantredis.TenantId;
import io.tenantredis.TenantPermissionDeniedException;
import io.tenantredis.TenantRedis;
import io.tenantredis.test.server.RedisServer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

class TenantRedisExtensionTest {

  @Nested
  @TenantRedisTest
  class OnTheEmbeddedServer {

    private final TenantClient<String, String> fromConstructor;

    OnTheEmbeddedServer(@Tenant("acme") TenantClient<String, String> fromConstructor) {
      this.fromConstructor = fromConstructor;
    }

    @BeforeEach
    void write(@Tenant("acme") TenantClient<String, String> acme) {
      acme.sync().set("before", "1");
    }

    @Test
    void constructorAndBeforeEachShareTheTenantsOfTheTest(
        TenantRedis redis, @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
      assertThat(fromConstructor.sync().get("before")).isEqualTo("1");
      assertThat(redis.tenant("acme").sync().get("before")).isEqualTo("1");
      tenants.assertThatTenant(acme).hasKey("before").hasOnlyKeysMatching("bef*r?");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void eachInvocationStartsWithoutKeys(int number, TestTenants tenants, TenantRedis redis) {
      tenants.assertThatTenant("globex").leavesNoKeys();
      redis.tenant("globex").sync().set("key", "" + number);
    }

    @Test
    void aTenantIsItsOwnUserWhoReachesNoOther(
        TenantRedis redis, TenantClient<String, String> any, TestTenants tenants) {
      redis.tenant("acme").sync().set("mine", "1");
      any.sync().set("mine", "2");

      assertThat(redis.tenant("acme").sync().get("mine")).isEqualTo("1");
      assertThat(tenants.admin().aclList())
          .anyMatch(line -> line.startsWith("user " + tenants.credentials("acme").username()));
    }

    @Test
    void assertionsFailWithTheNames(TestTenants tenants) {
      TenantAssert acme = tenants.assertThatTenant("acme");

      assertThatThrownBy(acme::leavesNoKeys)
          .isInstanceOf(AssertionError.class)
          .hasMessage("Tenant acme left keys: [before]");
      assertThatThrownBy(() -> acme.hasOnlyKeysMatching("cart:*"))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("do not match cart:*: [before]");
      assertThatThrownBy(() -> acme.hasKey("cart"))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("no key cart; it has [before]");
    }

    @Test
    void aDeniedCommandIsAnsweredWithNoperm(
        @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
      tenants.denyPermission("acme", "SET");

      assertThat(acme.sync().get("before")).isEqualTo("1");
      assertThatThrownBy(() -> acme.sync().set("a", "1"))
          .isInstanceOf(TenantPermissionDeniedException.class);
    }

    @Test
    void aRevokedTenantGetsNothingAndOthersGoOn(
        TenantRedis redis, @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
      redis.tenant("globex").sync().set("a", "1");
      tenants.revoke("acme");

      assertThatThrownBy(() -> acme.sync().get("before")).isInstanceOf(RuntimeException.class);
      assertThat(redis.tenant("globex").sync().get("a")).isEqualTo("1");
    }
  }

  @Test
  void aTestLeavesNeitherKeysNorUsersNorConnections() {
    try (RedisServer server = RedisServer.builder().adminUser("root", "secret").start()) {
      Leaving.url = "redis://root:secret@" + server.host() + ":" + server.port();
      run(Leaving.class, false).assertStatistics(events -> events.started(2).succeeded(2));

      assertThat(server.admin().integer("DBSIZE")).isEqualTo(1);
      assertThat(server.admin().text("GET", "of somebody else")).isEqualTo("1");
      assertThat(server.admin().list("ACL", "USERS").toString()).doesNotContain("test-");
      assertThat(server.admin().text("CLIENT", "LIST")).doesNotContain("user=test-");
      assertThatThrownBy(() -> Leaving.last.tenant("acme").sync().get("last"))
          .isInstanceOf(TenantClosedException.class);
    }
  }

  @Test
  void testsRunningAtOnceDoNotMeet() {
    run(AtOnce.class, true).assertStatistics(events -> events.started(2).succeeded(2));
  }

  @Test
  void underPerClassTheConstructorsTenantsLastAsLongAsTheClass() {
    run(PerClass.class, false).assertStatistics(events -> events.started(2).succeeded(2));
  }

  @Test
  void aTenantClientOfAnotherTypeIsRefused() {
    run(OtherTypes.class, false).assertStatistics(events -> events.failed(2));
  }

  @Test
  void aUrlOfAnotherDatabaseIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TenantRedisExtension.builder().url("redis://localhost/3"))
        .withMessageContaining("database 0");
  }

  private static Events run(Class<?> tests, boolean parallel) {
    return EngineTestKit.engine("junit-jupiter")
        .selectors(selectClass(tests))
        .configurationParameter("junit.jupiter.execution.parallel.enabled", "" + parallel)
        .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
        .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "2")
        .execute()
        .testEvents();
  }

  static class Leaving {

    static String url = "";
    static TenantRedis last;

    @RegisterExtension
    final TenantRedisExtension tenants = TenantRedisExtension.builder().url(url).build();

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void writes(int number, TenantRedis redis, TestTenants tenants) {
      last = redis;
      tenants.admin().set("of somebody else", "1");
      RedisCommands<String, String> acme = redis.tenant("acme").sync();
      Map<String, String> many = new HashMap<>();
      for (int i = 0; i < 1_500; i++) {
        many.put(prefixed(tenants, "key" + i), "1");
      }
      tenants.admin().mset(many);
      acme.set("last", "" + number);
      tenants.assertThatTenant("acme").hasKey("last").hasKey("key1499");
    }

    private static String prefixed(TestTenants tenants, String key) {
      return new String(
              tenants.tenancy().prefixOf(TenantId.of("acme")).bytes(), StandardCharsets.UTF_8)
          + key;
    }
  }

  @TenantRedisTest
  @Execution(ExecutionMode.CONCURRENT)
  static class AtOnce {

    private static final CyclicBarrier BOTH = new CyclicBarrier(2);

    @ParameterizedTest
    @ValueSource(strings = {"one", "two"})
    void meet(String value, @Tenant("acme") TenantClient<String, String> acme) throws Exception {
      acme.sync().set("key", value);
      BOTH.await(30, TimeUnit.SECONDS);
      assertThat(acme.sync().get("key")).isEqualTo(value);
      BOTH.await(30, TimeUnit.SECONDS);
    }
  }

  @TenantRedisTest
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  static class PerClass {

    private final TenantClient<String, String> ofTheClass;
    private final Set<String> urls = ConcurrentHashMap.newKeySet();

    PerClass(@Tenant("acme") TenantClient<String, String> ofTheClass) {
      this.ofTheClass = ofTheClass;
    }

    @BeforeAll
    void write(@Tenant("acme") TenantClient<String, String> acme) {
      acme.sync().set("key", "of the class");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void read(int number, @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
      assertThat(ofTheClass.sync().get("key")).isEqualTo("of the class");
      assertThat(acme.sync().get("key")).isNull();
      urls.add(tenants.serverUrl());
    }

    @AfterAll
    void oneServer() {
      assertThat(urls).hasSize(1);
    }
  }

  @TenantRedisTest
  static class OtherTypes {

    @Test
    void otherCodec(TenantClient<byte[], byte[]> acme) {}

    @Test
    void nameForAll(@Tenant("acme") TenantRedis redis) {}
  }
}
