package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.test.server.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where credentials come from. */
class CredentialsTest {

  private static final TenantId ACME = TenantId.of("acme");

  @TempDir Path directory;

  private static TenantCredentials ask(TenantCredentialsProvider provider, String tenant)
      throws Exception {
    return provider
        .credentials(TenantId.of(tenant))
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  @Test
  void anEnvironmentVariableHoldsThePassword() throws Exception {
    EnvironmentCredentials provider =
        new EnvironmentCredentials(
            "tenant_{tenant}",
            "REDIS_{tenant}_PASSWORD",
            Map.of("REDIS_ACME_EU_PASSWORD", "s3cret", "REDIS_EMPTY_PASSWORD", ""));
    assertThat(ask(provider, "acme-eu"))
        .isEqualTo(TenantCredentials.of("tenant_acme-eu", "s3cret"));
    assertThat(ask(provider, "empty")).isNull();
    assertThat(ask(provider, "nobody")).isNull();
    for (String ambiguous : new String[] {"acme_eu", "acme.eu", "ACME-EU"}) {
      assertThatThrownBy(() -> ask(provider, ambiguous)).hasMessageContaining(ambiguous);
    }
  }

  @Test
  void aTemplateWithoutTenantIsRefused() {
    assertThatThrownBy(() -> TenantCredentialsProvider.ofEnvironment("tenant_{tenant}", "REDIS"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("{tenant}");
    assertThatThrownBy(() -> FileCredentials.builder("tenant", "/run/{tenant}").build())
        .isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(() -> FileCredentials.builder("t_{tenant}", "run/{tenant}").build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("absolute");
  }

  private FileCredentials files() {
    return FileCredentials.builder("tenant_{tenant}", directory + "/{tenant}/password")
        .interval(Duration.ofMillis(20))
        .build();
  }

  private Path write(String tenant, String content) throws Exception {
    Path file = directory.resolve(tenant).resolve("password");
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }

  @Test
  void aFileHoldsThePasswordWithoutItsLineEnd() throws Exception {
    try (FileCredentials provider = files()) {
      write("acme", " p\u00e4ss \r\n");
      assertThat(ask(provider, "acme"))
          .isEqualTo(TenantCredentials.of("tenant_acme", " p\u00e4ss "));
      write("acme", "");
      assertThat(ask(provider, "acme")).isNull();
      assertThat(ask(provider, "nobody")).isNull();
      assertThat(provider.toString()).doesNotContain("p\u00e4ss");
    }
  }

  @Test
  void aFileThatIsNoPasswordFailsWithoutItsContent() throws Exception {
    try (FileCredentials provider = files()) {
      write("acme", "x".repeat(5000));
      assertThatThrownBy(() -> ask(provider, "acme")).hasMessageContaining("4096");
      Files.write(directory.resolve("acme/password"), new byte[] {(byte) 0xff});
      assertThatThrownBy(() -> ask(provider, "acme")).hasMessageContaining("UTF-8");
    }
  }

  @Test
  void aChangedFileRotatesTheTenantsConnections() throws Exception {
    try (RedisServer server = Tenants.confined().start();
        FileCredentials provider = files();
        TenantRedis redis = Tenants.client(server).credentials(provider).build()) {
      write("acme", Tenants.password("acme"));
      redis.tenant(ACME).sync().set("k", "v");
      String before = connection(server);
      server.admin().command("ACL", "SETUSER", "tenant_acme", ">from-the-new-file");
      write("acme", "from-the-new-file\n");
      Awaitility.await()
          .until(() -> !connection(server).isEmpty() && !connection(server).contains(before));
      server.admin().command("ACL", "SETUSER", "tenant_acme", "<" + Tenants.password("acme"));
      assertThat(redis.tenant(ACME).sync().get("k")).isEqualTo("v");
    }
  }

  private static String connection(RedisServer server) {
    return server
        .admin()
        .text("CLIENT", "LIST")
        .lines()
        .filter(line -> line.contains(" user=tenant_acme "))
        .map(line -> line.substring(0, line.indexOf(' ')))
        .reduce("", (a, b) -> a + b + ";");
  }

  @Test
  void closingTheProviderEndsItsThread() throws Exception {
    FileCredentials provider = files();
    write("acme", "x");
    ask(provider, "acme");
    provider.close();
    Awaitility.await()
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("tenant-redis-credentials")));
    assertThatThrownBy(() -> ask(provider, "acme")).hasMessageContaining("closed");
  }
}
