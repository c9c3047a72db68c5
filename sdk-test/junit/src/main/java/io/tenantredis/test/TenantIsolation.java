package io.tenantredis.test;

import io.lettuce.core.api.sync.RedisCommands;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantId;
import io.tenantredis.context.TenantContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Runs a team's own code as two tenants and fails with a report of everything that crossed.
 *
 * <pre>{@code
 * TenantIsolation.verify(tenants, run -> {
 *   carts.add(run.tenant(), "7", run.mark("espresso"));
 *   return carts.items(run.tenant(), "7");
 * });
 * }</pre>
 *
 * <p>The code runs as one tenant alone, then as another one alone, then as both at once. Meanwhile
 * the server is watched by somebody who knows nothing of the SDK (MONITOR, ACL LOG, and the keys
 * before and after), and has canaries in it: keys of a third tenant and of nobody. Reported are
 *
 * <ul>
 *   <li>a command that names a key or channel which is not that of the user of its connection, and
 *       one that has another tenant's mark among its arguments;
 *   <li>a command on a connection of the tenant whose code was <i>not</i> running, as of a service
 *       that keeps the client of the first tenant it saw;
 *   <li>a command with a key on a connection that is no tenant's, such as an administrator's;
 *   <li>a command that reaches the whole server, such as {@code FLUSHALL} or {@code SCAN} without
 *       the tenant's prefix;
 *   <li>what the code returns, or stores, if somebody else's mark or a canary is in it: strings,
 *       bytes, collections, maps, arrays, optionals, and whatever {@code toString()} shows;
 *   <li>a canary that changed, and a new key outside of both tenants;
 *   <li>what the server refused the tenants' users, because it was not theirs.
 * </ul>
 *
 * <p>The code must end what it began before it returns. What runs later is taken for the work of
 * the tenant after it. Not seen are commands that a replica answers, and what other clients do with
 * the code's data later. On a server that others use, too, their connections are reported if they
 * are neither those of a test of this fixture nor those of a tenant.
 *
 * <p>Immutable and thread-safe; a verification blocks until the code has ended in all its runs.
 */
public final class TenantIsolation {

  /** The code to verify. Called on threads of its own, by two at once in the end. */
  @FunctionalInterface
  public interface Code {

    /**
     * Does something as one tenant.
     *
     * @param run which tenant
     * @return what the tenant's user would be answered; null if nothing
     * @throws Exception fails the verification
     */
    @Nullable Object run(TenantRun run) throws Exception;
  }

  private static final int MOST_ROUNDS = 10_000;

  private final TestTenants tenants;
  private final int rounds;
  private final Duration timeout;
  private final List<String> shared;

  private TenantIsolation(TestTenants tenants, int rounds, Duration timeout, List<String> shared) {
    this.tenants = tenants;
    this.rounds = rounds;
    this.timeout = timeout;
    this.shared = shared;
  }

  /**
   * Verifies with the defaults.
   *
   * @param tenants those of the test, of which the code has its client or URL
   * @param code what to run
   * @return the report, in which nothing crossed
   * @throws AssertionError with the report if something crossed, with the cause if the code failed,
   *     and if the server saw no command of the code, of which nothing is known then
   */
  public static IsolationReport verify(TestTenants tenants, Code code) {
    return of(tenants).verify(code);
  }

  /**
   * Begins a verification: 10 runs at once, each within 30 seconds, and nothing that tenants share.
   *
   * @param tenants those of the test, of which the code has its client or URL
   * @return a verification
   */
  public static TenantIsolation of(TestTenants tenants) {
    return new TenantIsolation(tenants, 10, Duration.ofSeconds(30), List.of());
  }

  /**
   * How many times both tenants run at once. Default: 10.
   *
   * @param number from 1 to 10,000
   * @return a verification
   */
  public TenantIsolation rounds(int number) {
    if (number < 1 || number > MOST_ROUNDS) {
      throw new IllegalArgumentException("rounds must be from 1 to " + MOST_ROUNDS + ": " + number);
    }
    return new TenantIsolation(tenants, number, timeout, shared);
  }

  /**
   * How long one run may take. Default: 30 seconds.
   *
   * @param limit more than zero
   * @return a verification
   */
  public TenantIsolation timeout(Duration limit) {
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException("timeout must be positive: " + limit);
    }
    return new TenantIsolation(tenants, rounds, limit, shared);
  }

  /**
   * Names that are nobody's and may be used by everybody, such as configuration that a connection
   * without a tenant reads. Default: none.
   *
   * @param glob a whole name, where {@code *} stands for any characters, also none, and {@code ?}
   *     for one
   * @return a verification
   */
  public TenantIsolation sharing(String glob) {
    List<String> more = new ArrayList<>(shared);
    more.add(Objects.requireNonNull(glob, "glob"));
    return new TenantIsolation(tenants, rounds, timeout, List.copyOf(more));
  }

  /**
   * Runs the code, and fails if something crossed.
   *
   * @param code what to run
   * @return the report, in which nothing crossed
   * @throws AssertionError with the report if something crossed, with the cause if the code failed,
   *     and if the server saw no command of the code, of which nothing is known then
   */
  public IsolationReport verify(Code code) {
    IsolationReport report = inspect(code);
    if (!report.passed()) {
      throw new AssertionError(report.toString());
    }
    if (report.commands() == 0) {
      throw new AssertionError(
          "Nothing was verified: the server saw no command of the code. Give it the clients or the"
              + " URL of this test's tenants; it may use another server, or none.");
    }
    return report;
  }

  /**
   * Runs the code, and reports.
   *
   * @param code what to run
   * @return the report, whether or not something crossed
   * @throws AssertionError with the cause if the code failed
   */
  public IsolationReport inspect(Code code) {
    String id = RandomNames.next();
    Party first = new Party(tenants.redis().tenant("first-" + id), "m" + RandomNames.next());
    Party second = new Party(tenants.redis().tenant("second-" + id), "m" + RandomNames.next());
    TestServer server = tenants.server();
    RedisCommands<String, String> administrator = server.masters().get(0).sync();
    IsolationEvidence evidence =
        new IsolationEvidence(
            tenants.name(),
            tenants.tenancy(),
            List.of(first.identity(), second.identity()),
            new SharedNames(shared));
    ExecutorService threads = Executors.newFixedThreadPool(2, TenantIsolation::thread);
    try (Canaries canaries =
            Canaries.plant(
                administrator,
                new String(
                    tenants.tenancy().prefixOf(TenantId.of("first-" + id + "x")).bytes(),
                    StandardCharsets.UTF_8));
        ServerWatch watch = ServerWatch.open(server.servers().masters().get(0))) {
      evidence.before(administrator, canaries);
      @Nullable AssertionError failure = null;
      try {
        watch.endPhase();
        alone(code, first, threads, evidence);
        watch.endPhase();
        alone(code, second, threads, evidence);
        watch.endPhase();
        together(code, List.of(first, second), threads, evidence);
      } catch (AssertionError failed) {
        failure = failed;
      }
      watch.endPhase();
      evidence.after(administrator, canaries, watch);
      IsolationReport report = evidence.report();
      if (failure != null) {
        throw report.passed()
            ? failure
            : new AssertionError(failure.getMessage() + "\n" + report, failure.getCause());
      }
      return report;
    } finally {
      threads.shutdownNow();
    }
  }

  private void alone(Code code, Party party, ExecutorService threads, IsolationEvidence evidence) {
    String phase = "as " + party.client().tenant() + " alone";
    await(phase, List.of(threads.submit(run(code, party, 0, phase, evidence))));
  }

  private void together(
      Code code, List<Party> parties, ExecutorService threads, IsolationEvidence evidence) {
    String phase = "as both at once";
    CyclicBarrier start = new CyclicBarrier(parties.size());
    for (int round = 1; round <= rounds; round++) {
      List<Future<@Nullable Void>> runs = new ArrayList<>();
      for (Party party : parties) {
        Callable<@Nullable Void> run = run(code, party, round, phase, evidence);
        runs.add(
            threads.submit(
                () -> {
                  start.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
                  return run.call();
                }));
      }
      await(phase, runs);
    }
  }

  private static Callable<@Nullable Void> run(
      Code code, Party party, int round, String phase, IsolationEvidence evidence) {
    return () -> {
      TenantId tenant = party.client().tenant();
      try (TenantContext.Scope scope = TenantContext.open(tenant)) {
        Object reply = code.run(new TenantRun(party.client(), party.mark(), round));
        evidence.reply(phase, party.identity(), reply);
      }
      return null;
    };
  }

  private void await(String phase, List<Future<@Nullable Void>> runs) {
    for (Future<@Nullable Void> run : runs) {
      try {
        run.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
      } catch (ExecutionException e) {
        throw new AssertionError("The code failed " + phase + ": " + e.getCause(), e.getCause());
      } catch (TimeoutException e) {
        runs.forEach(other -> other.cancel(true));
        throw new AssertionError(
            "The code did not end within " + timeout.toMillis() + " ms " + phase + ".", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("Interrupted while the code ran " + phase + ".", e);
      }
    }
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "tenant-redis-test-isolation");
    thread.setDaemon(true);
    return thread;
  }

  private record Party(TenantClient<String, String> client, String mark) {

    IsolationEvidence.Identity identity() {
      return new IsolationEvidence.Identity(
          client.tenant(), new String(client.keyPrefix().bytes(), StandardCharsets.UTF_8), mark);
    }
  }
}
