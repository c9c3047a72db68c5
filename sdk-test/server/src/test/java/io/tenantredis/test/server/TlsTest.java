package io.tenantredis.test.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.time.Instant;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsTest {

  private final TestCertificates certificates = TestCertificates.shared();
  private RedisServer server;

  @BeforeAll
  void start() {
    server = RedisServer.builder().tls().start();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void theTlsPortSpeaksTlsWithTheGoodCertificate() {
    assertThat(server.tlsUri()).isEqualTo("rediss://127.0.0.1:" + server.tlsPort());
    assertThat(server.certificates()).isSameAs(certificates);
    try (RespConnection connection = server.connectTls(certificates.clientContext())) {
      assertThat(connection.text("PING")).isEqualTo("PONG");
    }
  }

  @Test
  void thePlainPortStays() {
    try (RespConnection connection = server.connect()) {
      assertThat(connection.text("PING")).isEqualTo("PONG");
    }
  }

  @Test
  void theGoodCertificateIsForLocalhostAndTheLoopbackAddress() throws Exception {
    handshake("localhost", certificates.clientContext());
    handshake("127.0.0.1", certificates.clientContext());
  }

  @Test
  void anExpiredCertificateIsRefusedByClients() {
    withCertificate(
        certificates.expired(),
        () ->
            assertThatThrownBy(() -> server.connectTls(certificates.clientContext()))
                .isInstanceOf(UncheckedIOException.class)
                .hasRootCauseInstanceOf(CertificateExpiredException.class));
  }

  @Test
  void aCertificateThatIsNotYetValidIsRefusedByClients() {
    withCertificate(
        certificates.notYetValid(),
        () ->
            assertThatThrownBy(() -> server.connectTls(certificates.clientContext()))
                .isInstanceOf(UncheckedIOException.class)
                .hasRootCauseInstanceOf(CertificateNotYetValidException.class));
  }

  @Test
  void aCertificateOfAnUntrustedAuthorityIsRefusedByClients() {
    withCertificate(
        certificates.untrusted(),
        () ->
            assertThatThrownBy(() -> server.connectTls(certificates.clientContext()))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("PKIX"));
  }

  @Test
  void aCertificateForAnotherHostIsRefusedByClientsThatCompareNames() {
    withCertificate(
        certificates.wrongHost(),
        () -> {
          server.connectTls(certificates.clientContext()).close();
          assertThatThrownBy(() -> handshake("localhost", certificates.clientContext()))
              .hasMessageContaining("localhost");
        });
  }

  @Test
  void aClientThatTrustsNobodyElseRefusesTheServer() throws Exception {
    assertThatThrownBy(() -> server.connectTls(SSLContext.getDefault()))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("PKIX");
  }

  @Test
  void requireClientCertificateRefusesClientsWithoutOne() {
    try (RedisServer mutual = RedisServer.builder().tls().requireClientCertificate().start()) {
      assertThatThrownBy(
              () -> {
                try (RespConnection anonymous = mutual.connectTls(certificates.clientContext())) {
                  anonymous.command("PING");
                }
              })
          .isInstanceOf(UncheckedIOException.class);
      try (RespConnection connection =
          mutual.connectTls(certificates.clientContext(certificates.client()))) {
        assertThat(connection.text("PING")).isEqualTo("PONG");
      }
    }
  }

  @Test
  void aBadCertificateCanBePresentedFromTheStart() {
    try (RedisServer bad =
        RedisServer.builder().tls(certificates, certificates.expired()).start()) {
      assertThatThrownBy(() -> bad.connectTls(certificates.clientContext()))
          .isInstanceOf(UncheckedIOException.class);
    }
  }

  @Test
  void aServerWithoutTlsSaysSo() {
    try (RedisServer plain = RedisServer.start()) {
      assertThatThrownBy(plain::tlsPort).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(plain::tlsUri).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(plain::certificates).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> plain.presentCertificate(certificates.expired()))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void certificatesAreMadeOnce() {
    assertThat(certificates.server()).isSameAs(certificates.server());
    assertThat(certificates.client("acme")).isSameAs(certificates.client("acme"));
    assertThat(certificates.client("acme").certificate().getSubjectX500Principal().getName())
        .isEqualTo("CN=acme");
    assertThatThrownBy(() -> certificates.client("a, O=b"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void keyStoresAndPemFilesHoldTheSame(@TempDir Path directory) throws Exception {
    TestCertificates own = TestCertificates.createIn(directory.resolve("tls"));
    KeyStore store = own.server().keyStore();
    assertThat(store.getCertificate("key")).isEqualTo(own.server().certificate());
    assertThat(store.getKey("key", TestCertificates.STORE_PASSWORD.toCharArray())).isNotNull();
    assertThat(own.trustStore().getCertificate("ca")).isEqualTo(own.caCertificate());
    assertThat(Files.readString(own.server().keyPem())).startsWith("-----BEGIN PRIVATE KEY-----");
    assertThat(own.expired().certificate().getNotAfter()).isBefore(Instant.now());
    try (RedisServer other = RedisServer.builder().tls(own, own.server()).start()) {
      other.connectTls(own.clientContext()).close();
      assertThatThrownBy(() -> other.connectTls(certificates.clientContext()))
          .isInstanceOf(UncheckedIOException.class);
    }
  }

  private void withCertificate(TestCertificates.Identity identity, Runnable check) {
    server.presentCertificate(identity);
    try {
      check.run();
    } finally {
      server.presentCertificate(certificates.server());
    }
  }

  private void handshake(String host, SSLContext context) {
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(host, server.tlsPort())) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket.startHandshake();
    } catch (java.io.IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
