package io.tenantredis.admin.cli;

import io.lettuce.core.RedisURI;
import io.tenantredis.admin.TenantRedisAdmin;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A server of this process, into which users from a file are loaded to be verified. */
final class ThrowAwayServer implements AutoCloseable {

  private static final Pattern PLAIN_COMMAND = Pattern.compile("[+-][^@].*");

  private final RedisServer server;
  private final TenantRedisAdmin admin;
  private final Set<String> unknownCommands = new TreeSet<>();

  private ThrowAwayServer(RedisServer server, TenantRedisAdmin admin) {
    this.server = server;
    this.admin = admin;
  }

  /**
   * Starts one.
   *
   * @param binary which server, or null for the one that comes with the tool
   */
  static ThrowAwayServer start(@Nullable Path binary) {
    String user = "tenant-redis-" + UUID.randomUUID();
    String password = UUID.randomUUID().toString();
    RedisServer.Builder builder = RedisServer.builder().adminUser(user, password);
    if (binary != null) {
      builder.binary(binary);
    }
    RedisServer server = builder.start();
    boolean started = false;
    try {
      TenantRedisAdmin admin =
          TenantRedisAdmin.builder(
                  RedisURI.builder()
                      .withHost(server.host())
                      .withPort(server.port())
                      .withAuthentication(user, password.toCharArray())
                      .build())
              .connect();
      started = true;
      return new ThrowAwayServer(server, admin);
    } finally {
      if (!started) {
        server.close();
      }
    }
  }

  TenantRedisAdmin admin() {
    return admin;
  }

  /** Commands that rules named and this server does not have: of them nothing can be said. */
  Set<String> unknownCommands() {
    return unknownCommands;
  }

  /**
   * Makes these users.
   *
   * @throws IllegalArgumentException if the server does not accept a user's rules
   */
  void load(Map<String, List<String>> users) {
    Set<String> known = commands();
    users.forEach(
        (name, rules) -> {
          List<String> words = new ArrayList<>(List.of("ACL", "SETUSER", name, "reset"));
          rules.forEach(rule -> words.addAll(understood(rule, known)));
          Object answer = server.admin().tryCommand(words.toArray(new String[0]));
          if (answer instanceof RespError error) {
            // The server repeats the rule it stumbled over, which may be a password.
            throw new IllegalArgumentException(
                "The rules of user "
                    + name
                    + " are not accepted by "
                    + server.version()
                    + ": "
                    + error.message().replaceAll("(?s)'[><#!].*'", "'...'"));
          }
        });
  }

  private List<String> understood(String rule, Set<String> known) {
    if (rule.startsWith("(") && rule.endsWith(")")) {
      List<String> inside = new ArrayList<>();
      for (String word : rule.substring(1, rule.length() - 1).split(" ", -1)) {
        inside.addAll(understood(word, known));
      }
      return List.of("(" + String.join(" ", inside) + ")");
    }
    if (PLAIN_COMMAND.matcher(rule).matches()
        && !known.contains(rule.substring(1).toLowerCase(Locale.ROOT))) {
      unknownCommands.add(rule.substring(1));
      return List.of();
    }
    return List.of(rule);
  }

  private Set<String> commands() {
    Set<String> names = new HashSet<>(Arrays.asList("all"));
    server
        .admin()
        .list("COMMAND", "LIST")
        .forEach(name -> names.add(String.valueOf(name).toLowerCase(Locale.ROOT)));
    return names;
  }

  @Override
  public void close() {
    admin.close();
    server.close();
  }
}
