package io.tenantredis.test.server;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A proxy on the loopback interface between clients and a Redis server, that breaks the wire on
 * demand. It understands RESP2 and RESP3 in both directions and knows which reply belongs to which
 * command, so a fault strikes exactly the command it is meant for:
 *
 * <pre>{@code
 * try (WireProxy proxy = WireProxy.to(server)) {
 *   WireFault lost = proxy.onCommand("INCR").dropReply();
 *   // ... a client of proxy.port() sends INCR ...
 *   assertThat(lost.hits()).isEqualTo(1);
 *   assertThat(proxy.commandsSeen("INCR")).isEqualTo(1);
 * }
 * }</pre>
 *
 * <p>It also counts and records the commands that clients send, to show what was sent, in which
 * order, and that something was not.
 *
 * <p>The same seed, the same faults and the same commands in the same order give the same result.
 * Where several connections send at once their order is the network's, and a fault that depends on
 * it is not reproducible.
 *
 * <p>A connection that begins with a TLS handshake, or on which one side speaks something other
 * than RESP, is passed on as it is: its commands are not seen, and of the faults only those apply
 * that concern whole connections. {@code CLIENT REPLY OFF} and {@code SKIP} are not understood.
 * Commands and replies pass when they have arrived whole, up to 64 MiB each; a connection with a
 * larger one is reset.
 *
 * <p>One daemon thread serves all connections. A client whose server is not listening is accepted
 * and then reset.
 *
 * <p>Thread-safe. A method that changes something has done so when it returns. After {@link
 * #close()} the methods that change something throw {@link IllegalStateException}; the figures stay
 * readable.
 */
public final class WireProxy implements AutoCloseable {

  private static final int MAX_NAMES = 10_000;

  private final ProxyLoop loop;
  private final long seed;
  private final int maxRecorded;
  private final AtomicLong installed = new AtomicLong();
  private final CopyOnWriteArrayList<WireFault> faults = new CopyOnWriteArrayList<>();
  private final Map<String, LongAdder> seenByName = new ConcurrentHashMap<>();
  private final LongAdder seen = new LongAdder();
  private final ArrayDeque<SeenCommand> record = new ArrayDeque<>();

  private WireProxy(Builder options) {
    this.seed = options.seed;
    this.maxRecorded = options.maxRecorded;
    this.loop =
        new ProxyLoop(
            new InetSocketAddress(options.host, options.port), options.maxConnections, this::seen);
  }

  /** Opens a proxy to the server's plain port, with the defaults. */
  public static WireProxy to(RedisServer server) {
    return to(server.host(), server.port());
  }

  /** Opens a proxy to this address, with the defaults. */
  public static WireProxy to(String host, int port) {
    return builder(host, port).start();
  }

  /** Starts describing a proxy to this address. */
  public static Builder builder(String host, int port) {
    return new Builder(host, port);
  }

  /** Always {@code 127.0.0.1}. */
  public String host() {
    return "127.0.0.1";
  }

  /** The port that clients connect to. */
  public int port() {
    return loop.port();
  }

  /** {@code redis://127.0.0.1:port}. */
  public String uri() {
    return "redis://" + host() + ":" + port();
  }

  // --- faults of single commands ---

  /**
   * Puts a fault on a command.
   *
   * @param command its name and, if wanted, its first arguments, in upper or lower case: {@code
   *     INCR}, {@code ACL WHOAMI}, {@code GET tenant:acme:cart}
   */
  public WireFaultPoint onCommand(String command) {
    String[] words = command.trim().split("\\s+");
    if (words[0].isEmpty()) {
      throw new IllegalArgumentException("name a command, or use onAnyCommand()");
    }
    return onCommands(seenCommand -> seenCommand.startsWith(words));
  }

  /** Puts a fault on the next command, whatever it is. */
  public WireFaultPoint onAnyCommand() {
    return onCommands(any -> true);
  }

  /**
   * Puts a fault on the commands that the predicate accepts. It runs on the proxy's thread, once
   * for each command, and must not block; one that throws ends the proxy.
   */
  public WireFaultPoint onCommands(Predicate<SeenCommand> matcher) {
    return new WireFaultPoint(this, matcher);
  }

  // --- faults of the whole wire ---

  /**
   * From now on everything sent in either direction is lost. Connections stay open, and new ones
   * are accepted. Connections that lost something are reset by {@link #heal()}, for what follows
   * would make no sense.
   */
  public void blackHole() {
    loop.call(
        () -> {
          loop.blackHole(true);
          loop.refreshAll();
        });
  }

  /**
   * From now on nothing is read from either side: what is sent waits, first in the sockets'
   * buffers, then at the sender. Nothing is lost, and {@link #heal()} lets it pass.
   */
  public void stopReading() {
    loop.call(() -> loop.stoppedReading(true));
  }

  /** Lets pass again what {@link #stopReading()} holds back. Other faults stay. */
  public void resumeReading() {
    loop.call(() -> loop.stoppedReading(false));
  }

  /** From now on new connections are refused by the operating system. Existing ones stay. */
  public void refuseConnections() {
    loop.call(loop::refuseConnections);
  }

  /**
   * From now on every reply arrives later by this time.
   *
   * @param latency zero to end it
   */
  public void latency(Duration latency) {
    if (latency.isNegative()) {
      throw new IllegalArgumentException("latency must not be negative: " + latency);
    }
    loop.call(() -> loop.latencyNanos(latency.toNanos()));
  }

  /** Resets all connections that are open now. */
  public void resetConnections() {
    loop.call(() -> loop.links().forEach(ProxyLink::reset));
  }

  /** Ends all connections that are open now in good order, without waiting for replies. */
  public void closeConnections() {
    loop.call(() -> loop.links().forEach(ProxyLink::close));
  }

  /** Sends these bytes to every client that is connected now, between two replies. */
  public void inject(byte[] bytes) {
    byte[] copy = bytes.clone();
    loop.call(
        () -> {
          loop.links().forEach(link -> link.toClient(copy.clone()));
          loop.refreshAll();
        });
  }

  /**
   * Removes all faults: those of commands and those of the whole wire. Connections that have lost
   * something are reset; the other ones go on.
   */
  public void heal() {
    faults.clear();
    loop.call(
        () -> {
          loop.blackHole(false);
          loop.latencyNanos(0);
          loop.links().stream().filter(ProxyLink::hasLostBytes).forEach(ProxyLink::reset);
          loop.acceptConnections();
          loop.stoppedReading(false);
        });
  }

  // --- what was seen ---

  /** How many commands clients have sent. */
  public long commandsSeen() {
    return seen.sum();
  }

  /**
   * How many times clients have sent this command.
   *
   * @param command in upper or lower case, such as {@code GET}, {@code CLIENT} or {@code CLIENT
   *     SETNAME}
   */
  public long commandsSeen(String command) {
    LongAdder count = seenByName.get(command.toUpperCase(Locale.ROOT));
    return count == null ? 0 : count.sum();
  }

  /**
   * The last commands that clients sent, oldest first; 10,000 at most unless the builder said
   * otherwise.
   */
  public List<SeenCommand> commands() {
    synchronized (record) {
      return List.copyOf(record);
    }
  }

  /** Forgets the recorded commands and sets the counts of commands to zero. */
  public void clearCommands() {
    loop.call(
        () -> {
          seen.reset();
          seenByName.clear();
          synchronized (record) {
            record.clear();
          }
        });
  }

  /** How many connections clients have opened in all. */
  public long connectionsAccepted() {
    return loop.accepted();
  }

  /** How many connections are open now. */
  public int openConnections() {
    return loop.open();
  }

  /** Ends all connections and the proxy's thread. Closing again does nothing. */
  @Override
  public void close() {
    loop.end();
  }

  WireFault install(Function<Random, WireFault> fault) {
    WireFault made =
        fault.apply(new Random(seed + 0x9E3779B97F4A7C15L * installed.incrementAndGet()));
    // On the loop's thread, so that a fault's counters need no lock.
    loop.call(() -> faults.add(made));
    return made;
  }

  void remove(WireFault fault) {
    faults.remove(fault);
  }

  private @Nullable WireFault seen(SeenCommand command) {
    seen.increment();
    count(command.name());
    if (!command.fullName().equals(command.name())) {
      count(command.fullName());
    }
    if (maxRecorded > 0) {
      synchronized (record) {
        if (record.size() == maxRecorded) {
          record.removeFirst();
        }
        record.addLast(command);
      }
    }
    for (WireFault fault : faults) {
      if (fault.strikes(command)) {
        return fault;
      }
    }
    return null;
  }

  private void count(String name) {
    LongAdder count = seenByName.get(name);
    if (count == null && seenByName.size() < MAX_NAMES) {
      count = seenByName.computeIfAbsent(name, n -> new LongAdder());
    }
    if (count != null) {
      count.increment();
    }
  }

  /** Describes a proxy. Not thread-safe. */
  public static final class Builder {

    private final String host;
    private final int port;
    private long seed;
    private int maxRecorded = 10_000;
    private int maxConnections = 10_000;

    private Builder(String host, int port) {
      this.host = host;
      this.port = port;
    }

    /** Where the randomness of faults comes from. Default: 0. */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    /**
     * How many commands are recorded; the oldest are forgotten first. Default: 10,000.
     *
     * @param commands 0 to record none
     */
    public Builder recordAtMost(int commands) {
      if (commands < 0) {
        throw new IllegalArgumentException("commands must not be negative: " + commands);
      }
      this.maxRecorded = commands;
      return this;
    }

    /**
     * How many connections may be open at once; further ones are closed as soon as they are
     * accepted. Default: 10,000.
     *
     * @param connections from 1 up
     */
    public Builder maxConnections(int connections) {
      if (connections < 1) {
        throw new IllegalArgumentException("connections must be at least 1: " + connections);
      }
      this.maxConnections = connections;
      return this;
    }

    /** Opens the proxy on a free port. */
    public WireProxy start() {
      return new WireProxy(this);
    }
  }
}
