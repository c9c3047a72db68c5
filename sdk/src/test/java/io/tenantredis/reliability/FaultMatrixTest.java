package io.tenantredis.reliability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.lettuce.core.StaticCredentialsProvider;
import io.lettuce.core.api.StatefulRedisConnection;
import io.tenantredis.ResilienceOptions;
import io.tenantredis.TenantRedis;
import io.tenantredis.Tenants;
import io.tenantredis.TlsOptions;
import io.tenantredis.reliability.Fault.Target;
import io.tenantredis.reliability.Load.Verdict;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every fault under the load of two tenants, and an oracle that compares what the application was
 * told with what the server holds.
 *
 * <p>A few rows by default, those of {@code -Dtenantredis.faults=DROPPED,RESET_AFTER}, or all, with
 * plain Lettuce beside them, with {@code -Dtenantredis.long=true}; then {@code
 * -Dtenantredis.docs.write=true} writes docs/reliability.md.
 */
class FaultMatrixTest {

  private static final boolean LONG = Boolean.getBoolean("tenantredis.long");
  private static final String ONLY = System.getProperty("tenantredis.faults", "");
  private static final Duration TIMEOUT = Duration.ofMillis(500);

  /** Longer than the timeout, so that commands reach their deadlines. */
  private static final int FAULT_MILLIS = 1000;

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Path DOCUMENT = Path.of("..", "docs", "reliability.md");

  static RedisServer server;

  @BeforeAll
  static void startServer() {
    server = Tenants.confined().appendOnly().tls().start();
    // The threads that a JVM has once are there before any are counted.
    try (WireProxy proxy = proxy(Fault.DELAYED);
        TenantRedis redis = client(Fault.DELAYED, proxy)) {
      recovered(redis);
    }
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  @Timeout(900)
  void nothingIsLostDoubledOrCrossedWhateverFails() throws Exception {
    StringBuilder table = new StringBuilder(HEAD);
    List<String> wrong = new ArrayList<>();
    for (Fault fault : rows()) {
      String row = row(fault, wrong);
      System.out.print(row);
      table.append(row);
    }
    if (LONG && ONLY.isEmpty() && Boolean.getBoolean("tenantredis.docs.write")) {
      Files.writeString(DOCUMENT, table);
    }
    assertThat(wrong).isEmpty();
  }

  private static Set<Fault> rows() {
    if (!ONLY.isEmpty()) {
      return Stream.of(ONLY.split(","))
          .map(Fault::valueOf)
          .collect(Collectors.toCollection(() -> EnumSet.noneOf(Fault.class)));
    }
    return LONG ? EnumSet.allOf(Fault.class) : Fault.SHORT;
  }

  private static WireProxy proxy(Fault fault) {
    return WireProxy.to(server.host(), fault.needsTls() ? server.tlsPort() : server.port());
  }

  private static String uri(Fault fault, WireProxy proxy) {
    return (fault.needsTls() ? "rediss://" : "redis://") + proxy.host() + ":" + proxy.port();
  }

  private static TenantRedis client(Fault fault, WireProxy proxy) {
    TenantRedis.Builder builder =
        TenantRedis.builder(uri(fault, proxy))
            .identity("tenant_{tenant}")
            .credentials(Tenants.credentials())
            .commandTimeout(TIMEOUT)
            .connectTimeout(TIMEOUT)
            .resilience(
                ResilienceOptions.builder()
                    .stepProbeInterval(fault.stepProbeInterval())
                    .circuitBreaker(
                        CircuitBreakerConfig.custom()
                            .waitDurationInOpenState(Duration.ofMillis(100))
                            .minimumNumberOfCalls(20)
                            .build())
                    .build());
    return (fault.needsTls()
            ? builder.tls(TlsOptions.builder().trust(server.certificates().caPem()).build())
            : builder)
        .build();
  }

  private static String row(Fault fault, List<String> wrong) throws Exception {
    server.admin().command("FLUSHALL");
    int threadsBefore = Thread.activeCount();
    List<String> found = new ArrayList<>();
    String figures;
    try (WireProxy proxy = proxy(fault);
        TenantRedis redis = client(fault, proxy)) {
      recovered(redis);
      Load acme = Load.of(redis, "acme", "during").start();
      Load globex = Load.of(redis, "globex", "during").start();
      pause(400);
      acme.mark();
      globex.mark();
      Runnable heal = fault.injection.into(new Target(server, proxy, acme));
      pause(FAULT_MILLIS);
      heal.run();
      pause(200);
      acme.stop();
      globex.stop();
      Load acmeAfter = Load.of(redis, "acme", "after");
      Load globexAfter = Load.of(redis, "globex", "after");
      try {
        recovered(redis);
        acmeAfter.start();
        globexAfter.start();
        pause(200);
        acmeAfter.stop();
        globexAfter.stop();
        assertPermitsAreBack(redis, "acme");
        assertPermitsAreBack(redis, "globex");
        await().atMost(PATIENCE).until(() -> proxy.openConnections() <= 2);
      } catch (ConditionTimeoutException notBack) {
        found.add("not as it was before: " + notBack.getMessage());
      }
      for (Load load : List.of(acme, globex, acmeAfter, globexAfter)) {
        found.addAll(load.judge(server.admin()).wrong);
        if (load == acme && fault.mayMisplace()) {
          // Even then no reply of another tenant.
          load.misplaced().stream().filter(told -> told.contains("globex")).forEach(found::add);
        } else {
          found.addAll(load.misplaced());
        }
      }
      figures =
          String.format(
              Locale.ROOT,
              "| %d | %d | %d | %d | %d | %.1f |",
              acme.calls() + globex.calls(),
              acme.failures() + globex.failures(),
              acme.unknown() + globex.unknown(),
              acme.misplaced().size(),
              globex.failures(),
              globex.p99Ratio());
    }
    await().atMost(PATIENCE).until(() -> Thread.activeCount() <= threadsBefore + 1);
    found.forEach(problem -> wrong.add(fault + ": " + problem));
    return "| %s %s %s | %s |%n"
        .formatted(
            fault.title,
            figures,
            found.isEmpty() ? "held" : "RED: " + found,
            LONG ? plain(fault) : "not run");
  }

  private static void recovered(TenantRedis redis) {
    for (String tenant : List.of("acme", "globex")) {
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(() -> "OK".equals(redis.tenant(tenant).sync().set("probe", tenant)));
    }
  }

  private static void assertPermitsAreBack(TenantRedis redis, String tenant) {
    Bulkhead bulkhead = redis.resilience().bulkheads().find(tenant).orElseThrow();
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                bulkhead.getMetrics().getAvailableConcurrentCalls()
                    == bulkhead.getMetrics().getMaxAllowedConcurrentCalls());
  }

  private static void pause(long millis) {
    await().pollDelay(Duration.ofMillis(millis)).until(() -> true);
  }

  /** The same load and fault on one connection of plain Lettuce with its defaults. */
  private static String plain(Fault fault) throws Exception {
    server.admin().command("FLUSHALL");
    try (WireProxy proxy = proxy(fault)) {
      RedisURI uri = RedisURI.create(uri(fault, proxy));
      uri.setCredentialsProvider(
          new StaticCredentialsProvider("tenant_acme", Tenants.password("acme").toCharArray()));
      uri.setTimeout(TIMEOUT);
      RedisClient client = RedisClient.create(uri);
      client.setOptions(
          ClientOptions.builder()
              .sslOptions(
                  SslOptions.builder().trustManager(server.certificates().caPem().toFile()).build())
              .build());
      try (StatefulRedisConnection<String, String> connection = client.connect()) {
        Load load = new Load(connection.sync(), "acme", "tenant:acme:", "plain").start();
        pause(400);
        Runnable heal = fault.injection.into(new Target(server, proxy, load));
        pause(FAULT_MILLIS);
        heal.run();
        pause(200);
        load.stop();
        settled();
        Verdict verdict = load.judge(server.admin());
        return "%d / %d / %d / %d"
            .formatted(
                verdict.incrementsTwice, verdict.idsTwice, verdict.lost, load.misplaced().size());
      } finally {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
      }
    }
  }

  /** Waits until plain Lettuce has sent again what it sends again. */
  private static void settled() {
    String[] last = {""};
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions()
        .until(
            () -> {
              String now =
                  server.admin().text("INFO", "commandstats").replaceAll("cmdstat_info.*", "");
              boolean same = now.equals(last[0]);
              last[0] = now;
              return same;
            });
  }

  private static final String HEAD =
      """
      # Reliability

      <!-- Written by FaultMatrixTest: mvn -Plong -pl sdk -am test -Dtest=FaultMatrixTest -Dtenantredis.docs.write=true -Dsurefire.failIfNoSpecifiedTests=false -->

      What became of commands when something failed, and beside it the same with plain Lettuce. The table is written by a test,
      which fails when a row is not held; `mvn verify` runs a few rows of it, the command in the source of this page all of
      them.

      Two tenants work at full speed, three threads each: SET and GET of values that name their tenant, their key and a nonce,
      and, in turn, RPUSH, XADD, a script and INCR, each with an id, or a count, that is used once. One second of each fault is put
      in their way; the faults of single replies strike `acme` alone. Command timeout: 500 ms.

      A row is "held" when all of this is so:

      - Every acknowledged operation is there. None is there twice. None is there that was reported as not sent or as rejected. What is
        there without having been acknowledged was reported as outcome unknown.
      - Every reply was one that this very command can have had: the value last written to this key, or one whose fate is unknown, the
        id that the script was given, the next count. At `globex`, and after the fault, without exception.
      - Every failure was a typed one.
      - Afterwards all permits, connections and threads were back.

      "Misplaced" are replies that belonged to another command of the same tenant. Where a single reply is lost or doubled among others on
      its way, that is possible until the connection is proved the next time (`stepProbeInterval`, here 50 ms, by default 3 s): RESP does
      not number replies. In these two rows, and nowhere else, they are counted instead of failing the row. A reply of another tenant
      fails any row, and cannot be: a connection never changes its tenant.
      Replies that arrive together with a sign of being out of step are withheld; elements that a streaming output (reactive lists,
      `KeyStreamingChannel` and its kin) handed to the application before cannot be taken back.

      "Outcome unknown" counts writes alone. A script's error leaves it unknown whatever it says, as with MISCONF: what the script did before
      stays.

      p99 is `globex`'s while the fault lasted divided by its p99 just before, with the same load: it is what a small, busy machine
      measured once, and is not asserted. Faults of the whole server strike `globex`, too; refusals come faster than replies.

      The last column is plain Lettuce with its defaults on one connection: INCRs applied twice, ids applied twice, acknowledged ids that
      are not there, misplaced replies.

      `-Dtenantredis.faults=DROPPED,RESET_AFTER` runs the named rows of `Fault` only. `.ci/mutate` shows that the matrix can fail: it takes
      a protection out of a copy of the code and expects the matching rows to turn red.

      | Fault | Calls | Failed | Outcome unknown | Misplaced | Failed at globex | p99 ratio | Oracle | Plain Lettuce: INCR twice / ids twice / lost / misplaced |
      | --- | --- | --- | --- | --- | --- | --- | --- | --- |
      """;
}
