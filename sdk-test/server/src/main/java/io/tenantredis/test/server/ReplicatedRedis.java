package io.tenantredis.test.server;

import io.tenantredis.test.server.ServerOptions.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A master with replicas, and sentinels that watch over them if wanted: local processes, ready
 * within a few seconds.
 *
 * <p>All servers have the same users, settings and TLS, those of {@link Builder#server}. Where they
 * have TLS, replication and sentinels use it too, and the addresses that sentinels give to clients
 * are those of the TLS ports.
 *
 * <p>Who is master changes with failovers: ask {@link #master()} anew. Every server can be killed,
 * frozen and restarted by its own methods. {@link #close()} ends all of them.
 *
 * <p>Thread-safe. Methods that wait throw {@link RedisServerException} after 60 seconds.
 */
public final class ReplicatedRedis implements AutoCloseable {

  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final String masterName;
  private final List<RedisServer> servers = new ArrayList<>();
  private final List<RedisServer> sentinels = new ArrayList<>();
  private RedisServer promoted;

  private ReplicatedRedis(Builder options) {
    this.masterName = options.masterName;
    ServerOptions server = options.server.snapshot();
    replicate(server);
    ServerOptions sentinel = options.sentinel.snapshot();
    sentinel.role = Role.SENTINEL;
    sentinel.chooseAdministrator();
    boolean started = false;
    try {
      promoted = RedisServer.Builder.of(server).start();
      servers.add(promoted);
      server.add("replicaof", promoted.host(), promoted.peerPort());
      for (int i = 0; i < options.replicas; i++) {
        servers.add(RedisServer.Builder.of(server).start());
      }
      watch(sentinel, server, options);
      for (int i = 0; i < options.sentinels; i++) {
        sentinels.add(startSentinel(sentinel));
      }
      awaitReplicas();
      awaitSentinels(promoted);
      sentinels.forEach(ReplicatedRedis::slowDown);
      started = true;
    } finally {
      if (!started) {
        close();
      }
    }
  }

  /** Starts describing a master with one replica and no sentinel. */
  public static Builder builder() {
    return new Builder();
  }

  private static void replicate(ServerOptions server) {
    Administrator administrator = server.chooseAdministrator();
    if (administrator.password() != null) {
      server.add("masteruser", administrator.user()).add("masterauth", administrator.password());
    }
    if (server.hasTls()) {
      server.add("tls-replication", "yes");
    }
    // Every server may become master, and a master without a backlog makes all replicas copy
    // everything anew.
    server.add("repl-ping-replica-period", "1").add("repl-timeout", "10");
  }

  private void watch(ServerOptions sentinel, ServerOptions server, Builder options) {
    if (sentinel.hasTls() != server.hasTls()) {
      throw new IllegalArgumentException("either both servers and sentinels have TLS, or neither");
    }
    if (sentinel.hasTls()) {
      sentinel.add("tls-replication", "yes");
    }
    int quorum = options.sentinels / 2 + 1;
    sentinel
        .add("sentinel", "monitor", masterName, promoted.host(), promoted.peerPort(), quorum)
        .add("sentinel", "down-after-milliseconds", masterName, options.downAfter.toMillis())
        .add("sentinel", "failover-timeout", masterName, 2000)
        .add("sentinel", "parallel-syncs", masterName, Math.max(1, options.replicas));
    Administrator servers = server.chooseAdministrator();
    if (servers.password() != null) {
      sentinel
          .add("sentinel", "auth-user", masterName, servers.user())
          .add("sentinel", "auth-pass", masterName, servers.password());
    }
    Administrator own = sentinel.chooseAdministrator();
    if (own.password() != null) {
      sentinel
          .add("sentinel", "sentinel-user", own.user())
          .add("sentinel", "sentinel-pass", own.password());
    }
  }

  /**
   * With the default periods of seconds, sentinels would take that long to find each other and to
   * notice anything.
   */
  private static RedisServer startSentinel(ServerOptions options) {
    RedisServer sentinel = RedisServer.Builder.of(options).start();
    period(sentinel, "INFO", 100);
    period(sentinel, "PING", 100);
    period(sentinel, "ASK", 100);
    period(sentinel, "PUBLISH", 100);
    return sentinel;
  }

  /**
   * A sentinel turns a replica that says it is master back into a replica after four of these
   * periods, unless it was told of a failover meanwhile. The sentinel that leads a failover looks
   * at the new master once a second only, so four periods must be clearly longer than that.
   *
   * <p>For the same reason of a second, what a sentinel knows of a replica must stay good for
   * longer: it promotes none of which it heard nothing for five periods of PING.
   */
  private static void slowDown(RedisServer sentinel) {
    period(sentinel, "PUBLISH", 600);
    period(sentinel, "PING", 400);
  }

  private static void period(RedisServer sentinel, String what, int millis) {
    sentinel.admin().command("SENTINEL", "DEBUG", what + "-PERIOD", Integer.toString(millis));
  }

  /** The name under which sentinels know the master. */
  public String masterName() {
    return masterName;
  }

  /**
   * The master: with sentinels, the one they name; else the one that started as master or was
   * promoted last.
   *
   * @throws IllegalStateException when no sentinel runs that could say
   */
  public synchronized RedisServer master() {
    if (sentinels.isEmpty()) {
      return promoted;
    }
    for (RedisServer sentinel : sentinels) {
      if (sentinel.isRunning()) {
        RedisServer named = namedBy(sentinel);
        if (named != null) {
          return named;
        }
      }
    }
    throw new IllegalStateException("no sentinel knows the master");
  }

  /** The servers other than the master, running or not. */
  public synchronized List<RedisServer> replicas() {
    RedisServer master = master();
    return servers.stream().filter(server -> server != master).toList();
  }

  /** All servers, running or not, in the order they were first started. */
  public List<RedisServer> servers() {
    return List.copyOf(servers);
  }

  /** The sentinels, running or not. */
  public List<RedisServer> sentinels() {
    return List.copyOf(sentinels);
  }

  /**
   * Makes a replica the master in good order and waits until everybody knows: by {@code SENTINEL
   * FAILOVER} with sentinels, else by {@code REPLICAOF}.
   *
   * @return the new master
   * @throws IllegalStateException when there is no running replica
   */
  public synchronized RedisServer failover() {
    RedisServer old = master();
    List<RedisServer> candidates = replicas().stream().filter(RedisServer::isRunning).toList();
    if (candidates.isEmpty()) {
      throw new IllegalStateException("there is no running replica to take over");
    }
    if (sentinels.isEmpty()) {
      promote(candidates.get(0));
      return promoted;
    }
    Await.until(
        "another server is master",
        TIMEOUT,
        () -> {
          // An attempt that fails, as on a slow machine, is given up by the sentinel without a
          // word. One that has succeeded must not be followed by another, back to a server that
          // has not got its data again.
          orderFailover(runningSentinel(), old);
          return Await.holdsWithin(Duration.ofSeconds(1), () -> master() != old);
        });
    return awaitFailover(old);
  }

  private void orderFailover(RedisServer sentinel, RedisServer old) {
    List<@Nullable Object> master = sentinel.admin().list("SENTINEL", "MASTER", masterName);
    boolean idle = !field(master, "flags").contains("failover_in_progress");
    if (idle && field(master, "port").equals(Integer.toString(old.peerPort()))) {
      sentinel.admin().tryCommand("SENTINEL", "FAILOVER", masterName);
    }
  }

  private static String field(List<@Nullable Object> fields, String name) {
    return String.valueOf(fields.get(fields.indexOf(name) + 1));
  }

  /**
   * Kills the master with SIGKILL and waits until a replica has taken over. The old master stays
   * down until {@link #rejoin} brings it back.
   *
   * @return the new master
   * @throws IllegalStateException without sentinels
   */
  public synchronized RedisServer failoverByKill() {
    if (sentinels.isEmpty()) {
      throw new IllegalStateException("without sentinels nobody takes over");
    }
    RedisServer old = master();
    old.kill9();
    return awaitFailover(old);
  }

  /**
   * Waits until all sentinels name another master than this one, and it and its running replicas
   * are at work.
   *
   * @return the new master
   */
  public synchronized RedisServer awaitFailover(RedisServer old) {
    Await.until("another server is master", TIMEOUT, () -> master() != old);
    RedisServer current = master();
    Await.until(
        "it has become master", TIMEOUT, () -> replication(current).get("role").equals("master"));
    awaitSentinels(current);
    awaitReplicas();
    return current;
  }

  /** Restarts a server that is down, and waits until it follows the master. */
  public synchronized void rejoin(RedisServer server) {
    server.restart();
    if (sentinels.isEmpty() && server != promoted) {
      server.admin().command("REPLICAOF", promoted.host(), Integer.toString(promoted.peerPort()));
    }
    awaitReplicas();
  }

  /** Waits until every running replica is connected to the master and has all its data. */
  public synchronized void awaitReplicas() {
    RedisServer master = master();
    String port = Integer.toString(master.peerPort());
    for (RedisServer server : servers) {
      if (server != master && server.isRunning()) {
        Await.until(
            server + " follows " + master,
            TIMEOUT,
            () -> {
              ServerInfo info = replication(server);
              return info.get("role").equals("slave")
                  && info.get("master_port").equals(port)
                  && info.get("master_link_status").equals("up");
            });
      }
    }
    // WAIT would ask for what its own connection wrote.
    long written = Long.parseLong(replication(master).get("master_repl_offset"));
    for (RedisServer server : servers) {
      if (server != master && server.isRunning()) {
        Await.until(
            server + " has all data",
            TIMEOUT,
            () -> Long.parseLong(replication(server).get("slave_repl_offset")) >= written);
      }
    }
  }

  private void promote(RedisServer replica) {
    replica.admin().command("REPLICAOF", "NO", "ONE");
    promoted = replica;
    for (RedisServer server : servers) {
      if (server != replica && server.isRunning()) {
        server.admin().command("REPLICAOF", replica.host(), Integer.toString(replica.peerPort()));
      }
    }
    awaitReplicas();
  }

  private void awaitSentinels(RedisServer master) {
    List<RedisServer> running = sentinels.stream().filter(RedisServer::isRunning).toList();
    for (RedisServer sentinel : running) {
      Await.until(
          "a sentinel knows the master, all replicas and all sentinels",
          TIMEOUT,
          () ->
              namedBy(sentinel) == master
                  && figure(sentinel, "num-slaves") >= servers.size() - 1
                  && figure(sentinel, "num-other-sentinels") == sentinels.size() - 1
                  && !(sentinel.admin().tryCommand("SENTINEL", "CKQUORUM", masterName)
                      instanceof RespError));
    }
  }

  private long figure(RedisServer sentinel, String name) {
    return Long.parseLong(field(sentinel.admin().list("SENTINEL", "MASTER", masterName), name));
  }

  private @Nullable RedisServer namedBy(RedisServer sentinel) {
    List<@Nullable Object> address =
        sentinel.admin().list("SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName);
    String port = String.valueOf(address.get(1));
    return servers.stream()
        .filter(server -> Integer.toString(server.peerPort()).equals(port))
        .findFirst()
        .orElse(null);
  }

  private RedisServer runningSentinel() {
    return sentinels.stream()
        .filter(RedisServer::isRunning)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no sentinel is running"));
  }

  private static ServerInfo replication(RedisServer server) {
    return new ServerInfo(server.admin().text("INFO", "replication"));
  }

  /** Ends all processes. Closing again does nothing. */
  @Override
  public void close() {
    sentinels.forEach(RedisServer::close);
    servers.forEach(RedisServer::close);
  }

  /** Describes a master with its replicas and sentinels. Not thread-safe. */
  public static final class Builder {

    private RedisServer.Builder server = RedisServer.builder();
    private RedisServer.Builder sentinel = RedisServer.builder();
    private String masterName = "mymaster";
    private int replicas = 1;
    private int sentinels;
    private Duration downAfter = Duration.ofSeconds(2);

    private Builder() {}

    /**
     * Users, settings and TLS of every server; a fixed port is not possible. Default: an open
     * server.
     */
    public Builder server(RedisServer.Builder server) {
      this.server = Objects.requireNonNull(server, "server");
      return this;
    }

    /**
     * Users and TLS of every sentinel; needs TLS if and only if the servers have it. Default: an
     * open sentinel.
     */
    public Builder sentinel(RedisServer.Builder sentinel) {
      this.sentinel = Objects.requireNonNull(sentinel, "sentinel");
      return this;
    }

    /** Default: {@code mymaster}. */
    public Builder masterName(String name) {
      if (!name.matches("[A-Za-z0-9._-]+")) {
        throw new IllegalArgumentException(
            "a master's name is of letters, digits, '.', '_' and '-': " + name);
      }
      this.masterName = name;
      return this;
    }

    /**
     * Default: 1.
     *
     * @param replicas from 0 to 20
     */
    public Builder replicas(int replicas) {
      this.replicas = inRange("replicas", replicas, 0, 20);
      return this;
    }

    /**
     * Default: 0. More than half of them must agree on a failover.
     *
     * @param sentinels from 0 to 9
     */
    public Builder sentinels(int sentinels) {
      this.sentinels = inRange("sentinels", sentinels, 0, 9);
      return this;
    }

    /**
     * How long a server must be silent for a sentinel to take it for down. On a busy machine a
     * server can be silent for a while without being down, and a failover that nobody asked for
     * loses what the former master acknowledged meanwhile. Default: 2 seconds.
     */
    public Builder downAfter(Duration downAfter) {
      if (downAfter.toMillis() < 1) {
        throw new IllegalArgumentException("downAfter must be at least 1 ms: " + downAfter);
      }
      this.downAfter = downAfter;
      return this;
    }

    /**
     * Starts all processes and waits until replicas follow and sentinels agree.
     *
     * @throws RedisServerException when they do not
     */
    public ReplicatedRedis start() {
      return new ReplicatedRedis(this);
    }

    private static int inRange(String what, int number, int from, int to) {
      if (number < from || number > to) {
        throw new IllegalArgumentException(
            what + " must be from " + from + " to " + to + ": " + number);
      }
      return number;
    }
  }
}
