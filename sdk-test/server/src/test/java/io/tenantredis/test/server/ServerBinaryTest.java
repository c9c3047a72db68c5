package io.tenantredis.test.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerBinaryTest {

  @TempDir Path directory;
  private final Map<String, String> properties = new HashMap<>();
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void linuxOnX86() {
    properties.put("os.name", "Linux");
    properties.put("os.arch", "amd64");
    properties.put("user.home", directory.resolve("home").toString());
  }

  @Test
  void theSystemPropertyComesFirst() throws Exception {
    Path one = executable("one");
    properties.put("tenantredis.server.binary", one.toString());
    environment.put("TENANTREDIS_SERVER_BINARY", executable("two").toString());
    assertThat(resolve()).isEqualTo(one);
  }

  @Test
  void theEnvironmentVariableComesSecond() throws Exception {
    Path two = executable("two");
    environment.put("TENANTREDIS_SERVER_BINARY", two.toString());
    assertThat(resolve()).isEqualTo(two);
  }

  @Test
  void aNamedBinaryThatIsNotExecutableFails() throws Exception {
    Path file = Files.writeString(directory.resolve("text"), "");
    properties.put("tenantredis.server.binary", file.toString());
    assertThatThrownBy(this::resolve)
        .isInstanceOf(RedisServerException.class)
        .hasMessageContaining("tenantredis.server.binary")
        .hasMessageContaining("not an executable");
    properties.clear();
    linuxOnX86();
    environment.put("TENANTREDIS_SERVER_BINARY", directory.toString());
    assertThatThrownBy(this::resolve)
        .isInstanceOf(RedisServerException.class)
        .hasMessageContaining("TENANTREDIS_SERVER_BINARY");
  }

  @Test
  void theEmbeddedBinaryIsExtractedOncePerUser() throws Exception {
    Path first = resolve();
    assertThat(first).startsWith(directory.resolve("home/.cache/tenant-redis")).isExecutable();
    FileTime modified = Files.getLastModifiedTime(first);
    assertThat(resolve()).isEqualTo(first);
    assertThat(Files.getLastModifiedTime(first)).isEqualTo(modified);
    try (Stream<Path> files = Files.list(first.getParent())) {
      assertThat(files).containsExactly(first);
    }
  }

  @Test
  void aDamagedCopyIsReplaced() throws Exception {
    Path binary = resolve();
    byte[] good = Files.readAllBytes(binary);
    byte[] bad = good.clone();
    bad[good.length / 2] ^= 1;
    Files.write(binary, bad);
    assertThat(resolve()).isEqualTo(binary);
    assertThat(Files.readAllBytes(binary)).isEqualTo(good);
  }

  @Test
  void theCacheCanBeElsewhere() {
    environment.put("XDG_CACHE_HOME", directory.resolve("xdg").toString());
    assertThat(resolve()).startsWith(directory.resolve("xdg/tenant-redis"));
    properties.put("tenantredis.server.cache", directory.resolve("named").toString());
    assertThat(resolve()).startsWith(directory.resolve("named"));
  }

  @ParameterizedTest
  @CsvSource({
    "Linux, x86_64, linux-amd64",
    "Linux, aarch64, linux-arm64",
    "Mac OS X, x86_64, darwin-amd64",
    "Mac OS X, aarch64, darwin-arm64"
  })
  void everySupportedPlatformHasItsBinary(String system, String architecture, String expected) {
    properties.put("os.name", system);
    properties.put("os.arch", architecture);
    assertThat(resolve().getFileName().toString()).contains("7.0.15-" + expected);
  }

  @Test
  void windowsIsRefusedWithTheAlternatives() {
    properties.put("os.name", "Windows 11");
    assertThatThrownBy(this::resolve)
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("Docker")
        .hasMessageContaining("WSL");
  }

  @Test
  void aPlatformWithoutEmbeddedBinaryIsRefusedWithTheAlternatives() throws Exception {
    properties.put("os.arch", "s390x");
    assertThatThrownBy(this::resolve)
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("linux-s390x")
        .hasMessageContaining("tenantredis.server.binary")
        .hasMessageContaining("Docker");
    properties.put("tenantredis.server.binary", executable("own").toString());
    assertThat(resolve()).isEqualTo(directory.resolve("own"));
  }

  private Path resolve() {
    return new ServerBinary(properties::get, environment::get).resolve();
  }

  private Path executable(String name) throws Exception {
    return Files.createFile(
        directory.resolve(name),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
  }
}
