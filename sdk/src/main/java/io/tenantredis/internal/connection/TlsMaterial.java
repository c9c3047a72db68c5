package io.tenantredis.internal.connection;

import io.lettuce.core.SslOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Certificates and keys as read from files: once for all connections, so that connecting reads no
 * file on an event loop. Immutable.
 */
public final class TlsMaterial {

  private static final Pattern PEM_KEY =
      Pattern.compile(
          "-----BEGIN (?<type>[A-Z ]*PRIVATE KEY)-----(?<base64>[A-Za-z0-9+/=\\s]+)-----END");
  private static final List<String> KEY_ALGORITHMS = List.of("EC", "RSA", "EdDSA");

  private final SslOptions options;
  private final byte[] digest;

  private TlsMaterial(SslOptions options, byte[] digest) {
    this.options = options;
    this.digest = digest;
  }

  /**
   * Reads the files. Blocks.
   *
   * @throws IOException if a file cannot be read or used; the message names the file and says why
   */
  public static TlsMaterial read(TlsSettings settings) throws IOException {
    byte[] digest = digest(settings);
    SslOptions.Builder options =
        SslOptions.builder()
            .jdkSslProvider()
            .protocols(settings.protocols().toArray(String[]::new));
    TrustManagerFactory trusted = trusted(settings);
    if (trusted != null) {
      options.trustManager(trusted);
    }
    KeyManagerFactory presented = presented(settings);
    if (presented != null) {
      options.keyManager(presented);
    }
    return new TlsMaterial(options.build(), digest);
  }

  private static @Nullable TrustManagerFactory trusted(TlsSettings settings) throws IOException {
    if (settings.trustPem() != null) {
      return usable(settings.trustPem(), file -> trust(trustStore(certificates(file))));
    }
    if (settings.trustStore() != null) {
      return usable(
          settings.trustStore(),
          file ->
              trust(
                  KeyStore.getInstance(file.toFile(), characters(settings.trustStorePassword()))));
    }
    return null;
  }

  private static @Nullable KeyManagerFactory presented(TlsSettings settings) throws IOException {
    Path keyPem = settings.keyPem();
    if (settings.certificatePem() != null && keyPem != null) {
      Collection<? extends Certificate> chain =
          usable(settings.certificatePem(), TlsMaterial::certificates);
      PrivateKey key = usable(keyPem, file -> privateKey(file, settings.keyPassword()));
      return usable(keyPem, file -> keys(keyStore(chain, key), new char[0]));
    }
    if (settings.keyStore() != null) {
      char[] password = characters(settings.keyPassword());
      return usable(
          settings.keyStore(),
          file -> keys(KeyStore.getInstance(file.toFile(), password), password));
    }
    return null;
  }

  /** Lettuce's form of this material. */
  public SslOptions options() {
    return options;
  }

  /** Whether a file holds something else now. Blocks. */
  boolean isOutdated(TlsSettings settings) throws IOException {
    return !Arrays.equals(digest, digest(settings));
  }

  private static byte[] digest(TlsSettings settings) throws IOException {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      for (Path file : settings.files()) {
        sha256.update(Files.readAllBytes(file));
      }
      return sha256.digest();
    } catch (NoSuchFileException absent) {
      throw new IOException("There is no file " + absent.getFile(), absent);
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }

  private static <T> T usable(Path file, Reading<T> reading) throws IOException {
    try {
      return reading.read(file);
    } catch (IOException | GeneralSecurityException | IllegalArgumentException failure) {
      throw new IOException(file + " cannot be used: " + failure.getMessage(), failure);
    }
  }

  private static Collection<? extends Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    Collection<? extends Certificate> certificates =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)));
    if (certificates.isEmpty()) {
      throw new IOException("it holds no certificate");
    }
    return certificates;
  }

  private static KeyStore trustStore(Collection<? extends Certificate> authorities)
      throws IOException, GeneralSecurityException {
    KeyStore store = emptyStore();
    int number = 0;
    for (Certificate authority : authorities) {
      store.setCertificateEntry("ca-" + number++, authority);
    }
    return store;
  }

  private static KeyStore keyStore(Collection<? extends Certificate> chain, PrivateKey key)
      throws IOException, GeneralSecurityException {
    KeyStore store = emptyStore();
    store.setKeyEntry("client", key, new char[0], chain.toArray(Certificate[]::new));
    return store;
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static TrustManagerFactory trust(KeyStore store) throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory;
  }

  private static KeyManagerFactory keys(KeyStore store, char[] password)
      throws GeneralSecurityException {
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, password);
    return factory;
  }

  private static PrivateKey privateKey(Path file, @Nullable String password)
      throws IOException, GeneralSecurityException {
    Matcher pem = PEM_KEY.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
    if (!pem.find()) {
      throw new IOException("it holds no private key in PEM");
    }
    byte[] der = Base64.getMimeDecoder().decode(pem.group("base64"));
    return switch (pem.group("type")) {
      case "PRIVATE KEY" -> privateKey(new PKCS8EncodedKeySpec(der));
      case "ENCRYPTED PRIVATE KEY" -> {
        if (password == null) {
          throw new IOException("the key is encrypted: give its password");
        }
        yield privateKey(decrypted(der, password.toCharArray()));
      }
      default ->
          throw new IOException(
              "the key is not in PKCS #8 form: convert it with 'openssl pkcs8 -topk8 -nocrypt'");
    };
  }

  private static PKCS8EncodedKeySpec decrypted(byte[] der, char[] password)
      throws IOException, GeneralSecurityException {
    EncryptedPrivateKeyInfo encrypted = new EncryptedPrivateKeyInfo(der);
    // The JDK names PBES2 by its parameters, which say what it is made of.
    String algorithm =
        encrypted.getAlgName().equals("PBES2")
            ? encrypted.getAlgParameters().toString()
            : encrypted.getAlgName();
    Cipher cipher = Cipher.getInstance(algorithm);
    cipher.init(
        Cipher.DECRYPT_MODE,
        SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password)),
        encrypted.getAlgParameters());
    return encrypted.getKeySpec(cipher);
  }

  private static PrivateKey privateKey(PKCS8EncodedKeySpec spec) throws GeneralSecurityException {
    for (String algorithm : KEY_ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException other) {
        // A key of another algorithm: the next one may fit.
      }
    }
    throw new GeneralSecurityException("the key is none of " + KEY_ALGORITHMS);
  }

  private static char[] characters(@Nullable String password) {
    return password == null ? new char[0] : password.toCharArray();
  }

  private interface Reading<T> {
    T read(Path file) throws IOException, GeneralSecurityException;
  }
}
