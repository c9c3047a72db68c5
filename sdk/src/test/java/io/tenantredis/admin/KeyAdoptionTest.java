package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisURI;
import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.LegacyKeys;
import io.tenantredis.TenantId;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespError;
import io.tenantredis.test.server.WireProxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The way of a tenant's old keys into its prefix. */
class KeyAdoptionTest {

  private static final KeyPrefixTemplate TEMPLATE = KeyPrefixTemplate.of("tenant:{tenant}:");
  private static final TenantId ACME = TenantId.of("acme");
  private static final BooleanSupplier NEVER = () -> false;
  private static final Consumer<AdoptionReport> QUIET = report -> {};

  private static RedisServer server;
  private static TenantRedisAdmin admin;

  @BeforeAll
  static void start() {
    server = RedisServer.builder().adminUser("root", "root password").start();
    admin = ProvisionerTest.connect(server);
  }

  @AfterAll
  static void stop() {
    admin.close();
    server.close();
  }

  @AfterEach
  void empty() {
    server.admin().command("FLUSHALL");
  }

  private static KeyAdoption adoption() {
    return adoption(admin);
  }

  private static KeyAdoption adoption(TenantRedisAdmin by) {
    return by.adoption(TEMPLATE, ACME, LegacyKeys.template("sh[o]p/{tenant}/"));
  }

  private static void fill(RespConnection to, int from, int end) {
    List<String[]> commands = new ArrayList<>();
    for (int i = from; i < end; i++) {
      commands.add(new String[] {"SET", "sh[o]p/acme/k" + i, "value " + i});
    }
    to.pipeline(commands);
  }

  private static void fillTypes(RespConnection to) {
    to.command("SET", "sh[o]p/acme/string", "text");
    to.command("SET", "sh[o]p/acme/expiring", "x", "PX", "600000");
    to.command("HSET", "sh[o]p/acme/hash", "field", "1");
    to.command("RPUSH", "sh[o]p/acme/list", "a", "b");
    to.command("SADD", "sh[o]p/acme/set", "m");
    to.command("ZADD", "sh[o]p/acme/zset", "1.5", "m");
    to.command("XADD", "sh[o]p/acme/stream", "1-1", "f", "v");
    to.command("XGROUP", "CREATE", "sh[o]p/acme/stream", "group", "0");
    to.command("SET", "sh[o]p/globex/string", "not acme's");
    to.command("SET", "shop/acme/string", "not by the glob's letters");
  }

  private List<String> keys() {
    return server.admin().list("KEYS", "*").stream().map(String::valueOf).sorted().toList();
  }

  @Test
  void aKeyInItsLastMillisecondDoesNotLiveForEver() {
    assertThat(KeyAdoption.timeToLive(0, 0)).isEqualTo(1);
    assertThat(KeyAdoption.timeToLive(-1, 5)).isZero();
    assertThat(KeyAdoption.timeToLive(7, 3)).isEqualTo(4);
  }

  @Test
  void whatPassesBetweenTwoAnswersIsNoDifferenceOfTwoLives() {
    long second = 1_000_000_000L;
    var key = new KeyAdoption.Life(60_000, 0, second);
    assertThat(key.mayBeThatOf(new KeyAdoption.Life(55_000, 5 * second, 6 * second))).isTrue();
    assertThat(new KeyAdoption.Life(55_000, 5 * second, 6 * second).mayBeThatOf(key)).isTrue();
    assertThat(key.mayBeThatOf(new KeyAdoption.Life(52_000, 5 * second, 6 * second))).isFalse();
    assertThat(key.mayBeThatOf(new KeyAdoption.Life(58_000, 5 * second, 6 * second))).isFalse();
    assertThat(key.mayBeThatOf(new KeyAdoption.Life(-1, 5 * second, 6 * second))).isFalse();
    assertThat(new KeyAdoption.Life(-1, 0, 0).mayBeThatOf(key)).isFalse();
    assertThat(new KeyAdoption.Life(-1, 0, 0).mayBeThatOf(new KeyAdoption.Life(-1, 9, 9))).isTrue();
  }

  @Test
  void everyTypeIsCopiedWithItsTimeToLiveAndTheOldKeysStay() {
    fillTypes(server.admin());
    List<String> before = keys();

    AdoptionReport dry = adoption().dryRun();
    assertThat(dry.dryRun()).isTrue();
    assertThat(dry.done()).isEqualTo(7);
    assertThat(keys()).isEqualTo(before);

    AdoptionReport copied = adoption().copy(ImportConflict.FAIL, NEVER, QUIET);
    assertThat(copied.done()).isEqualTo(7);
    assertThat(copied.finished()).isTrue();
    assertThat(copied.isVerified()).isFalse();
    assertThat(keys()).hasSize(before.size() + 7).containsAll(before);
    assertThat(server.admin().integer("PTTL", "tenant:acme:expiring"))
        .isBetween(500_000L, 600_000L);
    assertThat(server.admin().list("XINFO", "GROUPS", "tenant:acme:stream")).hasSize(1);

    AdoptionReport verified = adoption().verify(NEVER, QUIET, name -> {});
    assertThat(verified.done()).isEqualTo(7);
    assertThat(verified.isVerified()).isTrue();
    assertThat(verified.toJson()).contains("\"legacyKeys\": 7");
  }

  @Test
  void theVerificationNamesWhatDiffersAndWhatIsMissing() {
    RespConnection redis = server.admin();
    fillTypes(redis);
    adoption().copy(ImportConflict.KEEP, NEVER, QUIET);
    redis.command("SET", "tenant:acme:string", "newer");
    redis.command("PERSIST", "tenant:acme:expiring");
    redis.command("DEL", "tenant:acme:list");
    redis.command("DEL", "tenant:acme:set");
    redis.command("SET", "tenant:acme:set", "of another type");
    List<String> named = new ArrayList<>();
    AdoptionReport report =
        adoption()
            .verify(NEVER, QUIET, name -> named.add(new String(name, StandardCharsets.UTF_8)));
    assertThat(report.different()).isEqualTo(3);
    assertThat(report.missing()).isEqualTo(1);
    assertThat(report.done()).isEqualTo(3);
    assertThat(report.isVerified()).isFalse();
    assertThat(named)
        .containsExactlyInAnyOrder(
            "sh[o]p/acme/string", "sh[o]p/acme/expiring", "sh[o]p/acme/list", "sh[o]p/acme/set");
  }

  @Test
  void hashesAndSetsAreComparedByTheirElementsWhereTheirOrderDiffers() {
    RespConnection redis = server.admin();
    List<String[]> commands = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      int n = i;
      int back = 2999 - i;
      commands.add(new String[] {"HSET", "sh[o]p/acme/h", "f" + n, "v" + n});
      commands.add(new String[] {"HSET", "tenant:acme:h", "f" + back, "v" + back});
      commands.add(new String[] {"SADD", "sh[o]p/acme/s", "m" + n});
      commands.add(new String[] {"SADD", "tenant:acme:s", "m" + back});
    }
    redis.pipeline(commands);
    assertThat(adoption().verify(NEVER, QUIET, name -> {}).done()).isEqualTo(2);
    redis.command("HSET", "tenant:acme:h", "f7", "another");
    redis.command("SREM", "tenant:acme:s", "m7");
    redis.command("SADD", "tenant:acme:s", "another");
    assertThat(adoption().verify(NEVER, QUIET, name -> {}).different()).isEqualTo(2);
    redis.command("HSET", "tenant:acme:h", "f7", "v7", "onemore", "v");
    redis.command("SADD", "tenant:acme:s", "m7");
    assertThat(adoption().verify(NEVER, QUIET, name -> {}).different()).isEqualTo(2);
  }

  @Test
  void whatTheApplicationWroteMeanwhileIsKeptReplacedOrAFailure() {
    RespConnection redis = server.admin();
    fillTypes(redis);
    redis.command("SET", "tenant:acme:string", "newer");

    assertThatThrownBy(() -> adoption().copy(ImportConflict.FAIL, NEVER, QUIET))
        .isInstanceOf(AdminException.class)
        .hasMessageContaining("choose to keep or to replace");
    assertThat(redis.text("GET", "tenant:acme:string")).isEqualTo("newer");

    AdoptionReport kept = adoption().copy(ImportConflict.KEEP, NEVER, QUIET);
    assertThat(kept.present()).isPositive();
    assertThat(kept.done() + kept.present()).isEqualTo(7);
    assertThat(redis.text("GET", "tenant:acme:string")).isEqualTo("newer");

    assertThat(adoption().copy(ImportConflict.REPLACE, NEVER, QUIET).done()).isEqualTo(7);
    assertThat(redis.text("GET", "tenant:acme:string")).isEqualTo("text");
  }

  @Test
  void aCopyThatWasStoppedOrLostItsConnectionIsBegunAgain() {
    fill(server.admin(), 0, 4000);
    List<AdoptionReport> told = new ArrayList<>();
    AdoptionReport stopped =
        adoption().copy(ImportConflict.KEEP, () -> told.size() == 2, told::add);
    assertThat(stopped.finished()).isFalse();
    assertThat(stopped.done()).isBetween(1L, 3999L).isEqualTo(told.get(1).done());
    assertThat(told.get(0).done()).isLessThan(told.get(1).done());

    try (WireProxy proxy = WireProxy.to(server);
        TenantRedisAdmin lossy =
            TenantRedisAdmin.builder(
                    RedisURI.builder(RedisURI.create(proxy.uri()))
                        .withAuthentication("root", "root password".toCharArray())
                        .build())
                .discoverNodes(false)
                .connect()) {
      proxy.onCommand("COPY").skipping(500).resetAfterForwarding();
      assertThatThrownBy(() -> adoption(lossy).copy(ImportConflict.KEEP, NEVER, QUIET))
          .isInstanceOf(AdminException.class);
      proxy.clearCommands();
      AdoptionReport again = adoption(lossy).copy(ImportConflict.KEEP, NEVER, QUIET);
      assertThat(again.done() + again.present()).isEqualTo(4000);
      assertThat(again.present()).isGreaterThanOrEqualTo(stopped.done() + 500);
      assertThat(proxy.commandsSeen("COPY")).isEqualTo(again.done());
    }
    assertThat(adoption().verify(NEVER, QUIET, name -> {}).isVerified()).isTrue();
  }

  @Test
  void namesInsideTenantsPrefixesAreNeverLegacyOnes() {
    RespConnection redis = server.admin();
    redis.command("SET", "plain", "acme's");
    redis.command("SET", "tenant:globex:secret", "theirs");
    redis.command("SET", "tenant:acme:own", "there");
    KeyAdoption all = admin.adoption(TEMPLATE, ACME, LegacyKeys.prefixes(Map.of("acme", "")));
    for (int i = 0; i < 2; i++) {
      AdoptionReport report = all.copy(ImportConflict.KEEP, NEVER, QUIET);
      assertThat(report.legacyKeys()).isEqualTo(1);
    }
    assertThat(keys())
        .containsExactly("plain", "tenant:acme:own", "tenant:acme:plain", "tenant:globex:secret");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                admin.adoption(
                    TEMPLATE, TenantId.of("globex"), LegacyKeys.prefixes(Map.of("acme", ""))))
        .withMessageContaining("has no legacy keys");
  }

  @Test
  void betweenTheSlotsOfAClusterCopiesAreDumpedAndRestored() {
    try (RedisCluster servers =
            RedisCluster.builder()
                .masters(2)
                .server(RedisServer.builder().adminUser("root", "root password"))
                .start();
        TenantRedisAdmin cluster = ProvisionerTest.connect(servers.nodes().get(0))) {
      KeyPrefixTemplate template = KeyPrefixTemplate.of("tenant:{{tenant}}:");
      KeyAdoption adoption =
          cluster.adoption(template, ACME, LegacyKeys.template("shop/{tenant}/"));
      KeyAdoption sameSlot =
          cluster.adoption(template, ACME, LegacyKeys.template("shop/{{tenant}}/"));
      for (int i = 0; i < 40; i++) {
        set(servers, "shop/acme/k" + i, "v" + i);
      }
      set(servers, "shop/{acme}/same", "v");
      assertThat(adoption.copy(ImportConflict.FAIL, NEVER, QUIET).done()).isEqualTo(40);
      assertThat(adoption.copy(ImportConflict.KEEP, NEVER, QUIET).present()).isEqualTo(40);
      assertThat(adoption.copy(ImportConflict.REPLACE, NEVER, QUIET).done()).isEqualTo(40);
      assertThat(adoption.verify(NEVER, QUIET, name -> {}).isVerified()).isTrue();
      assertThat(sameSlot.copy(ImportConflict.FAIL, NEVER, QUIET).done()).isEqualTo(1);
    }
  }

  private static void set(RedisCluster servers, String key, String value) {
    for (RedisServer node : servers.nodes()) {
      if (!(node.admin().tryCommand("SET", key, value, "PX", "600000") instanceof RespError)) {
        return;
      }
    }
    throw new AssertionError("no node took " + key);
  }

  @Test
  void aPolicyOpensLegacyNamesForReadingOnly() {
    AclPolicy policy =
        AclPolicy.forTenant(ACME, TEMPLATE.prefixOf(ACME))
            .profile(AclProfile.CACHE)
            .readingLegacyKeys("sh[o]p/acme/")
            .build();
    admin.provisioner().create(policy);
    RespConnection redis = server.admin();
    assertThat(redis.text("ACL", "DRYRUN", "tenant_acme", "GET", "sh[o]p/acme/k")).isEqualTo("OK");
    assertThat(redis.text("ACL", "DRYRUN", "tenant_acme", "SET", "tenant:acme:k", "v"))
        .isEqualTo("OK");
    assertThat(redis.text("ACL", "DRYRUN", "tenant_acme", "SET", "sh[o]p/acme/k", "v"))
        .isNotEqualTo("OK");
    assertThat(redis.text("ACL", "DRYRUN", "tenant_acme", "GET", "shop/acme/k")).isNotEqualTo("OK");
    assertThat(redis.text("ACL", "DRYRUN", "tenant_acme", "GET", "sh[o]p/globex/k"))
        .isNotEqualTo("OK");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AclPolicy.forTenant(ACME, TEMPLATE.prefixOf(ACME)).readingLegacyKeys(""));
  }
}
