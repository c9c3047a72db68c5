package io.tenantredis.test;

import io.lettuce.core.RedisURI;
import io.tenantredis.test.server.RespConnection;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Sees every command that one server executes (MONITOR), with the user and the name of the
 * connection it came on. Knows nothing of the SDK.
 *
 * <p>Thread-safe. Ends with {@link #close()}.
 */
final class ServerWatch implements AutoCloseable {

  private static final int MOST_COMMANDS = 100_000;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** After these the connection may be somebody else's. */
  private static final Set<String> LOGINS = Set.of("AUTH", "HELLO", "RESET", "CLIENT");

  /** A command with what the server said of its connection. */
  record Sighting(MonitoredCommand command, String user, String connectionName, int phase) {}

  /** Who is behind an address. */
  private record Party(String user, String name) {}

  private static final Party UNKNOWN = new Party("", "");

  private final RespConnection monitor;
  private final RespConnection questions;
  private final Thread reader;
  private final List<Sighting> seen = new ArrayList<>();
  private final List<MonitoredCommand> ofScript = new ArrayList<>();
  private final Map<String, Party> parties = new HashMap<>();
  private final Map<String, CountDownLatch> awaited = new HashMap<>();
  private int phase;
  private boolean overflown;
  private volatile boolean closing;
  private volatile @Nullable RuntimeException failure;

  private ServerWatch(RespConnection monitor, RespConnection questions) {
    this.monitor = monitor;
    this.questions = questions;
    this.reader = new Thread(this::read, "tenant-redis-test-watch");
    reader.setDaemon(true);
  }

  static ServerWatch open(RedisURI administrator) {
    RespConnection questions = connect(administrator);
    RespConnection monitor = null;
    try {
      monitor = connect(administrator).timeout(Duration.ofDays(1));
      monitor.command("MONITOR");
      ServerWatch watch = new ServerWatch(monitor, questions);
      watch.reader.start();
      return watch;
    } catch (RuntimeException e) {
      questions.close();
      if (monitor != null) {
        monitor.close();
      }
      throw e;
    }
  }

  static RespConnection connect(RedisURI uri) {
    RespConnection connection;
    try {
      connection =
          uri.isSsl()
              ? RespConnection.connect(uri.getHost(), uri.getPort(), SSLContext.getDefault())
              : RespConnection.connect(uri.getHost(), uri.getPort());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has TLS", e);
    }
    boolean done = false;
    try {
      var credentials = uri.getCredentialsProvider().resolveCredentials().block(PATIENCE);
      if (credentials != null && credentials.hasPassword()) {
        String password = new String(credentials.getPassword());
        connection.auth(
            credentials.hasUsername() ? credentials.getUsername() : "default", password);
      }
      connection.command("CLIENT", "SETNAME", TestServer.FIXTURE);
      done = true;
      return connection;
    } finally {
      if (!done) {
        connection.close();
      }
    }
  }

  /** Another connection of the administrator's, for questions that nobody is to wait for. */
  RespConnection questions() {
    return questions;
  }

  private void read() {
    try {
      while (true) {
        if (monitor.receive() instanceof String line) {
          MonitoredCommand command = MonitoredCommand.parse(line);
          if (command != null) {
            take(command);
          }
        }
      }
    } catch (RuntimeException e) {
      if (!closing) {
        failure = e;
      }
    }
  }

  private void take(MonitoredCommand command) {
    if (command.isOfScript()) {
      // Commands of a script come before the call of the script itself, which says whose it is.
      synchronized (this) {
        ofScript.add(command);
      }
      return;
    }
    Party party = party(command);
    synchronized (this) {
      if (command.name().equals("ECHO") && command.args().size() == 2) {
        CountDownLatch latch = awaited.get(command.args().get(1));
        if (latch != null) {
          latch.countDown();
          phase++;
        }
      }
      if (party.name().equals(TestServer.FIXTURE)) {
        return;
      }
      ofScript.forEach(one -> add(new MonitoredCommand(command.address(), one.args()), party));
      ofScript.clear();
      add(command, party);
    }
  }

  private void add(MonitoredCommand command, Party party) {
    if (seen.size() == MOST_COMMANDS) {
      overflown = true;
    } else {
      seen.add(new Sighting(command, party.user(), party.name(), phase));
    }
  }

  private Party party(MonitoredCommand command) {
    Party known = parties.get(command.address());
    if (known == null || LOGINS.contains(command.name())) {
      parties.remove(command.address());
      readParties();
      known = parties.computeIfAbsent(command.address(), absent -> UNKNOWN);
    }
    return known;
  }

  private void readParties() {
    for (String line : questions.text("CLIENT", "LIST").split("\n", -1)) {
      Map<String, String> fields = new HashMap<>();
      for (String field : line.trim().split(" ", -1)) {
        int equals = field.indexOf('=');
        if (equals > 0) {
          fields.put(field.substring(0, equals), field.substring(equals + 1));
        }
      }
      parties.put(
          fields.getOrDefault("addr", ""),
          new Party(fields.getOrDefault("user", ""), fields.getOrDefault("name", "")));
    }
  }

  /**
   * Waits until everything that the server executed before this call has been seen. What comes
   * after belongs to the next phase.
   */
  void endPhase() {
    String boundary = "phase-" + RandomNames.next();
    CountDownLatch latch = new CountDownLatch(1);
    synchronized (this) {
      awaited.put(boundary, latch);
    }
    questions.command("ECHO", boundary);
    boolean ended = false;
    try {
      ended = latch.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    RuntimeException broken = failure;
    if (!ended || broken != null) {
      throw new IllegalStateException(
          "The server was not watched to the end: its MONITOR connection gives nothing.", broken);
    }
  }

  /** What was seen so far. */
  synchronized List<Sighting> seen() {
    if (overflown) {
      throw new IllegalStateException(
          "The server executed more than "
              + MOST_COMMANDS
              + " commands meanwhile, more than are kept: verify less at once.");
    }
    return List.copyOf(seen);
  }

  @Override
  public void close() {
    closing = true;
    monitor.close();
    questions.close();
    try {
      reader.join(PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
