package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.TenantId;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Every denial is reported once, and none is lost silently. */
class AclLogReaderTest {

  private static final Tenancy TENANCY = Tenancy.of("tenant:{tenant}:", "tenant_{tenant}");
  private static final int BURST = 10_000;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Recorder recorder = new Recorder();
  private RedisServer server;
  private TenantRedisAdmin admin;
  private AclLogReader reader;

  @BeforeEach
  void start() {
    server =
        RedisServer.builder()
            .adminUser("root", "root password")
            .setting("acllog-max-len", "128")
            .user("tenant_acme", rules("acme"))
            .user("tenant_globex", rules("globex"))
            .start();
    admin = TenantRedisAdmin.builder(ProvisionerTest.adminUri(server)).connect();
    reader = admin.aclLog(TENANCY).listener(recorder).meterRegistry(registry).build();
    reader.poll();
  }

  private static String[] rules(String tenant) {
    return new String[] {
      "on", ">secret-of-" + tenant, "~tenant:" + tenant + ":*", "+@all", "-flushall"
    };
  }

  @AfterEach
  void stop() {
    reader.close();
    admin.close();
    server.close();
  }

  private RespConnection as(String tenant) {
    return server.connect("tenant_" + tenant, "secret-of-" + tenant);
  }

  private static void getForeignKeys(RespConnection connection, int from, int to) {
    List<String[]> commands = new ArrayList<>();
    for (int i = from; i < to; i++) {
      commands.add(new String[] {"GET", "foreign:" + i});
    }
    connection.pipeline(commands);
  }

  private boolean numbersEntries() {
    return server.version().isAtLeast(7, 2);
  }

  private double counted(String meter, String... tags) {
    return registry.find(meter).tags(tags).counters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }

  @Test
  void aBurstOfTenThousandIsReportedByWhatIsLeftAndHowManyAreLost() {
    try (RespConnection acme = as("acme")) {
      getForeignKeys(acme, 0, BURST);
    }
    reader.poll();
    assertThat(recorder.denials).hasSize(128);
    assertThat(recorder.denied()).isEqualTo(128);
    assertThat(recorder.losses)
        .singleElement()
        .satisfies(
            loss -> {
              assertThat(loss.cause()).isEqualTo(AclLogLoss.Cause.OVERFLOW);
              assertThat(loss.denials()).hasValue(BURST - 128);
              assertThat(loss.entries().isPresent()).isEqualTo(numbersEntries());
            });
    assertThat(recorder.denials.get(127).object()).isEqualTo("foreign:" + (BURST - 1));
    assertThat(counted("tenant.redis.acllog.denials", "tenant", "acme", "reason", "key"))
        .isEqualTo(128);
    assertThat(counted("tenant.redis.acllog.lost")).isEqualTo(BURST - 128);
  }

  @Test
  void burstsDuringPollsAddUp() {
    reader.close();
    reader = admin.aclLog(TENANCY).listener(recorder).interval(Duration.ofMillis(10)).build();
    reader.poll();
    reader.start();
    try (RespConnection acme = as("acme")) {
      for (int from = 0; from < BURST; from += 100) {
        getForeignKeys(acme, from, from + 100);
      }
    }
    Awaitility.await().until(() -> recorder.denied() + recorder.lost() >= BURST);
    reader.poll();
    reader.poll();
    assertThat(recorder.denied() + recorder.lost()).isEqualTo(BURST);
    assertThat(recorder.denials).extracting(AclDenial::object).doesNotHaveDuplicates();
  }

  @Test
  void equalDenialsThatTheServerJoinsAreCounted() {
    try (RespConnection acme = as("acme")) {
      for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < 1000; i++) {
          acme.tryCommand("GET", "foreign");
        }
        reader.poll();
        assertThat(recorder.denied()).isEqualTo(round * 1000L);
      }
    }
    assertThat(recorder.denials).hasSize(3);
    assertThat(recorder.losses).isEmpty();
  }

  @Test
  void nothingIsReportedTwice() {
    try (RespConnection acme = as("acme")) {
      getForeignKeys(acme, 0, 20);
      reader.poll();
      reader.poll();
      getForeignKeys(acme, 19, 30);
      reader.poll();
      reader.poll();
    }
    assertThat(recorder.denied()).isEqualTo(31);
    assertThat(recorder.denials).hasSize(31);
    assertThat(recorder.losses).isEmpty();
  }

  @Test
  void afterARestartOfTheServerItsEntriesAreNewAndTheGapIsReported() {
    try (RespConnection acme = as("acme")) {
      getForeignKeys(acme, 0, 5);
    }
    reader.poll();
    server.restart();
    try (RespConnection acme = as("acme")) {
      getForeignKeys(acme, 0, 3);
    }
    Awaitility.await()
        .until(
            () -> {
              reader.poll();
              return recorder.denied() == 8;
            });
    reader.poll();
    assertThat(recorder.denied()).isEqualTo(8);
    assertThat(recorder.losses)
        .singleElement()
        .satisfies(
            loss -> {
              assertThat(loss.cause()).isEqualTo(AclLogLoss.Cause.SERVER_RESTARTED);
              assertThat(loss.denials()).isEmpty();
            });
  }

  @Test
  void anOverflowRightAfterARestartIsCountedToo() {
    server.restart();
    try (RespConnection acme = as("acme")) {
      getForeignKeys(acme, 0, 500);
    }
    Awaitility.await()
        .until(
            () -> {
              reader.poll();
              return recorder.denied() == 128;
            });
    assertThat(recorder.lost()).isEqualTo(500 - 128);
  }

  @Test
  void whatWasInALogThatSomebodyEmptiedIsReportedAsLost() {
    try (RespConnection acme = as("acme")) {
      getForeignKeys(acme, 0, 7);
    }
    server.admin().command("ACL", "LOG", "RESET");
    reader.poll();
    assertThat(recorder.denials).isEmpty();
    assertThat(recorder.lost()).isEqualTo(7);
  }

  @Test
  void resettingTheServersStatisticsLosesNoDenialThatIsStillInTheLog() {
    try (RespConnection acme = as("acme")) {
      getForeignKeys(acme, 0, 5);
      reader.poll();
      server.admin().command("CONFIG", "RESETSTAT");
      getForeignKeys(acme, 5, 7);
      reader.poll();
      getForeignKeys(acme, 7, 9);
      reader.poll();
    }
    assertThat(recorder.denied()).isEqualTo(9);
    assertThat(recorder.losses).isEmpty();
  }

  @Test
  void aDenialNamesTenantReasonAndClient() {
    try (RespConnection acme = as("acme");
        RespConnection gone = as("globex")) {
      if (numbersEntries()) {
        acme.command("CLIENT", "SETINFO", "lib-name", "lettuce");
      }
      acme.tryCommand("GET", "foreign");
      gone.tryCommand("FLUSHALL");
      long id = acme.integer("CLIENT", "ID");
      gone.close();
      Awaitility.await()
          .until(() -> !server.admin().text("CLIENT", "LIST").contains("user=tenant_globex"));
      reader.poll();
      AclDenial key = recorder.denials.get(0);
      assertThat(key.tenant()).contains(TenantId.of("acme"));
      assertThat(key.reason()).isEqualTo(AclDenial.Reason.KEY);
      assertThat(key.user()).isEqualTo("tenant_acme");
      assertThat(key.client().id()).isEqualTo(id);
      assertThat(key.client().address()).isEqualTo("127.0.0.1:" + acme.localPort());
      assertThat(key.client().libName()).isEqualTo(numbersEntries() ? "lettuce" : "");
      assertThat(key.client().connectedAs()).isEqualTo("tenant_acme");
      AclDenial command = recorder.denials.get(1);
      assertThat(command.tenant()).contains(TenantId.of("globex"));
      assertThat(command.reason()).isEqualTo(AclDenial.Reason.COMMAND);
      assertThat(command.object()).isEqualTo("flushall");
      assertThat(command.client().connectedAs()).isNull();
    }
  }

  @Test
  void whatSomebodyCallsHimselfAtALoginIsNoTagAndInNoLogLine() {
    Thread test = Thread.currentThread();
    ListAppender<ILoggingEvent> lines =
        new ListAppender<>() {
          @Override
          protected void append(ILoggingEvent event) {
            // A reader of an earlier test may still be polling.
            if (Thread.currentThread() == test) {
              super.append(event);
            }
          }
        };
    Logger logger = (Logger) LoggerFactory.getLogger("io.tenantredis.acllog");
    lines.start();
    logger.addAppender(lines);
    try (AclLogReader logging = admin.aclLog(TENANCY).listener(AclLogListener.logging()).build();
        RespConnection stranger = server.connect()) {
      for (int i = 0; i < 120; i++) {
        stranger.tryCommand("AUTH", "tenant_made-up-" + i, "guess");
      }
      stranger.tryCommand("AUTH", "typed-the-password-here", "guess");
      reader.poll();
      logging.poll();
    } finally {
      logger.detachAppender(lines);
    }
    assertThat(recorder.denied()).isEqualTo(121);
    assertThat(registry.find("tenant.redis.acllog.denials").counters())
        .singleElement()
        .satisfies(
            counter -> {
              assertThat(counter.getId().getTag("reason")).isEqualTo("auth");
              assertThat(counter.getId().getTag("tenant")).isEqualTo("other");
            });
    assertThat(lines.list)
        .singleElement()
        .satisfies(
            line -> {
              assertThat(line.getFormattedMessage())
                  .startsWith("ACL_DENIED")
                  .contains("121 time(s)")
                  .doesNotContain("typed-the", "made-up");
              assertThat(line.getMDCPropertyMap()).containsEntry("tenant", "(none)");
            });
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aFileGetsALineOfJsonForEachEventAndIsItsOwnersAlone(@TempDir Path directory)
      throws IOException {
    Path file = directory.resolve("denials.jsonl");
    try (AclLogReader writing =
            admin.aclLog(TENANCY).listener(AclLogListener.jsonLines(file)).build();
        RespConnection acme = as("acme")) {
      writing.poll();
      acme.tryCommand("GET", "line\nbreak \"quoted\"");
      acme.tryCommand("FLUSHALL");
      writing.poll();
      getForeignKeys(acme, 0, 200);
      writing.poll();
    }
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(2 + 1 + 128);
    assertThat(lines.get(0))
        .startsWith("{\"event\": \"denied\"")
        .contains("\"object\": \"line\\nbreak \\\"quoted\\\"\"", "\"tenant\": \"acme\"")
        .endsWith("}");
    assertThat(lines.get(2)).contains("\"event\": \"lost\"", "\"denials\": 72");
    assertThat(Files.getPosixFilePermissions(file))
        .containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
  }

  @Test
  void aListenerThatFailsKeepsNobodyFromBeingTold() {
    List<AclDenial> told = new ArrayList<>();
    try (AclLogReader failing =
            admin
                .aclLog(TENANCY)
                .listener(
                    new Recorder() {
                      @Override
                      public void denied(AclDenial denial) {
                        throw new IllegalStateException("full");
                      }
                    })
                .listener(
                    new Recorder() {
                      @Override
                      public void denied(AclDenial denial) {
                        told.add(denial);
                      }
                    })
                .meterRegistry(registry)
                .build();
        RespConnection acme = as("acme")) {
      getForeignKeys(acme, 0, 3);
      failing.poll();
      assertThat(told).hasSize(3);
      assertThat(counted("tenant.redis.acllog.failures")).isEqualTo(3);
    }
  }

  @Test
  void aServerThatCannotBeReadIsCountedAndReadAgainLater() {
    try (RespConnection acme = as("acme")) {
      getForeignKeys(acme, 0, 3);
    }
    server.admin().command("ACL", "SETUSER", "root", "-acl|log");
    reader.poll();
    assertThat(counted("tenant.redis.acllog.failures")).isEqualTo(1);
    assertThat(recorder.denials).isEmpty();
    server.admin().command("ACL", "SETUSER", "root", "+acl|log");
    reader.poll();
    assertThat(recorder.denials).filteredOn(denial -> denial.tenant().isPresent()).hasSize(3);
  }

  @Test
  void noMoreEntriesAreReadThanWereAskedForAndTheOthersAreLost() {
    try (AclLogReader small = admin.aclLog(TENANCY).listener(recorder).maxEntries(10).build();
        RespConnection acme = as("acme")) {
      small.poll();
      getForeignKeys(acme, 0, 50);
      small.poll();
      assertThat(recorder.denied()).isEqualTo(10);
      assertThat(recorder.lost()).isEqualTo(40);
    }
  }

  private static class Recorder implements AclLogListener {

    final List<AclDenial> denials = new CopyOnWriteArrayList<>();
    final List<AclLogLoss> losses = new CopyOnWriteArrayList<>();

    @Override
    public void denied(AclDenial denial) {
      denials.add(denial);
    }

    @Override
    public void lost(AclLogLoss loss) {
      losses.add(loss);
    }

    long denied() {
      return denials.stream().mapToLong(AclDenial::count).sum();
    }

    long lost() {
      return losses.stream().mapToLong(loss -> loss.denials().orElse(0)).sum();
    }
  }
}
