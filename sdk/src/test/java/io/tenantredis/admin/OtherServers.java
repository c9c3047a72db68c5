package io.tenantredis.admin;

import io.tenantredis.test.server.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Servers with less than the test server gives them. */
final class OtherServers {

  private OtherServers() {}

  /** The server that tests use, which does not get this line of its configuration. */
  static Path without(Path directory, String setting) throws IOException {
    Path wrapper = directory.resolve("server-without-" + setting);
    Files.writeString(
        wrapper,
        """
        #!/bin/sh
        grep -v '^%s ' "$1" > "$1.less"
        cat "$1.less" > "$1"
        exec "%s" "$@"
        """
            .formatted(setting, binary()));
    return Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwx------"));
  }

  private static String binary() {
    String named = System.getProperty("tenantredis.server.binary", "");
    if (!named.isBlank()) {
      return Path.of(named).toAbsolutePath().toString();
    }
    try (RedisServer server = RedisServer.start()) {
      return ProcessHandle.of(server.pid()).orElseThrow().info().command().orElseThrow();
    }
  }
}
