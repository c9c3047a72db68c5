package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.TestCertificates;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections over TLS to a real server. */
class TlsOptionsTest {

  private static final char[] STORE_PASSWORD = TestCertificates.STORE_PASSWORD.toCharArray();

  @TempDir static Path directory;

  static TestCertificates certificates;
  static RedisServer server;
  static RedisServer strict;

  @BeforeAll
  static void startServers() {
    certificates = TestCertificates.createIn(directory.resolve("pki"));
    server = Tenants.confined().tls(certificates, certificates.server()).start();
    strict =
        Tenants.confined()
            .tls(certificates, certificates.server())
            .requireClientCertificate()
            .start();
  }

  @AfterAll
  static void stopServers() {
    server.close();
    strict.close();
  }

  private static TenantRedis.Builder client(RedisServer to) {
    return TenantRedis.builder(to.tlsUri())
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials())
        .connectTimeout(Duration.ofSeconds(30))
        .commandTimeout(Duration.ofSeconds(30))
        .maxAttempts(1);
  }

  private static TlsOptions.Builder trusting() {
    return TlsOptions.builder().trust(certificates.caPem());
  }

  private static void assertWorks(TenantRedis.Builder client) {
    try (TenantRedis redis = client.build()) {
      assertThat(redis.tenant("acme").sync().set("k", "v")).isEqualTo("OK");
    }
  }

  private static void assertNoTls(TenantRedis.Builder client, String... says) {
    try (TenantRedis redis = client.build()) {
      assertThatThrownBy(() -> redis.tenant("acme").sync().set("k", "v"))
          .isInstanceOfSatisfying(
              TenantConnectionException.class,
              failure -> assertThat(failure.code()).isEqualTo(ErrorCode.SEC004))
          .message()
          .contains(says);
    }
  }

  private static Path store(String name, KeyStore store) throws Exception {
    Path file = directory.resolve(name);
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, STORE_PASSWORD);
    }
    return file;
  }

  @Test
  void trustsTheAuthoritiesOfAPemFile() {
    assertWorks(client(server).tls(trusting().build()));
  }

  @Test
  void trustsTheAuthoritiesOfAKeyStore() throws Exception {
    Path store = store("trust.p12", certificates.trustStore());
    assertWorks(client(server).tls(TlsOptions.builder().trustStore(store, STORE_PASSWORD).build()));
  }

  @Test
  void presentsTheCertificateOfPemFiles() {
    TestCertificates.Identity identity = certificates.client();
    assertWorks(
        client(strict)
            .tls(trusting().certificate(identity.certificatePem(), identity.keyPem()).build()));
  }

  @Test
  void readsAnEncryptedKeyWithItsPassword() {
    TestCertificates.Identity identity = certificates.client();
    Path key = identity.encryptedKeyPem("opens the key");
    assertWorks(
        client(strict)
            .tls(
                trusting()
                    .certificate(identity.certificatePem(), key, "opens the key".toCharArray())
                    .build()));
  }

  @Test
  void aKeyThatItsPasswordDoesNotOpenIsFoundWhenTheClientIsBuilt() {
    TestCertificates.Identity identity = certificates.client();
    Path key = identity.encryptedKeyPem("opens the key");
    TlsOptions wrong =
        trusting()
            .certificate(identity.certificatePem(), key, "does not open it".toCharArray())
            .build();
    assertThatThrownBy(() -> client(strict).tls(wrong).build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(key.toString())
        .hasMessageNotContaining("does not open it");
    TlsOptions none = trusting().certificate(identity.certificatePem(), key).build();
    assertThatThrownBy(() -> client(strict).tls(none).build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("the key is encrypted: give its password");
  }

  @Test
  void presentsTheCertificateOfAKeyStore() throws Exception {
    Path store = store("client.p12", certificates.client().keyStore());
    assertWorks(client(strict).tls(trusting().keyStore(store, STORE_PASSWORD).build()));
  }

  @Test
  void speaksTls13Alone() {
    assertWorks(client(server).tls(trusting().minimumVersion(TlsOptions.Version.TLS_1_3).build()));
  }

  @Test
  void doesNotSpeakAnOlderVersionThanTheMinimum() {
    try (RedisServer old =
        Tenants.confined()
            .tls(certificates, certificates.server())
            .setting("tls-protocols", "TLSv1.2")
            .start()) {
      assertWorks(client(old).tls(trusting().build()));
      assertNoTls(
          client(old).tls(trusting().minimumVersion(TlsOptions.Version.TLS_1_3).build()),
          "protocol_version");
    }
  }

  @Test
  void aServerThatAsksForACertificateTurnsAClientWithoutOneAway() {
    assertNoTls(client(strict).tls(trusting().build()), "client certificate");
  }

  @Test
  void anAuthorityThatIsNotTrustedIsAClearError() {
    assertNoTls(client(server), "not trusted", "TlsOptions.trust");
  }

  @Test
  void badServerCertificatesAreClearErrors() {
    try (RedisServer bad = Tenants.confined().tls(certificates, certificates.server()).start()) {
      bad.presentCertificate(certificates.expired());
      assertNoTls(client(bad).tls(trusting().build()), "has expired");
      bad.presentCertificate(certificates.notYetValid());
      assertNoTls(client(bad).tls(trusting().build()), "not valid yet");
      bad.presentCertificate(certificates.untrusted());
      assertNoTls(client(bad).tls(trusting().build()), "not trusted");
      bad.presentCertificate(certificates.wrongHost());
      assertNoTls(client(bad).tls(trusting().build()), "does not name this host");
      assertWorks(client(bad).tls(trusting().hostnameVerification(false).build()));
    }
  }

  @Test
  void unusableFilesAndContradictionsAreFoundWhenTheClientIsBuilt() throws Exception {
    Path noKey = Files.writeString(directory.resolve("no.key"), "hello");
    Path pkcs1 =
        Files.writeString(
            directory.resolve("pkcs1.key"),
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
    Path certificate = certificates.client().certificatePem();
    assertThatThrownBy(
            () -> client(server).tls(TlsOptions.builder().trust(Path.of("/no/ca")).build()).build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("/no/ca");
    assertThatThrownBy(
            () -> client(server).tls(trusting().certificate(certificate, noKey).build()).build())
        .hasMessageContaining("no private key");
    assertThatThrownBy(
            () -> client(server).tls(trusting().certificate(certificate, pkcs1).build()).build())
        .hasMessageContaining("openssl pkcs8");
    assertThatThrownBy(
            () ->
                TenantRedis.builder(server.uri()).withoutAclUsers().tls(trusting().build()).build())
        .hasMessageContaining("rediss://");
    assertThatThrownBy(
            () ->
                TenantRedis.builder(server.tlsUri() + "?verifyPeer=NONE").withoutAclUsers().build())
        .hasMessageContaining("verifyPeer");
  }

  @Test
  void changedFilesTakeEffectWithoutARestartAndWithoutAFailedCommand() throws Exception {
    Path certificate = directory.resolve("mounted.pem");
    Path key = directory.resolve("mounted.key");
    mount(certificates.client("before"), certificate, key);
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (TenantRedis redis =
        client(strict)
            // Who held a connection for long when it was left is told so, and asks again.
            .maxAttempts(3)
            .meterRegistry(registry)
            .tls(
                trusting()
                    .certificate(certificate, key)
                    .reloadInterval(Duration.ofMillis(50))
                    .build())
            .build()) {
      AtomicBoolean stop = new AtomicBoolean();
      redis.tenant("acme").sync().set("k", "v");
      CompletableFuture<Void> load =
          CompletableFuture.runAsync(
              () -> {
                while (!stop.get()) {
                  assertThat(redis.tenant("acme").sync().get("k")).isEqualTo("v");
                }
              });
      // Half of it is there already: what was read before stays in use.
      Files.writeString(certificate, "-----BEGIN CERTIFICATE-----\n");
      assertThat(redis.tenant("globex").sync().set("k", "v")).isEqualTo("OK");
      mount(certificates.client("after"), certificate, key);
      Awaitility.await()
          .until(
              () ->
                  registry.find("tenant.redis.connection.exchanges").counters().stream()
                          .mapToDouble(counter -> counter.count())
                          .sum()
                      >= 2);
      stop.set(true);
      load.get(10, TimeUnit.SECONDS);
    }
  }

  private static void mount(TestCertificates.Identity identity, Path certificate, Path key)
      throws Exception {
    Files.copy(identity.keyPem(), key, StandardCopyOption.REPLACE_EXISTING);
    Files.copy(identity.certificatePem(), certificate, StandardCopyOption.REPLACE_EXISTING);
  }
}
