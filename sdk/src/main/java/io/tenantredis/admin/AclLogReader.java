package io.tenantredis.admin;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.tenantredis.MetricsOptions;
import io.tenantredis.internal.metrics.AclLogMeters;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what servers deny, out of their ACL logs, as it happens. Changes nothing there, so that
 * others may read the same logs.
 *
 * <p>Each denial is reported once, however often the log is read and whether or not the server
 * restarted in between. A log holds only the latest {@code acllog-max-len} entries, 128 by default:
 * when more came between two polls, or the log was emptied, it is reported how many denials were
 * lost. Before Redis 7.2 that number comes from the server's counts of {@code NOPERM} and {@code
 * WRONGPASS}, which leave out scripts, and an entry is told from an earlier one by what it says.
 * After {@code CONFIG RESETSTAT} the denials lost since the poll before are not counted. The first
 * poll reports what is in the log; a reader that is started anew does so again, and counts what is
 * lost from there on.
 *
 * <p>The administrator's user needs {@code +acl|log +info +client|list}, and what finding the other
 * servers takes. Memory: the entries of one poll for each server, at most the configured number.
 *
 * <p>Thread-safe. Polling blocks, see {@link TenantRedisAdmin}; a started reader polls on a daemon
 * thread of its own, on which listeners are told.
 */
public final class AclLogReader implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger("io.tenantredis.acllog");

  private static final int ATTEMPTS = 3;

  private final AdminNodes nodes;
  private final Tenancy tenancy;
  private final List<AclLogListener> listeners;
  private final Duration interval;
  private final String most;
  private final Clock clock;
  private final LongSupplier nanoTime;
  private final AclLogMeters meters;
  private final Map<String, AclLogPosition> positions = new HashMap<>();
  private final Map<String, Long> readAt = new HashMap<>();
  private final Set<String> failing = new HashSet<>();
  private List<AdminNode> found = List.of();
  private @Nullable ScheduledExecutorService thread;

  private AclLogReader(Builder builder) {
    this.nodes = builder.nodes;
    this.tenancy = builder.tenancy;
    this.listeners = List.copyOf(builder.listeners);
    this.interval = builder.interval;
    this.most = Integer.toString(builder.maxEntries);
    this.clock = builder.clock;
    this.nanoTime = System::nanoTime;
    this.meters = new AclLogMeters(builder.meterRegistry, builder.metrics, nanoTime.getAsLong());
  }

  /**
   * Begins to poll at the interval. Does nothing if it already does.
   *
   * @return this reader
   */
  public synchronized AclLogReader start() {
    if (thread == null) {
      thread =
          Executors.newSingleThreadScheduledExecutor(
              task -> {
                Thread poller = new Thread(task, "tenant-redis-acl-log");
                poller.setDaemon(true);
                return poller;
              });
      thread.scheduleWithFixedDelay(this::pollSafely, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
    }
    return this;
  }

  private void pollSafely() {
    try {
      poll();
    } catch (RuntimeException failure) {
      LOG.error("ACL_LOG_POLL_FAILED Reading ACL logs failed and is tried again", failure);
    }
  }

  /**
   * Reads the logs of all servers once and tells the listeners. A server that cannot be read is
   * counted, logged when that begins and when it ends, and read again by the next poll; so is a
   * listener that fails, but what it was told is not told again.
   */
  public synchronized void poll() {
    try {
      found = nodes.all();
    } catch (AdminException unreachable) {
      failed(nodes.seed().address(), unreachable);
    }
    for (AdminNode node : found) {
      try {
        poll(node);
        if (failing.remove(node.address())) {
          LOG.info("ACL_LOG_READ_AGAIN The ACL log of {} can be read again", node.address());
        }
      } catch (AdminException unreadable) {
        failed(node.address(), unreadable);
      } catch (NumberFormatException malformed) {
        failed(
            node.address(),
            new AdminException(node.address() + " answered with a malformed number", malformed));
      }
    }
    Set<String> present = new HashSet<>();
    found.forEach(node -> present.add(node.address()));
    positions.keySet().retainAll(present);
    readAt.keySet().retainAll(present);
    meters.sweep(nanoTime.getAsLong());
  }

  private void failed(String node, AdminException failure) {
    meters.failed();
    if (failing.add(node)) {
      LOG.warn(
          "ACL_LOG_UNREADABLE The ACL log of {} cannot be read, which is tried again: {}",
          node,
          failure.getMessage());
    }
  }

  private void poll(AdminNode node) {
    AclLogSnapshot now = snapshot(node);
    AclLogPosition position =
        positions.computeIfAbsent(node.address(), address -> new AclLogPosition(address));
    AclLogPosition.Reading reading = position.advance(now);
    for (AclLogLoss loss : reading.losses()) {
      meters.lost(loss.denials().orElse(1));
      listeners.forEach(listener -> tell(() -> listener.lost(loss)));
    }
    Map<String, Map<String, String>> clients = reading.fresh().isEmpty() ? Map.of() : clients(node);
    Instant at = clock.instant();
    // The log begins with the latest.
    for (int i = reading.fresh().size() - 1; i >= 0; i--) {
      AclDenial denial = denial(node, reading.fresh().get(i), clients, at);
      meters.denied(
          denial.reason() == AclDenial.Reason.AUTH ? null : denial.tenant().orElse(null),
          denial.reason().name(),
          denial.count());
      listeners.forEach(listener -> tell(() -> listener.denied(denial)));
    }
    listeners.forEach(listener -> tell(() -> listener.polled(node.address())));
  }

  private void tell(Runnable news) {
    try {
      news.run();
    } catch (RuntimeException failure) {
      meters.failed();
      // What it says may hold the name of a key.
      LOG.error(
          "ACL_LOG_LISTENER_FAILED A listener to ACL logs failed with {}",
          failure.getClass().getName());
    }
  }

  /** The log, and what goes with it, of one and the same process of the server. */
  private AclLogSnapshot snapshot(AdminNode node) {
    for (int attempt = 1; ; attempt++) {
      Map<String, String> before = node.info("server", "stats", "errorstats");
      long started = nanoTime.getAsLong();
      List<AclLogEntry> entries = new ArrayList<>();
      for (Object entry : node.list("ACL", "LOG", most)) {
        if (entry instanceof List<?> fields) {
          entries.add(AclLogEntry.of(AdminNode.toMap(fields)));
        }
      }
      long ended = nanoTime.getAsLong();
      Map<String, String> after = node.info("server", "stats", "errorstats");
      String runId = before.getOrDefault("run_id", "");
      if (!runId.equals(after.getOrDefault("run_id", ""))) {
        if (attempt == ATTEMPTS) {
          throw new AdminException(node.address() + " restarts again and again");
        }
        continue;
      }
      Long last = readAt.put(node.address(), ended);
      return new AclLogSnapshot(
          runId,
          List.copyOf(entries),
          denials(before),
          denials(after),
          isCounted(after),
          last == null ? 0 : (started - last) / 1e9);
    }
  }

  private static boolean isCounted(Map<String, String> info) {
    return info.containsKey("acl_access_denied_cmd");
  }

  private static long denials(Map<String, String> info) {
    long total = 0;
    for (Map.Entry<String, String> field : info.entrySet()) {
      if (isCounted(info)) {
        if (field.getKey().startsWith("acl_access_denied_")) {
          total += Long.parseLong(field.getValue());
        }
      } else if (field.getKey().equals("errorstat_NOPERM")
          || field.getKey().equals("errorstat_WRONGPASS")) {
        total += Long.parseLong(field.getValue().replaceFirst("^count=", ""));
      }
    }
    return total;
  }

  private static Map<String, Map<String, String>> clients(AdminNode node) {
    Map<String, Map<String, String>> clients = new HashMap<>();
    node.text("CLIENT", "LIST")
        .lines()
        .map(AclLogEntry::clientFields)
        .forEach(fields -> clients.put(fields.getOrDefault("id", ""), fields));
    return clients;
  }

  private AclDenial denial(
      AdminNode node,
      AclLogPosition.Fresh fresh,
      Map<String, Map<String, String>> clients,
      Instant at) {
    AclLogEntry entry = fresh.entry();
    return new AclDenial(
        node.address(),
        entry.id() == null ? OptionalLong.empty() : OptionalLong.of(entry.id()),
        entry.denialReason(),
        entry.context(),
        entry.object(),
        entry.user(),
        tenancy.tenantOf(entry.user()),
        fresh.count(),
        at.minusMillis(Math.round(entry.ageSeconds() * 1000)),
        client(entry, clients));
  }

  private static AclLogClient client(AclLogEntry entry, Map<String, Map<String, String>> clients) {
    Map<String, String> logged = AclLogEntry.clientFields(entry.clientInfo());
    Map<String, String> current = clients.get(logged.getOrDefault("id", ""));
    Map<String, String> seen = new HashMap<>(logged);
    if (current != null) {
      // It may have named its library after it was denied something.
      seen.putAll(current);
    }
    return new AclLogClient(
        Long.parseLong(logged.getOrDefault("id", "0")),
        logged.getOrDefault("addr", ""),
        seen.getOrDefault("name", ""),
        seen.getOrDefault("lib-name", ""),
        seen.getOrDefault("lib-ver", ""),
        current == null ? null : current.get("user"));
  }

  /** Polls no more. Does not wait for a poll that is under way. */
  @Override
  public void close() {
    ScheduledExecutorService running;
    synchronized (this) {
      running = thread;
      thread = null;
      meters.close();
    }
    if (running != null) {
      running.shutdownNow();
    }
  }

  /** Describes a reader. Not thread-safe. */
  public static final class Builder {

    private final AdminNodes nodes;
    private final Tenancy tenancy;
    private final List<AclLogListener> listeners = new ArrayList<>();
    private final Clock clock;
    private Duration interval = Duration.ofSeconds(5);
    private int maxEntries = 10_000;
    private MeterRegistry meterRegistry = new CompositeMeterRegistry();
    private MetricsOptions metrics = MetricsOptions.builder().build();

    Builder(AdminNodes nodes, Tenancy tenancy, Clock clock) {
      this.nodes = nodes;
      this.tenancy = tenancy;
      this.clock = clock;
    }

    /**
     * Adds a listener. Default: none.
     *
     * @param listener the listener
     * @return this builder
     */
    public Builder listener(AclLogListener listener) {
      listeners.add(Objects.requireNonNull(listener, "listener"));
      return this;
    }

    /**
     * How long to wait between two polls. Default: 5 seconds.
     *
     * @param interval at least 10 milliseconds
     * @return this builder
     * @throws IllegalArgumentException if it is shorter
     */
    public Builder interval(Duration interval) {
      if (interval.toMillis() < 10) {
        throw new IllegalArgumentException(
            "The interval must be at least 10 milliseconds: " + interval);
      }
      this.interval = interval;
      return this;
    }

    /**
     * How many entries of each log are read, and remembered, at most. Should be no less than the
     * servers' {@code acllog-max-len}. Default: 10,000.
     *
     * @param entries 1 to 1,000,000
     * @return this builder
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder maxEntries(int entries) {
      if (entries < 1 || entries > 1_000_000) {
        throw new IllegalArgumentException("maxEntries must be 1 to 1,000,000: " + entries);
      }
      this.maxEntries = entries;
      return this;
    }

    /**
     * Where denials, losses and failed polls are counted; METRICS.md lists the meters. Logins count
     * under no tenant, for anybody can try any name. Default: nowhere.
     *
     * @param registry the registry
     * @return this builder
     */
    public Builder meterRegistry(MeterRegistry registry) {
      this.meterRegistry = Objects.requireNonNull(registry, "registry");
      return this;
    }

    /**
     * The name in metrics and which tenants are tagged there. Default: those of {@link
     * MetricsOptions.Builder}.
     *
     * @param options the options
     * @return this builder
     */
    public Builder metrics(MetricsOptions options) {
      this.metrics = Objects.requireNonNull(options, "options");
      return this;
    }

    /**
     * The reader, which does nothing until it is started or asked to poll.
     *
     * @return the reader, to be closed before the administrator's access
     */
    public AclLogReader build() {
      return new AclLogReader(this);
    }
  }
}
