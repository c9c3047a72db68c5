package io.tenantredis.admin;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One step for the moment when a tenant's credentials are in the wrong hands.
 *
 * <p>Thread-safe. Blocks, see {@link TenantRedisAdmin}.
 */
public final class IncidentResponse {

  private static final int KILL_ROUNDS = 3;

  private final AdminNodes nodes;
  private final UserFile userFile;
  private final Clock clock;

  IncidentResponse(AdminNodes nodes, UserFile userFile, Clock clock) {
    this.nodes = nodes;
    this.userFile = userFile;
    this.clock = clock;
  }

  /**
   * Blocks a user on every server, writes down what it was doing, and ends its connections.
   *
   * <p>First the user is switched off everywhere, so that nobody can log in again; then its
   * connections ({@code CLIENT LIST}), its denied commands and logins ({@code ACL LOG}) and its
   * rights are read; then the connections are ended and looked for again. A server that fails does
   * not keep the others from being done, and evidence that cannot be read does not keep the
   * connections from being ended. The user, its passwords and the tenant's data stay: afterwards
   * {@link Provisioner#rotate}, {@link Provisioner#finishRotation} and {@link Provisioner#resume}
   * bring the tenant back, or {@link Provisioner#revoke} ends it.
   *
   * <p>The file holds addresses of clients and names of keys that were denied; no values, no
   * passwords and no hashes. Where the file system can, only its owner may read it.
   *
   * @param user the user
   * @param evidence the file to write, which must not exist
   * @return the report; a server without the user has failed
   * @throws IllegalArgumentException for the default user and the administrator's own
   * @throws AdminException if the file cannot be created, before anything is changed; or cannot be
   *     written, after the user was blocked
   */
  public IncidentReport contain(String user, Path evidence) {
    OwnUsers.refuse(nodes, user);
    List<AdminNode> all = nodes.all();
    create(evidence);
    Instant at = clock.instant();
    Map<AdminNode, NodeResult> blocked = new LinkedHashMap<>();
    for (AdminNode node : all) {
      blocked.put(node, block(node, user));
    }
    List<Map<String, @Nullable Object>> seen = new ArrayList<>();
    for (AdminNode node : all) {
      seen.add(look(node, user));
    }
    List<NodeResult> results = new ArrayList<>();
    blocked.forEach(
        (node, result) -> results.add(result.isDone() ? disconnect(node, user, result) : result));
    String text =
        Json.pretty(
            Json.object(
                "user", user, "at", at, "nodes", NodeResult.json(results), "evidence", seen));
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    write(evidence, bytes);
    return new IncidentReport(
        user, at, results, evidence, HexFormat.of().formatHex(Digests.sha256().digest(bytes)));
  }

  private static NodeResult block(AdminNode node, String user) {
    return NodeResult.attempt(
        node,
        () -> {
          UserState state = UserState.read(node, user);
          if (state == null) {
            throw new AdminException(node.address() + " has no user " + user);
          }
          if (!state.on()) {
            return new NodeResult(
                node.address(), NodeResult.Status.UNCHANGED, "was blocked already");
          }
          node.ask("ACL", "SETUSER", user, "off");
          return new NodeResult(node.address(), NodeResult.Status.CHANGED, "blocked");
        });
  }

  private static Map<String, @Nullable Object> look(AdminNode node, String user) {
    Map<String, Reading> readings = new LinkedHashMap<>();
    readings.put("connections", () -> connections(node, user));
    readings.put("aclLog", () -> AclLogEntries.of(node, user));
    readings.put("user", () -> rights(node, user));
    Map<String, @Nullable Object> seen = Json.object("node", node.address());
    AdminException silence = null;
    for (Map.Entry<String, Reading> reading : readings.entrySet()) {
      if (silence == null) {
        silence = note(seen, reading.getKey(), reading.getValue());
      } else {
        seen.put(reading.getKey() + "Failure", silence.getMessage());
      }
    }
    return seen;
  }

  private interface Reading {
    @Nullable Object read();
  }

  /**
   * Notes what is read, or why it cannot be.
   *
   * @return the failure of a server that does not answer: other servers' connections are still to
   *     be ended, so it is not waited for again
   */
  private static @Nullable AdminException note(
      Map<String, @Nullable Object> seen, String what, Reading reading) {
    try {
      seen.put(what, reading.read());
      return null;
    } catch (ServerRefusedException e) {
      seen.put(what + "Failure", e.getMessage());
      return null;
    } catch (AdminException e) {
      seen.put(what + "Failure", e.getMessage());
      return e;
    }
  }

  private static @Nullable Object rights(AdminNode node, String user) {
    UserState state = UserState.read(node, user);
    if (state == null) {
      return null;
    }
    return Json.object(
        "passwords", state.passwords().size(),
        "withoutPassword", state.nopass(),
        "keys", state.root().keys(),
        "channels", state.root().channels(),
        "commands", state.root().commands(),
        "selectors", state.selectors().size());
  }

  private static List<String> connections(AdminNode node, String user) {
    return node.text("CLIENT", "LIST")
        .lines()
        .filter(line -> (" " + line + " ").contains(" user=" + user + " "))
        .toList();
  }

  /** A connection that was logging in while the user was switched off shows up a moment later. */
  private NodeResult disconnect(AdminNode node, String user, NodeResult blocked) {
    return NodeResult.attempt(
        node,
        () -> {
          long ended = 0;
          for (int round = 0; round < KILL_ROUNDS; round++) {
            Object killed = node.ask("CLIENT", "KILL", "USER", user);
            ended += killed instanceof Long number ? number : 0;
            if (connections(node, user).isEmpty()) {
              return new NodeResult(
                  node.address(),
                  blocked.status(),
                  blocked.detail() + ", " + ended + " connections ended" + userFile.save(node));
            }
          }
          return new NodeResult(
              node.address(),
              NodeResult.Status.CONFLICT,
              blocked.detail() + ", and connections keep coming");
        });
  }

  private static void create(Path file) {
    try {
      Files.createFile(file, PrivateFiles.attributes());
    } catch (FileAlreadyExistsException e) {
      throw new AdminException(
          "There is a file " + file + " already: name another for the evidence.", e);
    } catch (IOException e) {
      throw new AdminException("The file " + file + " cannot be created: " + e.getMessage(), e);
    }
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
    } catch (IOException e) {
      throw new AdminException(
          "The user is blocked and disconnected, but the evidence could not be written to "
              + file
              + ": "
              + e.getMessage(),
          e);
    }
  }
}
