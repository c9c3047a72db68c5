package io.tenantredis.admin.cli;

import io.tenantredis.test.server.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;

/** Older servers than those that tests run against, unpacked by the build. */
final class OlderServers {

  private OlderServers() {}

  /** Redis 6.2, which does not know all settings that the test server writes down. */
  static RedisServer.Builder redis62(Path directory) throws IOException {
    Path server = executable("6.2.7", directory);
    Path wrapper = directory.resolve("redis-6.2");
    Files.writeString(
        wrapper,
        """
        #!/bin/sh
        grep -v '^enable-debug-command ' "$1" > "$1.old"
        cat "$1.old" > "$1"
        exec "%s" "$@"
        """
            .formatted(server));
    Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwx------"));
    return RedisServer.builder().adminUser("root", "root-password").binary(wrapper);
  }

  /** Redis 7.0.15, also where tests run against another one. */
  static RedisServer.Builder redis70(Path directory) throws IOException {
    return RedisServer.builder()
        .adminUser("root", "root-password")
        .binary(executable("7.0.15", directory));
  }

  private static Path executable(String version, Path directory) throws IOException {
    String system =
        System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac")
            ? "darwin"
            : "linux";
    String machine = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    String name = "redis-server-" + version + "-" + system + "-" + machine;
    Path server =
        Files.copy(
            Path.of("target", "older-servers", name),
            directory.resolve(name),
            StandardCopyOption.REPLACE_EXISTING);
    return Files.setPosixFilePermissions(server, PosixFilePermissions.fromString("rwx------"));
  }
}
