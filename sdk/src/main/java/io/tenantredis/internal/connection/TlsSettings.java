package io.tenantredis.internal.connection;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where TLS material is and what may be spoken.
 *
 * @param trustPem trusted authorities in PEM, or null
 * @param trustStore trusted authorities in a key store, or null
 * @param trustStorePassword the password of the trust store
 * @param certificatePem the client's certificate, or null
 * @param keyPem the private key of the certificate
 * @param keyStore certificate and key in a key store, or null
 * @param keyPassword the password of key or key store, null for a key that is not encrypted
 * @param protocols the versions of TLS that are spoken
 */
public record TlsSettings(
    @Nullable Path trustPem,
    @Nullable Path trustStore,
    @Nullable String trustStorePassword,
    @Nullable Path certificatePem,
    @Nullable Path keyPem,
    @Nullable Path keyStore,
    @Nullable String keyPassword,
    List<String> protocols) {

  /** The files, for looking whether one changed. */
  List<Path> files() {
    return Stream.of(trustPem, trustStore, certificatePem, keyPem, keyStore)
        .filter(Objects::nonNull)
        .map(Objects::requireNonNull)
        .toList();
  }

  /** Where the files are; no password. */
  @Override
  public String toString() {
    return "TlsSettings" + files();
  }
}
