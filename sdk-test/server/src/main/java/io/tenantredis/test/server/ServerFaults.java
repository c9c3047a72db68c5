package io.tenantredis.test.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * States of trouble that real servers get into, produced by the server itself, so that the errors
 * are its own.
 *
 * <pre>{@code
 * try (ServerFault full = server.faults().outOfMemory()) {
 *   // ... writes are answered with -OOM ...
 * }
 * }</pre>
 *
 * <p>Each method returns when the server is in that state; {@link ServerFault#heal()} ends it.
 * Faults of different kinds can be combined; of one kind there should be one at a time. They work
 * through {@link RedisServer#admin()}, which stays connected throughout. Killing and freezing are
 * methods of {@link RedisServer} itself, faults of the network those of {@link WireProxy}.
 *
 * <p>Thread-safe.
 */
public final class ServerFaults {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final RedisServer server;

  ServerFaults(RedisServer server) {
    this.server = server;
  }

  /**
   * New connections are answered with {@code -ERR max number of clients reached} and closed.
   * Existing ones stay.
   */
  public ServerFault maxClientsReached() {
    return config("maxclients", "1");
  }

  /** Commands that may need memory are answered with {@code -OOM}. */
  public ServerFault outOfMemory() {
    ServerFault policy = config("maxmemory-policy", "noeviction");
    ServerFault limit = config("maxmemory", "1");
    return new ServerFault(
        server,
        () -> {
          limit.heal();
          policy.heal();
        });
  }

  /** A snapshot fails, so that writes are answered with {@code -MISCONF}. */
  public ServerFault snapshotsFail() {
    RespConnection admin = server.admin();
    Path snapshot = server.directory().resolve(configValue("dbfilename"));
    ServerFault savePoints = config("save", "3600 1");
    ServerFault stopWrites = config("stop-writes-on-bgsave-error", "yes");
    try {
      // A directory in its place is what no rename can overwrite, not even root's.
      Files.deleteIfExists(snapshot);
      Files.createDirectory(snapshot);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    saveInBackground(admin, "err");
    return new ServerFault(
        server,
        () -> {
          try {
            Files.delete(snapshot);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          saveInBackground(admin, "ok");
          stopWrites.heal();
          savePoints.heal();
        });
  }

  private void saveInBackground(RespConnection admin, String expected) {
    admin.command("BGSAVE");
    until(
        "the snapshot's result is " + expected,
        () -> {
          ServerInfo info = new ServerInfo(admin.text("INFO", "persistence"));
          return info.get("rdb_bgsave_in_progress").equals("0")
              && info.get("rdb_last_bgsave_status").equals(expected);
        });
  }

  /**
   * A script runs without end: nearly all commands are answered with {@code -BUSY}. Healing kills
   * the script.
   */
  public ServerFault busyScript() {
    ServerFault threshold = config("busy-reply-threshold", "1");
    RespConnection admin = server.admin();
    RespConnection script = server.connectAsAdministrator();
    script.send("EVAL", "while true do end", "0");
    until("a script keeps the server busy", () -> isError(admin.tryCommand("PING"), "BUSY"));
    return new ServerFault(
        server,
        () -> {
          admin.command("SCRIPT", "KILL");
          until("the script has ended", () -> !isError(admin.tryCommand("PING"), "BUSY"));
          script.close();
          threshold.heal();
        });
  }

  /**
   * The server is a replica of a master that is not there: writes are answered with {@code
   * -READONLY}.
   */
  public ServerFault readOnlyReplica() {
    return replica(true);
  }

  /**
   * The server is a replica that refuses stale data: nearly all commands are answered with {@code
   * -MASTERDOWN}.
   */
  public ServerFault masterDown() {
    return replica(false);
  }

  private ServerFault replica(boolean serveStale) {
    ServerFault stale = config("replica-serve-stale-data", serveStale ? "yes" : "no");
    RespConnection admin = server.admin();
    admin.command("REPLICAOF", "127.0.0.1", "1");
    return new ServerFault(
        server,
        () -> {
          admin.command("REPLICAOF", "NO", "ONE");
          stale.heal();
        });
  }

  /**
   * Restarts the server with all its data, and makes loading it last: meanwhile nearly all commands
   * are answered with {@code -LOADING}. Healing waits until everything is loaded, without the
   * delay.
   *
   * @param atLeast how long loading lasts, from one millisecond to ten minutes
   */
  public ServerFault loading(Duration atLeast) {
    if (atLeast.toMillis() < 1 || atLeast.compareTo(Duration.ofMinutes(10)) > 0) {
      throw new IllegalArgumentException("atLeast must be from 1 ms to 10 min: " + atLeast);
    }
    server.restartLoading(atLeast);
    return new ServerFault(
        server,
        () -> {
          server.admin().command("CONFIG", "SET", "key-load-delay", "0");
          server.awaitLoaded();
        });
  }

  /**
   * Changes an ACL user with {@code ACL SETUSER}. Healing gives it back exactly the rules it had,
   * or deletes it if it was not there.
   */
  public ServerFault changeUser(String user, String... rules) {
    RespConnection admin = server.admin();
    List<String> before = rulesOf(user);
    admin.command(setUser(user, List.of(rules)));
    return new ServerFault(
        server,
        () -> {
          if (before == null) {
            admin.command("ACL", "DELUSER", user);
          } else {
            List<String> restored = new ArrayList<>(List.of("reset"));
            restored.addAll(before);
            admin.command(setUser(user, restored));
          }
        });
  }

  /**
   * The user may no longer run this command, and is answered with {@code -NOPERM}.
   *
   * @param command such as {@code SET} or {@code ACL|WHOAMI}
   */
  public ServerFault denyCommand(String user, String command) {
    return changeUser(user, "-" + command);
  }

  /** The user can no longer log in, and its connections end. Healing lets it log in again. */
  public ServerFault revokeUser(String user) {
    ServerFault off = changeUser(user, "off");
    killClients(user);
    return off;
  }

  /**
   * Ends all connections of this user, except the administrator's own.
   *
   * @return how many there were
   */
  public long killClients(String user) {
    return server.admin().integer("CLIENT", "KILL", "USER", user, "SKIPME", "yes");
  }

  /**
   * Ends all connections of all users, except the administrator's own.
   *
   * @return how many there were
   */
  public long killClients() {
    return server.admin().integer("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        + server.admin().integer("CLIENT", "KILL", "TYPE", "pubsub", "SKIPME", "yes");
  }

  /** Changes a setting with {@code CONFIG SET}. Healing sets it to what it was. */
  public ServerFault config(String name, String value) {
    RespConnection admin = server.admin();
    String before = configValue(name);
    admin.command("CONFIG", "SET", name, value);
    return new ServerFault(server, () -> admin.command("CONFIG", "SET", name, before));
  }

  private String configValue(String name) {
    List<@Nullable Object> reply = server.admin().list("CONFIG", "GET", name);
    if (reply.size() < 2) {
      throw new IllegalArgumentException("the server has no setting " + name);
    }
    return String.valueOf(reply.get(1));
  }

  /** The rules of a user as {@code ACL SETUSER} takes them; null when there is no such user. */
  private @Nullable List<String> rulesOf(String user) {
    String prefix = "user " + user + " ";
    for (Object line : server.admin().list("ACL", "LIST")) {
      if (line instanceof String text && text.startsWith(prefix)) {
        return splitRules(text.substring(prefix.length()));
      }
    }
    return null;
  }

  /** Splits at spaces, except within the parentheses of a selector. */
  private static List<String> splitRules(String rules) {
    List<String> split = new ArrayList<>();
    StringBuilder selector = null;
    for (String word : Arrays.asList(rules.split(" "))) {
      if (selector != null) {
        selector.append(' ').append(word);
      } else if (word.startsWith("(")) {
        selector = new StringBuilder(word);
      } else {
        split.add(word);
      }
      if (selector != null && word.endsWith(")")) {
        split.add(selector.toString());
        selector = null;
      }
    }
    return split;
  }

  private static String[] setUser(String user, List<String> rules) {
    List<String> command = new ArrayList<>(List.of("ACL", "SETUSER", user));
    command.addAll(rules);
    return command.toArray(String[]::new);
  }

  private static boolean isError(@Nullable Object reply, String code) {
    return reply instanceof RespError error && error.code().equals(code);
  }

  private static void until(String what, BooleanSupplier condition) {
    Await.until(what, TIMEOUT, condition);
  }
}
