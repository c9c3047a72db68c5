package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisURI;
import io.tenantredis.KeyPrefix;
import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.TenantId;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.WireProxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TenantDataTest {

  private static final KeyPrefixTemplate TEMPLATE = KeyPrefixTemplate.of("tenant:{tenant}:");
  private static final LongConsumer QUIET = keys -> {};

  private static RedisServer server;
  private static TenantRedisAdmin admin;

  @TempDir Path directory;

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

  private static KeyPrefix prefix(String tenant) {
    return TEMPLATE.prefixOf(TenantId.of(tenant));
  }

  private static TenantData data(String tenant) {
    return admin.data(prefix(tenant));
  }

  private static void fill(RespConnection connection, String tenant, int keys) {
    List<String[]> commands = new ArrayList<>();
    for (int i = 0; i < keys; i++) {
      commands.add(new String[] {"SET", "tenant:" + tenant + ":k" + i, "value " + i});
    }
    connection.pipeline(commands);
  }

  private static void fillTypes(RespConnection connection) {
    connection.command("SET", "tenant:acme:string", "text");
    connection.command("HSET", "tenant:acme:hash", "field", "1");
    connection.command("RPUSH", "tenant:acme:list", "a", "b");
    connection.command("SADD", "tenant:acme:set", "m");
    connection.command("ZADD", "tenant:acme:zset", "1.5", "m");
    connection.command("XADD", "tenant:acme:stream", "1-1", "f", "v");
    connection.commandBytes(
        utf8("SET"),
        new byte[] {'t', 'e', 'n', 'a', 'n', 't', ':', 'a', 'c', 'm', 'e', ':', 0, (byte) 0xff},
        new byte[] {(byte) 0xfe, 0, 1});
    connection.command("SET", "tenant:acme:expiring", "x", "PX", "600000");
    connection.command("SET", "tenant:other:string", "not acme's");
    connection.command("SET", "tenant:acm", "not acme's");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void theSummaryCountsByTypeAndEstimatesTheMemoryOfTheTenantOnly() {
    fillTypes(server.admin());
    fill(server.admin(), "other", 5000);

    DataSummary summary = data("acme").summarize(QUIET);

    assertThat(summary.keys()).isEqualTo(8);
    assertThat(summary.keysByType())
        .containsEntry("string", 3L)
        .containsEntry("hash", 1L)
        .containsEntry("stream", 1L);
    long exact = 0;
    for (String key : List.of("string", "hash", "list", "set", "zset", "stream", "expiring")) {
      exact += server.admin().integer("MEMORY", "USAGE", "tenant:acme:" + key);
    }
    assertThat(summary.estimatedBytes()).isCloseTo(exact, within(exact / 4));
    assertThat(summary.sampled()).isEqualTo(8);
    assertThat(data("nobody").summarize(QUIET).estimatedBytes()).isZero();
  }

  @Test
  void alsoALargeTenantIsMeasuredByASampleOnly() {
    fill(server.admin(), "acme", 3000);
    List<Long> progress = new ArrayList<>();

    DataSummary summary = data("acme").summarize(progress::add);

    List<String[]> measures = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      measures.add(new String[] {"MEMORY", "USAGE", "tenant:acme:k" + i});
    }
    long exact = server.admin().pipeline(measures).stream().mapToLong(Long.class::cast).sum();
    assertThat(summary.keys()).isEqualTo(3000);
    assertThat(summary.sampled()).isEqualTo(1000);
    assertThat(summary.estimatedBytes()).isCloseTo(exact, within(exact / 10));
    assertThat(progress).isSorted().endsWith(3000L).hasSizeGreaterThan(2);
  }

  @Test
  void deletingDeletesTheTenantsKeysAndNoOthers() {
    fillTypes(server.admin());
    fill(server.admin(), "acme", 2500);

    DataReport dry = data("acme").deleteAll(true, QUIET);
    assertThat(dry.keys()).isEqualTo(2508);
    assertThat(dry.dryRun()).isTrue();
    assertThat(server.admin().integer("DBSIZE")).isEqualTo(2510);

    List<Long> progress = new ArrayList<>();
    DataReport report = data("acme").deleteAll(false, progress::add);
    assertThat(report.keys()).isEqualTo(2508);
    assertThat(report.remaining()).isZero();
    assertThat(progress).isSorted().contains(2508L);
    assertThat(server.admin().list("KEYS", "*"))
        .containsExactlyInAnyOrder("tenant:other:string", "tenant:acm");
    assertThat(data("acme").deleteAll(false, QUIET).keys()).isZero();
  }

  @Test
  void whatWasExportedIsImportedAgainWithTypesBinaryNamesAndExpiry() throws Exception {
    fillTypes(server.admin());
    Path file = directory.resolve("acme.data");

    DataReport exported = data("acme").exportTo(file, QUIET);
    assertThat(exported.keys()).isEqualTo(8);
    assertThat(exported.sha256()).hasSize(64);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(directory.resolve("acme.data.part")).doesNotExist();
    assertThat(data("acme").check(file).sha256()).isEqualTo(exported.sha256());

    data("acme").deleteAll(false, QUIET);
    DataReport imported = data("acme").importFrom(file, ImportConflict.FAIL, QUIET);

    assertThat(imported.keys()).isEqualTo(8);
    assertThat(directory.resolve("acme.data.progress")).doesNotExist();
    RespConnection redis = server.admin();
    assertThat(redis.command("GET", "tenant:acme:string")).isEqualTo("text");
    assertThat(redis.command("HGET", "tenant:acme:hash", "field")).isEqualTo("1");
    assertThat(redis.list("LRANGE", "tenant:acme:list", "0", "-1")).containsExactly("a", "b");
    assertThat(redis.integer("SCARD", "tenant:acme:set")).isEqualTo(1);
    assertThat(redis.command("ZSCORE", "tenant:acme:zset", "m")).isEqualTo("1.5");
    assertThat(redis.integer("XLEN", "tenant:acme:stream")).isEqualTo(1);
    assertThat(redis.integer("PTTL", "tenant:acme:expiring")).isBetween(500_000L, 600_000L);
    assertThat(redis.integer("PTTL", "tenant:acme:string")).isEqualTo(-1);
    assertThat(
            redis.commandBytes(
                utf8("STRLEN"),
                new byte[] {
                  't', 'e', 'n', 'a', 'n', 't', ':', 'a', 'c', 'm', 'e', ':', 0, (byte) 0xff
                }))
        .isEqualTo(3L);
  }

  @Test
  void anExportCanBeImportedUnderAnotherTenantsPrefix() {
    fill(server.admin(), "acme", 10);
    Path file = directory.resolve("acme.data");
    data("acme").exportTo(file, QUIET);

    assertThat(data("newco").importFrom(file, ImportConflict.FAIL, QUIET).keys()).isEqualTo(10);

    assertThat(server.admin().command("GET", "tenant:newco:k7")).isEqualTo("value 7");
  }

  @Test
  void aKeyThatExistsStopsTheImportOrIsKeptOrIsReplaced() {
    fill(server.admin(), "acme", 3);
    Path file = directory.resolve("acme.data");
    data("acme").exportTo(file, QUIET);
    server.admin().command("SET", "tenant:acme:k1", "mine");
    server.admin().command("DEL", "tenant:acme:k2");

    assertThatThrownBy(() -> data("acme").importFrom(file, ImportConflict.FAIL, QUIET))
        .isInstanceOf(AdminException.class)
        .hasMessageContaining("choose to keep or to replace");
    DataReport kept = data("acme").importFrom(file, ImportConflict.KEEP, QUIET);
    assertThat(kept.skipped()).isGreaterThanOrEqualTo(2);
    assertThat(server.admin().command("GET", "tenant:acme:k1")).isEqualTo("mine");
    assertThat(server.admin().command("GET", "tenant:acme:k2")).isEqualTo("value 2");
    assertThat(data("acme").importFrom(file, ImportConflict.REPLACE, QUIET).keys()).isEqualTo(3);
    assertThat(server.admin().command("GET", "tenant:acme:k1")).isEqualTo("value 1");
  }

  @Test
  void keysThatExpiredSinceAreLeftOut() throws Exception {
    server.admin().command("SET", "tenant:acme:long", "x");
    byte[] dump = (byte[]) server.admin().commandBytes(utf8("DUMP"), utf8("tenant:acme:long"));
    Path file = directory.resolve("acme.data");
    try (DataFileWriter writer = DataFileWriter.create(file)) {
      writer.write(new DataFrame.Header(admin.dialect().toString(), "tenant:acme:", 0).frame());
      writer.write(new DataFrame.Key(utf8("short"), 1, dump).frame());
      writer.write(new DataFrame.Key(utf8("long"), -1, dump).frame());
      writer.finish(2);
    }

    DataReport report = data("acme").importFrom(file, ImportConflict.REPLACE, QUIET);

    assertThat(report.skipped()).isEqualTo(1);
    assertThat(report.keys()).isEqualTo(1);
  }

  @Test
  void anExportThatWasCutShortGoesOnWhereItStopped() throws Exception {
    fill(server.admin(), "acme", 5000);
    Path file = directory.resolve("acme.data");
    Path part = directory.resolve("acme.data.part");
    assertThatThrownBy(() -> data("acme").exportTo(file, stopAt(1500))).isInstanceOf(Stopped.class);
    long before = Files.size(part);
    // As a crash in the middle of a write leaves it.
    Files.write(part, new byte[] {1, 0, 0}, java.nio.file.StandardOpenOption.APPEND);

    List<Long> progress = new ArrayList<>();
    DataReport report = data("acme").exportTo(file, progress::add);

    assertThat(progress.get(0)).as("what was written before was kept").isGreaterThan(1500);
    assertThat(Files.size(file)).isGreaterThan(before);
    assertThat(report.keys()).isGreaterThanOrEqualTo(5000).isLessThan(6100);
    data("acme").deleteAll(false, QUIET);
    data("acme").importFrom(file, ImportConflict.REPLACE, QUIET);
    assertThat(server.admin().integer("DBSIZE")).isEqualTo(5000);
  }

  @Test
  void anExportThatWasCutShortBeginsAnewOnAServerThatWasRestarted() {
    try (RedisServer durable =
            RedisServer.builder().adminUser("root", "root password").appendOnly().start();
        TenantRedisAdmin its = ProvisionerTest.connect(durable)) {
      fill(durable.admin(), "acme", 3000);
      Path file = directory.resolve("acme.data");
      assertThatThrownBy(() -> its.data(prefix("acme")).exportTo(file, stopAt(1000)))
          .isInstanceOf(Stopped.class);
      durable.restart();
      // The client may not have noticed yet.
      await().ignoreExceptions().until(() -> its.nodes().size() == 1);

      its.data(prefix("acme")).exportTo(file, QUIET);

      assertThat(data("acme").importFrom(file, ImportConflict.REPLACE, QUIET).keys())
          .isGreaterThan(3000);
      assertThat(server.admin().integer("DBSIZE")).isEqualTo(3000);
    }
  }

  @Test
  void anImportThatWasCutShortGoesOnWhereItStopped() {
    fill(server.admin(), "acme", 1000);
    Path file = directory.resolve("acme.data");
    data("acme").exportTo(file, QUIET);
    data("acme").deleteAll(false, QUIET);
    assertThatThrownBy(() -> data("acme").importFrom(file, ImportConflict.FAIL, stopAt(300)))
        .isInstanceOf(Stopped.class);
    assertThat(directory.resolve("acme.data.progress")).exists();
    long there = server.admin().integer("DBSIZE");
    assertThat(there).isBetween(300L, 999L);

    List<Long> progress = new ArrayList<>();
    DataReport report = data("acme").importFrom(file, ImportConflict.FAIL, progress::add);

    assertThat(progress.get(0)).isGreaterThan(300);
    assertThat(report.keys()).isEqualTo(1000);
    assertThat(server.admin().integer("DBSIZE")).isEqualTo(1000);
  }

  private static LongConsumer stopAt(long keys) {
    return done -> {
      if (done >= keys) {
        throw new Stopped();
      }
    };
  }

  private static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void aDamagedAnIncompleteAndAForeignFileAreRefusedBeforeAnythingIsRestored() throws Exception {
    fill(server.admin(), "acme", 100);
    Path file = directory.resolve("acme.data");
    data("acme").exportTo(file, QUIET);
    server.admin().command("FLUSHALL");
    byte[] good = Files.readAllBytes(file);

    for (int at = 0; at < good.length; at += 97) {
      byte[] bad = good.clone();
      bad[at] ^= 0x20;
      assertRefused(bad);
    }
    for (int length : new int[] {0, 5, 30, good.length / 2, good.length - 1}) {
      assertRefused(Arrays.copyOf(good, length));
    }
    byte[] more = Arrays.copyOf(good, good.length + 3);
    assertRefused(more);
    assertThat(server.admin().integer("DBSIZE")).isZero();
    assertThatThrownBy(
            () -> data("acme").importFrom(directory.resolve("none"), ImportConflict.FAIL, QUIET))
        .isInstanceOf(AdminException.class)
        .hasMessageContaining("There is no file");
  }

  private void assertRefused(byte[] content) throws Exception {
    Path file = directory.resolve("bad.data");
    Files.write(file, content);
    assertThatThrownBy(() -> data("acme").importFrom(file, ImportConflict.REPLACE, QUIET))
        .isInstanceOf(AdminException.class)
        .hasMessageMatching("(?s).*(damaged|incomplete|not an export).*");
  }

  @Test
  void aValueThatTheServerCannotReadIsExplainedWithBothVersions() throws Exception {
    Path file = directory.resolve("future.data");
    try (DataFileWriter writer = DataFileWriter.create(file)) {
      writer.write(new DataFrame.Header("Redis 99.0", "tenant:acme:", 0).frame());
      byte[] fromTheFuture = new byte[20];
      Arrays.fill(fromTheFuture, (byte) 0xff);
      writer.write(new DataFrame.Key(utf8("k"), -1, fromTheFuture).frame());
      writer.finish(1);
    }

    assertThatThrownBy(() -> data("acme").importFrom(file, ImportConflict.FAIL, QUIET))
        .isInstanceOf(AdminException.class)
        .hasMessageContaining("cannot read a value")
        .hasMessageContaining("Redis 99.0")
        .hasMessageContaining(admin.dialect().toString());
  }

  @Test
  void anExportOfAnotherTenantIsNotContinuedAndAFileIsNotOverwritten() throws Exception {
    fill(server.admin(), "acme", 3000);
    Path file = directory.resolve("x.data");
    assertThatThrownBy(() -> data("acme").exportTo(file, stopAt(1))).isInstanceOf(Stopped.class);

    assertThatThrownBy(() -> data("other").exportTo(file, QUIET))
        .isInstanceOf(AdminException.class)
        .hasMessageContaining("is an export of tenant:acme:");
    Files.createFile(file);
    assertThatThrownBy(() -> data("acme").exportTo(file, QUIET))
        .isInstanceOf(AdminException.class)
        .hasMessageContaining("already");
  }

  @Test
  void inAClusterEveryNodeIsAsked() throws Exception {
    try (RedisCluster servers =
        RedisCluster.builder()
            .masters(2)
            .server(RedisServer.builder().adminUser("root", "root password"))
            .start()) {
      RedisServer one = servers.nodes().get(0);
      RedisServer two = servers.nodes().get(1);
      fill(one.admin(), "acme", 500);
      fill(two.admin(), "acme", 500);
      try (TenantRedisAdmin cluster = ProvisionerTest.connect(one)) {
        TenantData data = cluster.data(prefix("acme"));
        Path file = directory.resolve("cluster.data");
        assertThat(one.admin().integer("DBSIZE")).isBetween(100L, 400L);
        assertThat(data.summarize(QUIET).keys()).isEqualTo(500);

        assertThat(data.exportTo(file, QUIET).keys()).isEqualTo(500);
        assertThat(data.deleteAll(false, QUIET).keys()).isEqualTo(500);
        assertThat(data.importFrom(file, ImportConflict.FAIL, QUIET).keys()).isEqualTo(500);

        assertThat(data.summarize(QUIET).keys()).isEqualTo(500);
        assertThat(two.admin().integer("DBSIZE")).isBetween(100L, 400L);
      }
    }
  }

  @Test
  void aScanWhoseConnectionIsLostIsAskedOnceMore() {
    fill(server.admin(), "acme", 100);
    try (WireProxy proxy = WireProxy.to(server);
        TenantRedisAdmin throughProxy = connectThrough(proxy)) {
      proxy.onCommand("SCAN").once().resetAfterForwarding();

      assertThat(throughProxy.data(prefix("acme")).summarize(QUIET).keys()).isEqualTo(100);

      assertThat(proxy.commandsSeen("SCAN")).isEqualTo(2);
    }
  }

  @Test
  void aScanThatLosesItsConnectionTwiceFails() {
    try (WireProxy proxy = WireProxy.to(server);
        TenantRedisAdmin throughProxy = connectThrough(proxy)) {
      proxy.onCommand("SCAN").always().resetAfterForwarding();

      assertThatThrownBy(() -> throughProxy.data(prefix("acme")).summarize(QUIET))
          .isInstanceOf(AdminException.class)
          .hasMessageContaining("SCAN");

      assertThat(proxy.commandsSeen("SCAN")).isEqualTo(2);
    }
  }

  private static TenantRedisAdmin connectThrough(WireProxy proxy) {
    RedisURI uri = ProvisionerTest.adminUri(server);
    uri.setPort(proxy.port());
    return TenantRedisAdmin.builder(uri).connect();
  }
}
