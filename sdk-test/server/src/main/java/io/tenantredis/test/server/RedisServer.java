package io.tenantredis.test.server;

import io.tenantredis.test.server.ConfigFile.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real Redis (or Valkey) process on a free loopback port, for one test or many.
 *
 * <p>The binary is, in this order: {@link Builder#binary(Path)}; the system property {@code
 * tenantredis.server.binary}; the environment variable {@code TENANTREDIS_SERVER_BINARY}; the Redis
 * 7.0.15 inside {@code org.signal:embedded-redis} for Linux and macOS on x86-64 and arm64,
 * extracted once per user to {@code ~/.cache/tenant-redis} (macOS: {@code ~/Library/Caches}; system
 * property {@code tenantredis.server.cache} for another place). A binary must be version 7.0 or
 * newer, and a wrapper script must {@code exec} it. On Windows and where there is no embedded
 * binary, starting throws {@link UnsupportedOperationException} with the alternatives.
 *
 * <p>Starting returns when the server answers commands; no sleeping is involved. The server listens
 * on 127.0.0.1 only, with its own temporary directory, without RDB snapshots, without AOF unless
 * asked, and with {@code DEBUG} enabled.
 *
 * <p>{@link #close()} kills the process and removes its directory. The same happens when the JVM
 * ends, also by {@code kill -9}: a small shell watches for the end of the JVM.
 *
 * <p>Thread-safe. All methods block until what they promise has happened, and fail with {@link
 * RedisServerException} when it does not, or {@link IllegalStateException} when the server is not
 * in a state for it.
 */
public final class RedisServer implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(RedisServer.class);

  private static final String HOST = "127.0.0.1";
  private static final int PORT_ATTEMPTS = 20;
  private static final int LOADING_FILLERS = 1000;
  private static final String LOADING_FILLER = "tenant-redis-test:loading:";
  private static final int LOADING_INTERVAL_BYTES = 1024;
  private static final Duration POLL = Duration.ofMillis(2);
  private static final Duration READINESS_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration TERMINATION_TIMEOUT = Duration.ofSeconds(5);

  private final ServerOptions options;
  private final Path binary;
  private final Administrator administrator;
  private final ScratchDirectory directory;
  private final ServerLog output;

  private Addresses addresses;
  private @Nullable ServerProcess process;
  private @Nullable RespConnection admin;
  private @Nullable ServerInfo info;
  private boolean frozen;
  private boolean closed;

  private RedisServer(ServerOptions options) {
    this.options = options;
    this.binary =
        options.binary != null
            ? ServerBinary.executable(options.binary, "binary(...)")
            : ServerBinary.ofThisJvm().resolve();
    this.addresses = Addresses.propose(options);
    this.directory = ScratchDirectory.create();
    this.output = new ServerLog(directory.path().resolve("server.log"));
    this.administrator = options.chooseAdministrator();
    options.writeUsers(directory.path().resolve("users.acl"));
    LiveServers.add(this);
  }

  /** Starts a server with the defaults: no password, no TLS, nothing persisted. */
  public static RedisServer start() {
    return builder().start();
  }

  /** Starts describing a server. */
  public static Builder builder() {
    return new Builder();
  }

  /** Always {@code 127.0.0.1}. */
  public String host() {
    return HOST;
  }

  /** The TCP port; the same through all restarts. */
  public synchronized int port() {
    return addresses.port();
  }

  /** {@code redis://127.0.0.1:port}, without credentials. */
  public String uri() {
    return "redis://" + HOST + ":" + port();
  }

  /**
   * The port that speaks TLS; the same through all restarts.
   *
   * @throws IllegalStateException when the server was not built with TLS
   */
  public synchronized int tlsPort() {
    if (addresses.tlsPort() == 0) {
      throw new IllegalStateException("the server has no TLS: build it with tls()");
    }
    return addresses.tlsPort();
  }

  /**
   * {@code rediss://127.0.0.1:tlsPort}, without credentials.
   *
   * @throws IllegalStateException when the server was not built with TLS
   */
  public String tlsUri() {
    return "rediss://" + HOST + ":" + tlsPort();
  }

  /**
   * The certificates the server was built with.
   *
   * @throws IllegalStateException when the server was not built with TLS
   */
  public TestCertificates certificates() {
    if (options.certificates == null) {
      throw new IllegalStateException("the server has no TLS: build it with tls()");
    }
    return options.certificates;
  }

  /**
   * Presents another certificate to clients that connect from now on, until the server is
   * restarted.
   *
   * @throws IllegalStateException when the server was not built with TLS, or is not running
   */
  public void presentCertificate(TestCertificates.Identity identity) {
    tlsPort();
    admin()
        .command(
            "CONFIG",
            "SET",
            "tls-cert-file",
            identity.certificatePem().toString(),
            "tls-key-file",
            identity.keyPem().toString());
  }

  /**
   * The process id of the current run.
   *
   * @throws IllegalStateException when the server is not running
   */
  public synchronized long pid() {
    return running().pid();
  }

  /** Whether the server's process exists. A frozen server does. */
  public synchronized boolean isRunning() {
    return process != null && process.isAlive();
  }

  /** Flavour and version of the server, as of the last start. */
  public synchronized ServerVersion version() {
    if (info == null) {
      throw new IllegalStateException("the server has never answered");
    }
    return ServerVersion.of(info);
  }

  /** The server's own directory, with its configuration and data. */
  public Path directory() {
    return directory.path();
  }

  /** The end of what the server printed since it was last started, 16 KiB at most. */
  public String log() {
    return output.tail();
  }

  /**
   * The administrator's connection, open since the server was started; it may do everything. It
   * belongs to the server and is the same one every time, except that a new one is opened when the
   * last one has failed. When the server has ended the connection, as by {@code CLIENT KILL} or a
   * failover, the next command on it fails, and the one after that has a new connection.
   */
  public synchronized RespConnection admin() {
    if (admin == null || !admin.isOpen()) {
      running();
      admin = authenticate(connect());
    }
    return admin;
  }

  /** The address that other servers of a topology use: with TLS, if the server has it. */
  synchronized int peerPort() {
    return options.hasTls() ? addresses.tlsPort() : addresses.port();
  }

  synchronized int busPort() {
    return addresses.busPort();
  }

  Administrator administrator() {
    return administrator;
  }

  /** The states of trouble that this server can be put into. */
  public ServerFaults faults() {
    return new ServerFaults(this);
  }

  /** Opens another connection of the administrator's; the caller closes it. */
  public RespConnection connectAsAdministrator() {
    return authenticate(connect());
  }

  /** Opens a connection that has sent nothing yet; the caller closes it. */
  public RespConnection connect() {
    return RespConnection.connect(HOST, port());
  }

  /**
   * Opens a connection to the TLS port that has sent nothing yet; the caller closes it.
   *
   * @throws UncheckedIOException when the handshake fails
   */
  public RespConnection connectTls(SSLContext context) {
    return RespConnection.connect(HOST, tlsPort(), context);
  }

  /**
   * Opens a connection and authenticates it; the caller closes it.
   *
   * @throws RespErrorException when the server refuses
   */
  public RespConnection connect(String user, String password) {
    RespConnection connection = connect();
    try {
      return connection.auth(user, password);
    } catch (RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Kills the process with SIGKILL. Nothing is saved or flushed. {@link #restart()} brings the
   * server back.
   */
  public synchronized void kill9() {
    running().kill();
    forgetRun();
  }

  /**
   * Ends the process in good order (SIGTERM): an AOF is complete. A frozen server, or one that has
   * not ended after 5 seconds, is killed. Stopping a server that is not running does nothing.
   * {@link #restart()} brings the server back.
   */
  public synchronized void stop() {
    if (!isRunning()) {
      return;
    }
    ServerProcess current = running();
    if (!frozen) {
      current.terminate();
    }
    if (frozen || !current.awaitExit(TERMINATION_TIMEOUT)) {
      current.kill();
    }
    forgetRun();
  }

  /**
   * Suspends the process (SIGSTOP): connections stay open and are accepted, but nothing is
   * answered.
   */
  public synchronized void freeze() {
    running().stop();
    frozen = true;
  }

  /** Lets a frozen process go on (SIGCONT). Thawing a server that is not frozen does nothing. */
  public synchronized void thaw() {
    if (frozen) {
      running().resume();
      frozen = false;
    }
  }

  /**
   * Freezes the server now and thaws it after this time, unless it was thawed, killed or restarted
   * before.
   *
   * @return completes when the server has been thawed
   */
  public CompletableFuture<Void> freeze(Duration duration) {
    ServerProcess run;
    synchronized (this) {
      freeze();
      run = running();
    }
    return CompletableFuture.runAsync(
        () -> {
          synchronized (this) {
            if (process == run && run.isAlive()) {
              thaw();
            }
          }
        },
        CompletableFuture.delayedExecutor(duration.toNanos(), TimeUnit.NANOSECONDS));
  }

  /**
   * Stops the server if it runs, and starts it again on the same port. Data survives with {@link
   * Builder#appendOnly()}; ACL users and settings are those of the builder, unless {@code ACL SAVE}
   * or {@code CONFIG REWRITE} stored others.
   */
  public synchronized void restart() {
    if (closed) {
      throw new IllegalStateException("the server is closed");
    }
    stop();
    startAgain(List.of(), false);
  }

  /**
   * Restarts with all data, and with so much delay in loading it that it takes this long; returns
   * while loading.
   *
   * <p>The delay is the server's own, one for each key. Keys to delay for are added that have
   * expired when they are loaded and so are never seen; each is larger than the interval of bytes
   * after which a loading server looks at its clients.
   */
  synchronized void restartLoading(Duration atLeast) {
    RespConnection connection = admin();
    boolean aof =
        new ServerInfo(connection.text("INFO", "persistence")).get("aof_enabled").equals("1");
    connection.command("DEBUG", "SET-ACTIVE-EXPIRE", "0");
    String value = "x".repeat(LOADING_INTERVAL_BYTES * 2);
    List<String[]> fillers = new ArrayList<>();
    for (int i = 0; i < LOADING_FILLERS; i++) {
      fillers.add(new String[] {"SET", LOADING_FILLER + i, value, "PX", "1"});
    }
    connection.command("CONFIG", "SET", "rdbcompression", "no");
    connection.pipeline(fillers);
    if (aof) {
      connection.command("BGREWRITEAOF");
      Await.until(
          "the AOF is rewritten",
          options.startTimeout,
          () -> {
            ServerInfo state = new ServerInfo(connection.text("INFO", "persistence"));
            return state.get("aof_rewrite_in_progress").equals("0")
                && state.get("aof_rewrite_scheduled").equals("0");
          });
    } else {
      connection.command("SAVE");
    }
    kill9();
    long delayMicros = Math.max(1, atLeast.toNanos() / 1000 / LOADING_FILLERS);
    startAgain(
        List.of(
            "--key-load-delay",
            Long.toString(delayMicros),
            "--loading-process-events-interval-bytes",
            Integer.toString(LOADING_INTERVAL_BYTES)),
        true);
    if (!aof) {
      deleteSnapshot();
    }
  }

  /** The server has it open; it must not be there when a later start looks for data. */
  private void deleteSnapshot() {
    try {
      Files.deleteIfExists(directory().resolve("dump.rdb"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void awaitLoaded() {
    Await.until(
        "the data is loaded",
        options.startTimeout,
        () -> new ServerInfo(admin().text("INFO", "persistence")).get("loading").equals("0"));
    // An AOF is loaded with its expired keys; a look at them removes them at once.
    admin()
        .pipeline(
            IntStream.range(0, LOADING_FILLERS)
                .mapToObj(i -> new String[] {"EXISTS", LOADING_FILLER + i})
                .toList());
  }

  private void startAgain(List<String> arguments, boolean loadingIsReady) {
    long deadline = deadline();
    while (true) {
      try {
        run(arguments, loadingIsReady, deadline);
        return;
      } catch (PortTakenException e) {
        if (System.nanoTime() - deadline > 0) {
          throw new RedisServerException(
              "port " + addresses.port() + " was taken by another process: " + e.getMessage(), e);
        }
      }
    }
  }

  /** Kills the process and removes its directory. Closing again does nothing. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    LiveServers.remove(this);
    if (process != null && process.isAlive()) {
      process.kill();
    }
    forgetRun();
    directory.close();
  }

  /** For example {@code redis 7.0.15 at 127.0.0.1:17001}. */
  @Override
  public synchronized String toString() {
    return (info == null ? "redis" : version())
        + " at "
        + HOST
        + ":"
        + addresses.port()
        + (isRunning() ? "" : " (not running)");
  }

  private synchronized void startFirst() {
    long deadline = deadline();
    for (int attempt = 1; ; attempt++) {
      options.writeConfiguration(configuration(), directory.path(), addresses);
      try {
        run(List.of(), false, deadline);
        return;
      } catch (PortTakenException e) {
        if (options.port != 0 || attempt == PORT_ATTEMPTS) {
          throw new RedisServerException("port " + addresses.port() + " is taken", e);
        }
        addresses = Addresses.propose(options);
      }
    }
  }

  private void run(List<String> arguments, boolean loadingIsReady, long deadline)
      throws PortTakenException {
    output.beginRun();
    List<String> command = options.command(binary, configuration());
    command.addAll(arguments);
    ServerProcess started = ServerProcess.launch(command, directory, output.file());
    process = started;
    boolean ready = false;
    try {
      awaitReady(started, loadingIsReady, deadline);
      ready = true;
    } finally {
      if (!ready) {
        started.kill();
        forgetRun();
      }
    }
    log.debug("started {} as process {}", this, started.pid());
  }

  private void awaitReady(ServerProcess started, boolean loadingIsReady, long deadline)
      throws PortTakenException {
    while (true) {
      RespConnection connection = null;
      boolean ready = false;
      try {
        connection = authenticate(connect().timeout(READINESS_TIMEOUT));
        ServerInfo answer = new ServerInfo(connection.text("INFO"));
        refuseForeign(answer, started);
        ready = loadingIsReady || !answer.get("loading").equals("1");
        if (ready) {
          info = answer;
          admin = connection.timeout(RespConnection.DEFAULT_TIMEOUT);
          return;
        }
      } catch (UncheckedIOException notYet) {
        log.trace("not yet listening", notYet);
      } catch (RespErrorException e) {
        if (!started.awaitExit(Duration.ofMillis(200))) {
          throw new RedisServerException(
              "the server refuses its administrator: " + e.getMessage(), e);
        }
      } finally {
        if (!ready && connection != null) {
          connection.close();
        }
      }
      if (started.awaitExit(POLL)) {
        throw startFailure(started);
      }
      if (System.nanoTime() - deadline > 0) {
        throw new RedisServerException(
            "the server was not ready after "
                + options.startTimeout.toMillis()
                + " ms; its log ends with:\n"
                + log());
      }
    }
  }

  private void refuseForeign(ServerInfo answer, ServerProcess started) throws PortTakenException {
    if (!answer.get("config_file").equals(configuration().toString())) {
      throw new PortTakenException("another server answers on port " + addresses.port());
    }
    if (!answer.get("process_id").equals(Long.toString(started.pid()))) {
      throw new RedisServerException(
          binary + " is a wrapper that does not exec the server: add 'exec' to it");
    }
  }

  private RuntimeException startFailure(ServerProcess ended) throws PortTakenException {
    String tail = log();
    if (tail.contains("Failed listening on port") || tail.contains("Address already in use")) {
      throw new PortTakenException(tail);
    }
    return new RedisServerException(
        "the server ended while starting, with status "
            + ended.exitStatus()
            + "; its log ends with:\n"
            + tail);
  }

  private RespConnection authenticate(RespConnection connection) {
    boolean done = false;
    try {
      if (administrator.password() != null) {
        connection.auth(administrator.user(), administrator.password());
      }
      done = true;
      return connection;
    } finally {
      if (!done) {
        connection.close();
      }
    }
  }

  private ServerProcess running() {
    if (process == null || !process.isAlive()) {
      throw new IllegalStateException(
          closed ? "the server is closed" : "the server is not running: restart() it");
    }
    return process;
  }

  private void forgetRun() {
    if (admin != null) {
      admin.close();
      admin = null;
    }
    process = null;
    frozen = false;
  }

  private long deadline() {
    return System.nanoTime() + options.startTimeout.toNanos();
  }

  private Path configuration() {
    return directory.path().resolve("redis.conf");
  }

  /** Somebody else listens on the port that was proposed. */
  private static final class PortTakenException extends Exception {
    private static final long serialVersionUID = 1L;

    PortTakenException(String message) {
      super(message);
    }
  }

  /** Describes a server. Not thread-safe. May start any number of servers. */
  public static final class Builder {

    private static final Map<String, String> NOT_SETTINGS =
        Map.ofEntries(
            Map.entry("port", "port(int)"),
            Map.entry("requirepass", "requirePass(String)"),
            Map.entry("user", "user(String, String...)"),
            Map.entry("aclfile", "user(String, String...)"),
            Map.entry("appendonly", "appendOnly()"),
            Map.entry("tls-port", "tls()"),
            Map.entry("tls-cert-file", "tls(TestCertificates, Identity)"),
            Map.entry("tls-key-file", "tls(TestCertificates, Identity)"),
            Map.entry("tls-ca-cert-file", "tls(TestCertificates, Identity)"),
            Map.entry("tls-auth-clients", "requireClientCertificate()"),
            Map.entry("bind", "nothing: the server listens on 127.0.0.1 only"),
            Map.entry("dir", "directory() of the started server"),
            Map.entry("logfile", "log() of the started server"),
            Map.entry("daemonize", "nothing: the server is a child process of the JVM"),
            Map.entry("include", "setting(...) for each line"));

    private final ServerOptions options;

    private Builder() {
      this(new ServerOptions());
    }

    private Builder(ServerOptions options) {
      this.options = options;
    }

    /**
     * Adds a line to the server's redis.conf, after the defaults of this class.
     *
     * @param name for example {@code maxmemory}
     * @param values one string for each argument, unquoted
     * @throws IllegalArgumentException for a setting that this class controls; the message names
     *     what to use
     */
    public Builder setting(String name, String... values) {
      String instead = NOT_SETTINGS.get(name.toLowerCase(Locale.ROOT));
      if (instead != null) {
        throw new IllegalArgumentException("not " + name + " as a setting; use " + instead);
      }
      if (!name.matches("[A-Za-z0-9-]+")) {
        throw new IllegalArgumentException("not the name of a setting: " + name);
      }
      options.settings.add(new Setting(name, List.of(values)));
      return this;
    }

    /**
     * Adds an ACL user, or replaces the one of that name.
     *
     * @param name without white space; {@code default} is who a client is before it authenticates
     * @param rules as for {@code ACL SETUSER}, one string each, starting from a user that may do
     *     nothing
     */
    public Builder user(String name, String... rules) {
      new AclFile().user(name, List.of(rules));
      options.users.put(name, List.of(rules));
      return this;
    }

    /** The password of the {@code default} user, who may do everything. */
    public Builder requirePass(String password) {
      options.requirePass = Objects.requireNonNull(password, "password");
      return this;
    }

    /**
     * Adds a user who may do everything, and switches the {@code default} user off unless {@link
     * #requirePass} or {@link #user} says what it may do. Without this method, a server whose
     * {@code default} user is given by {@link #user} has an administrator {@code
     * tenant-redis-test-admin} with a random password.
     */
    public Builder adminUser(String name, String password) {
      options.administrator =
          new Administrator(
              Objects.requireNonNull(name, "name"), Objects.requireNonNull(password, "password"));
      return this;
    }

    /** Persists every write to an AOF that is synced at once. Default: nothing is persisted. */
    public Builder appendOnly() {
      options.appendOnly = true;
      return this;
    }

    /**
     * Opens a second port that speaks TLS, with {@link TestCertificates#shared()} and its good
     * server certificate. The plain port stays.
     */
    public Builder tls() {
      return tls(TestCertificates.shared(), TestCertificates.shared().server());
    }

    /**
     * Opens a second port that speaks TLS. The plain port stays.
     *
     * @param certificates whose authority the server trusts
     * @param server what the server presents, good or bad
     */
    public Builder tls(TestCertificates certificates, TestCertificates.Identity server) {
      options.certificates = Objects.requireNonNull(certificates, "certificates");
      options.serverCertificate = Objects.requireNonNull(server, "server");
      return this;
    }

    /** Clients of the TLS port must present a certificate. Default: they need not. */
    public Builder requireClientCertificate() {
      options.requireClientCertificate = true;
      return this;
    }

    /** The server to run, instead of the one that {@link RedisServer} would find. */
    public Builder binary(Path binary) {
      options.binary = Objects.requireNonNull(binary, "binary");
      return this;
    }

    /**
     * A fixed port. Default: a free one from 16000 to 31999.
     *
     * @param port from 1 to 65535
     */
    public Builder port(int port) {
      if (port < 1 || port > 65_535) {
        throw new IllegalArgumentException("port must be from 1 to 65535: " + port);
      }
      options.port = port;
      return this;
    }

    /** How long a start may take, loading data included. Default: 20 seconds. */
    public Builder startTimeout(Duration timeout) {
      if (timeout.isNegative() || timeout.isZero()) {
        throw new IllegalArgumentException("startTimeout must be positive: " + timeout);
      }
      options.startTimeout = timeout;
      return this;
    }

    /**
     * Starts a server and waits until it answers.
     *
     * @throws RedisServerException when it does not; the message holds the end of the server's log
     * @throws UnsupportedOperationException when there is no server for this platform
     */
    public RedisServer start() {
      return start(asTold -> {});
    }

    /** Starts a server with what only a topology may set. */
    RedisServer start(Consumer<ServerOptions> more) {
      ServerOptions own = options.copy();
      more.accept(own);
      RedisServer server = new RedisServer(own);
      boolean started = false;
      try {
        server.startFirst();
        started = true;
        return server;
      } finally {
        if (!started) {
          server.close();
        }
      }
    }

    /** What was said so far; later changes of the builder do not change it. */
    ServerOptions snapshot() {
      return options.copy();
    }

    static Builder of(ServerOptions options) {
      return new Builder(options.copy());
    }
  }
}
