package io.tenantredis.admin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.test.server.RedisServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The packaged jar in processes of its own, from a tenant's first day to its last. */
@EnabledIfSystemProperty(named = "tenantredis.tool.jar", matches = ".+")
class RunnableJarTest {

  @TempDir Path directory;

  @Test
  void theJarTakesATenantFromCreationToDeletion() throws Exception {
    try (RedisServer server = RedisServer.builder().adminUser("root", "root-password").start()) {
      server.admin().command("SET", "tenant:acme:k", "v");
      Path one = directory.resolve("one");
      Path data = directory.resolve("acme.data");
      assertRun(
          0,
          server,
          "provision",
          "create",
          "acme",
          "--profile=cache",
          "--new-password-file=" + one);
      server.connect("tenant_acme", Files.readString(one).strip()).close();
      assertRun(0, server, "verify", "acme", "--profile=cache");
      assertRun(1, server, "audit", "--json");
      assertRun(
          0,
          server,
          "provision",
          "rotate",
          "acme",
          "--new-password-file=" + directory.resolve("two"));
      assertRun(0, server, "incident", "acme", "--evidence=" + directory.resolve("evidence.json"));
      assertRun(0, server, "data", "export", "acme", data.toString());
      assertRun(0, server, "data", "delete", "acme", "--yes");
      assertThat(server.admin().integer("DBSIZE")).isZero();
      assertRun(0, server, "data", "import", "acme", data.toString());
      assertThat(server.admin().integer("DBSIZE")).isEqualTo(1);
      assertRun(0, server, "provision", "revoke", "acme", "--yes");
      assertRun(2, server, "nonsense");
    }
  }

  private void assertRun(int exitCode, RedisServer server, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                System.getProperty("tenantredis.tool.jar")));
    command.addAll(List.of(arguments));
    Path output = directory.resolve("output");
    ProcessBuilder tool =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    tool.environment().put("TENANT_REDIS_ADMIN_URI", "redis://root@127.0.0.1:" + server.port());
    tool.environment().put("TENANT_REDIS_ADMIN_PASSWORD", "root-password");
    int ended = tool.start().waitFor();
    String said = Files.readString(output, StandardCharsets.UTF_8);
    assertThat(ended).as("%s: %s", List.of(arguments), said).isEqualTo(exitCode);
    assertThat(said).as("no colours in a file").doesNotContain("\u001b");
  }
}
