package io.tenantredis.test.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Finds the redis-server to run: the one that was named, or the embedded one, extracted once per
 * user.
 */
final class ServerBinary {

  static final String BINARY_PROPERTY = "tenantredis.server.binary";
  static final String BINARY_VARIABLE = "TENANTREDIS_SERVER_BINARY";
  static final String CACHE_PROPERTY = "tenantredis.server.cache";

  private static final String EMBEDDED_PREFIX = "redis-server-7.0.15-";

  /** SHA-256 of the binaries in org.signal:embedded-redis:0.9.1, by platform. */
  private static final Map<String, String> EMBEDDED =
      Map.of(
          "linux-amd64", "c0cdeef856b3410fd99d6ec6fc6a20302e69059b00ce5d6abab7b3e5069ea91e",
          "linux-arm64", "d5c7ff117caf45d7dc2f59c1f956e1830438779947d66aa5647c2cdcc16eca50",
          "darwin-amd64", "e22a3d9147802bba0724efb2e446c49e1e514e76ff8031bb6d44b8628400d8f3",
          "darwin-arm64", "07838a2eb6f5961c89d8e6f1f83482de355dfc6bb04e05bfb00ae1f137dee129");

  private static final ServerBinary OF_THIS_JVM =
      new ServerBinary(System::getProperty, System::getenv);

  private final UnaryOperator<@Nullable String> properties;
  private final UnaryOperator<@Nullable String> environment;
  private @Nullable Path extracted;

  ServerBinary(
      UnaryOperator<@Nullable String> properties, UnaryOperator<@Nullable String> environment) {
    this.properties = properties;
    this.environment = environment;
  }

  static ServerBinary ofThisJvm() {
    return OF_THIS_JVM;
  }

  Path resolve() {
    refuseWindows();
    String named = properties.apply(BINARY_PROPERTY);
    if (named != null && !named.isBlank()) {
      return executable(Path.of(named), "the system property " + BINARY_PROPERTY);
    }
    named = environment.apply(BINARY_VARIABLE);
    if (named != null && !named.isBlank()) {
      return executable(Path.of(named), "the environment variable " + BINARY_VARIABLE);
    }
    return embedded();
  }

  static Path executable(Path path, String source) {
    if (!Files.isRegularFile(path) || !Files.isExecutable(path)) {
      throw new RedisServerException(
          source + " names " + path + ", which is not an executable file");
    }
    return path.toAbsolutePath();
  }

  private void refuseWindows() {
    if (system().startsWith("windows")) {
      throw new UnsupportedOperationException(
          "Redis has no native Windows server and this class needs Unix signals: run the tests"
              + " under WSL, or start Redis in Docker (for example with Testcontainers) and point"
              + " the tests at it");
    }
  }

  private synchronized Path embedded() {
    if (extracted == null) {
      extracted = extract();
    }
    return extracted;
  }

  private Path extract() {
    String platform = platform();
    String checksum = EMBEDDED.get(platform);
    if (checksum == null) {
      throw new UnsupportedOperationException(
          "there is no embedded Redis for "
              + platform
              + ": name a redis-server binary (7.0 or newer) with the system"
              + " property "
              + BINARY_PROPERTY
              + " or the environment variable "
              + BINARY_VARIABLE
              + ", or start Redis in Docker and point the tests at it");
    }
    String name = EMBEDDED_PREFIX + platform;
    try {
      Path directory = cacheDirectory();
      Path target = directory.resolve(name + "-" + checksum.substring(0, 12));
      if (Files.isExecutable(target) && checksum.equals(sha256(target))) {
        return target;
      }
      Path partial = Files.createTempFile(directory, name, ".partial");
      try {
        copyResource(name, partial);
        if (!checksum.equals(sha256(partial))) {
          throw new RedisServerException(
              "the embedded "
                  + name
                  + " is not the one of org.signal:embedded-redis:0.9.1: check the class path");
        }
        Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rwxr-xr-x"));
        // Another JVM may be doing the same; whichever rename comes last puts the same bytes there,
        // and a server that
        // already runs from the replaced file keeps it.
        Files.move(
            partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(partial);
      }
      return target;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot extract the embedded redis-server; name a directory for it with the system"
              + " property "
              + CACHE_PROPERTY,
          e);
    }
  }

  private static void copyResource(String name, Path target) throws IOException {
    try (InputStream in = ServerBinary.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new RedisServerException(
            name
                + " is not on the class path: add org.signal:embedded-redis:0.9.1, or name a binary"
                + " with the system property "
                + BINARY_PROPERTY);
      }
      Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private Path cacheDirectory() throws IOException {
    String named = properties.apply(CACHE_PROPERTY);
    if (named != null && !named.isBlank()) {
      return Files.createDirectories(Path.of(named));
    }
    try {
      return writable(userCache().resolve("tenant-redis").resolve("embedded"));
    } catch (IOException homeIsNotWritable) {
      // A predictable name under a shared /tmp could be another user's.
      return Files.createTempDirectory("tenant-redis-embedded");
    }
  }

  private static Path writable(Path directory) throws IOException {
    Files.createDirectories(directory);
    if (!Files.isWritable(directory)) {
      throw new IOException(directory + " is not writable");
    }
    return directory;
  }

  private Path userCache() {
    String xdg = environment.apply("XDG_CACHE_HOME");
    if (xdg != null && !xdg.isBlank()) {
      return Path.of(xdg);
    }
    String home = properties.apply("user.home");
    Path base = Path.of(home == null ? "." : home);
    return platform().startsWith("darwin")
        ? base.resolve("Library").resolve("Caches")
        : base.resolve(".cache");
  }

  private String system() {
    return lower(properties.apply("os.name"));
  }

  private String platform() {
    String system = system().startsWith("mac") ? "darwin" : system();
    String machine = lower(properties.apply("os.arch"));
    String architecture =
        switch (machine) {
          case "amd64", "x86_64" -> "amd64";
          case "aarch64", "arm64" -> "arm64";
          default -> machine;
        };
    return system + "-" + architecture;
  }

  private static String lower(@Nullable String value) {
    return value == null ? "unknown" : value.toLowerCase(Locale.ROOT);
  }

  private static String sha256(Path file) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
