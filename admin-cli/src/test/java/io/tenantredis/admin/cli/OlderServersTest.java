package io.tenantredis.admin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespError;
import io.tenantredis.test.server.ServerVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What works on Redis 6.2 and what says that it cannot; data between versions. */
class OlderServersTest {

  @TempDir Path directory;

  private Path passwordFile;

  @BeforeEach
  void writePassword() throws Exception {
    passwordFile = Files.writeString(directory.resolve("admin"), "root-password\n");
  }

  private ToolRun run(RedisServer server, String... arguments) {
    return ToolRun.on(server, passwordFile, arguments);
  }

  private void assertRun(int exitCode, RedisServer server, String... arguments) {
    ToolRun run = run(server, arguments);
    assertThat(run.exitCode())
        .as("%s: %s %s", List.of(arguments), run.out(), run.err())
        .isEqualTo(exitCode);
  }

  @Test
  void onRedis62AUserOfEachProfileIsMadeComparedAndConfined() throws Exception {
    try (RedisServer old = OlderServers.redis62(directory).start()) {
      for (String profile : List.of("cache", "session", "queue", "pubsub", "read_only", "full")) {
        Path password = directory.resolve("password-" + profile);
        assertRun(
            0,
            old,
            "provision",
            "create",
            profile,
            "--profile=" + profile,
            "--new-password-file=" + password);
        assertRun(0, old, "provision", "drift", profile, "--profile=" + profile);
        try (RespConnection tenant =
            old.connect("tenant_" + profile, Files.readString(password).strip())) {
          assertThat(tenant.command("ACL", "WHOAMI")).isEqualTo("tenant_" + profile);
          assertDenied(tenant, "GET", "tenant:other:x");
          assertDenied(tenant, "SCAN", "0");
          assertDenied(tenant, "FLUSHALL");
          assertDenied(tenant, "CLIENT", "LIST");
          assertDenied(tenant, "PUBLISH", "tenant:other:x", "y");
        }
      }
      Path first = directory.resolve("password-cache");
      Path second = directory.resolve("rotated");
      assertRun(0, old, "provision", "rotate", "cache", "--new-password-file=" + second);
      old.connect("tenant_cache", Files.readString(first).strip()).close();
      old.connect("tenant_cache", Files.readString(second).strip()).close();
      assertRun(0, old, "provision", "suspend", "cache");
      assertRun(0, old, "provision", "resume", "cache");
      assertRun(0, old, "incident", "queue", "--evidence=" + directory.resolve("evidence"));
      assertRun(0, old, "provision", "revoke", "pubsub", "--yes");
    }
  }

  private static void assertDenied(RespConnection connection, String... command) {
    assertThat(connection.tryCommand(command))
        .as(String.join(" ", command))
        .isInstanceOfSatisfying(
            RespError.class, error -> assertThat(error.message()).startsWith("NOPERM"));
  }

  @Test
  void onRedis62WhatItLacksIsSaidAndNothingIsDone() throws Exception {
    try (RedisServer old = OlderServers.redis62(directory).start()) {
      ToolRun selector =
          run(
              old,
              "provision",
              "create",
              "acme",
              "--profile=read_only,session=session:",
              "--print-password");
      assertThat(selector.exitCode()).isEqualTo(1);
      assertThat(selector.out())
          .contains("Redis 6.2 has none", "use Redis 7.0 or newer, or profiles on all keys");
      assertThat(old.admin().list("ACL", "USERS")).doesNotContain("tenant_acme");

      ToolRun proof = run(old, "verify");
      assertThat(proof.exitCode()).isEqualTo(3);
      assertThat(proof.err())
          .contains("Redis 6.2 has no ACL DRYRUN")
          .contains("Load the users into a Redis 7.0 or newer");

      ToolRun audit = run(old, "audit");
      assertThat(audit.exitCode()).isEqualTo(1);
      assertThat(audit.out())
          .contains("[enable-debug-command]", "this version has no protection for DEBUG")
          .doesNotContain("UNKNOWN [enable");
    }
  }

  @Test
  void theUsersOfARedis62AreVerifiedInANewerServer() throws Exception {
    try (RedisServer old = OlderServers.redis62(directory).start()) {
      Path file = directory.resolve("old.acl");
      ToolRun line =
          run(old, "policy", "acme", "--profile=full", "--except=STRALGO LCS", "--format=aclfile");
      Files.writeString(file, line.out());
      assertRun(0, old, "verify", "--file=" + file);

      // What only the old server has cannot be proven on a new one.
      Files.writeString(
          file, run(old, "policy", "acme", "--profile=full", "--format=aclfile").out());
      ToolRun unproven = run(old, "verify", "--file=" + file);
      assertThat(unproven.exitCode()).isEqualTo(1);
      assertThat(unproven.out()).contains("UNKNOWN").contains("has no stralgo|lcs");
    }
  }

  @Test
  void dataOfAnOldServerIsReadByANewOneAndTheOtherWayRoundIsRefused() throws Exception {
    try (RedisServer old = OlderServers.redis62(directory).start();
        RedisServer current = RedisServer.builder().adminUser("root", "root-password").start()) {
      fill(old);
      assertMoves(old, current, "from-62");
      assertIsRefused(current, old, "Redis 6.2", "to-62");
    }
  }

  @Test
  void dataMovesUpFromRedis70AndDownToItOnlyWhereItCanReadIt() throws Exception {
    try (RedisServer seven = OlderServers.redis70(directory).start();
        RedisServer current = RedisServer.builder().adminUser("root", "root-password").start()) {
      fill(seven);
      assertMoves(seven, current, "from-70");
      ServerVersion version = current.version();
      if (version.major() == 7 && version.minor() == 0) {
        seven.admin().command("FLUSHALL");
        assertMoves(current, seven, "to-70");
      } else {
        assertIsRefused(current, seven, "Redis 7.0", "to-70");
      }
    }
  }

  @Test
  void aTenantMovesUpFromRedis70AndDownToItOnlyWhereItCanReadIt() throws Exception {
    try (RedisServer seven = OlderServers.redis70(directory).start();
        RedisServer current = RedisServer.builder().adminUser("root", "root-password").start()) {
      fill(seven);
      Path password = directory.resolve("password");
      assertRun(
          0,
          seven,
          "provision",
          "create",
          "acme",
          "--profile=cache",
          "--new-password-file=" + password);
      assertRun(0, seven, move("copy", current));
      assertRun(0, seven, move("cut-over", current));
      assertRun(0, seven, move("finish", current, "--delete-keys", "--yes"));
      assertThat(seven.admin().integer("DBSIZE")).isZero();
      assertThat(current.admin().integer("DBSIZE")).isEqualTo(7);
      try (RespConnection tenant =
          current.connect("tenant_acme", Files.readString(password).strip())) {
        assertThat(tenant.command("GET", "tenant:acme:string")).isEqualTo("text");
      }

      ServerVersion version = current.version();
      boolean readable = version.major() == 7 && version.minor() == 0;
      assertRun(readable ? 0 : 3, current, move("copy", seven));
    }
  }

  private String[] move(String step, RedisServer target, String... more) {
    List<String> arguments = new ArrayList<>(List.of("move", step, "acme", "--profile=cache"));
    arguments.addAll(List.of(more));
    arguments.add("--target-uri=redis://root@127.0.0.1:" + target.port());
    arguments.add("--target-password-file=" + passwordFile);
    return arguments.toArray(new String[0]);
  }

  private static void fill(RedisServer server) {
    RespConnection redis = server.admin();
    redis.command("SET", "tenant:acme:string", "text");
    redis.command("HSET", "tenant:acme:hash", "field", "1");
    redis.command("RPUSH", "tenant:acme:list", "a", "b");
    redis.command("SADD", "tenant:acme:set", "1", "2");
    redis.command("ZADD", "tenant:acme:zset", "1.5", "m");
    redis.command("XADD", "tenant:acme:stream", "1-1", "f", "v");
    redis.command("SET", "tenant:acme:expiring", "x", "PX", "600000");
  }

  private void assertMoves(RedisServer from, RedisServer to, String name) {
    Path file = directory.resolve(name);
    assertRun(0, from, "data", "export", "acme", file.toString());
    assertRun(0, to, "data", "import", "acme", file.toString());
    RespConnection redis = to.admin();
    assertThat(redis.command("GET", "tenant:acme:string")).isEqualTo("text");
    assertThat(redis.command("HGET", "tenant:acme:hash", "field")).isEqualTo("1");
    assertThat(redis.list("LRANGE", "tenant:acme:list", "0", "-1")).containsExactly("a", "b");
    assertThat(redis.integer("SCARD", "tenant:acme:set")).isEqualTo(2);
    assertThat(redis.command("ZSCORE", "tenant:acme:zset", "m")).isEqualTo("1.5");
    assertThat(redis.integer("XLEN", "tenant:acme:stream")).isEqualTo(1);
    assertThat(redis.integer("PTTL", "tenant:acme:expiring")).isBetween(1L, 600_000L);
    assertThat(redis.integer("DBSIZE")).isEqualTo(7);
  }

  private void assertIsRefused(RedisServer from, RedisServer to, String reader, String name) {
    Path file = directory.resolve(name);
    to.admin().command("FLUSHALL");
    assertRun(0, from, "data", "export", "acme", file.toString());

    ToolRun refused = run(to, "data", "import", "acme", file.toString());

    assertThat(refused.exitCode()).isEqualTo(3);
    ServerVersion writer = from.version();
    assertThat(refused.err())
        .contains("cannot read a value: it is " + reader)
        .contains("were written by")
        .contains(writer.major() + "." + writer.minor());
    assertThat(to.admin().integer("DBSIZE")).isZero();
  }
}
