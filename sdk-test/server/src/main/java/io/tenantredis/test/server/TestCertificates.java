package io.tenantredis.test.server;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.OutputEncryptor;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Certificates made on the fly: a certificate authority, good certificates for a server and a
 * client, and bad ones of every kind that a client must refuse. Keys are on the curve P-256. No
 * security provider is registered.
 *
 * <p>Thread-safe; each certificate is made when it is first asked for, and is the same one
 * afterwards.
 */
public final class TestCertificates {

  private static final Duration DAY = Duration.ofDays(1);
  private static final List<String> LOCAL_NAMES = List.of("localhost", "127.0.0.1");

  /** What the key stores of this class are locked with: {@code changeit}. */
  public static final String STORE_PASSWORD = "changeit";

  private final Path directory;
  private final Authority authority;
  private final ConcurrentHashMap<String, Identity> identities = new ConcurrentHashMap<>();

  private TestCertificates(Path directory) {
    this.directory = directory;
    this.authority = new Authority("Tenant Redis Test CA");
    writePem(caPem(), "CERTIFICATE", encoded(authority.certificate()));
  }

  /**
   * The certificates that all of this JVM's servers use unless told otherwise. Their files go when
   * the JVM ends.
   */
  public static TestCertificates shared() {
    return Shared.INSTANCE;
  }

  /**
   * Makes a new authority, with its files in this directory.
   *
   * @param directory is created when it does not exist, and left to the caller to remove
   */
  public static TestCertificates createIn(Path directory) {
    try {
      return new TestCertificates(Files.createDirectories(directory).toAbsolutePath());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The authority's certificate, in PEM. */
  public Path caPem() {
    return directory.resolve("ca.pem");
  }

  /** The authority's certificate. */
  public X509Certificate caCertificate() {
    return authority.certificate();
  }

  /** A key store that holds the authority's certificate only, as trust store of a client. */
  public KeyStore trustStore() {
    KeyStore store = emptyStore();
    try {
      store.setCertificateEntry("ca", authority.certificate());
      return store;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A good server certificate, for {@code localhost} and {@code 127.0.0.1}. */
  public Identity server() {
    return serverIdentity("server", LOCAL_NAMES, authority, now().minus(DAY), now().plus(DAY));
  }

  /** A server certificate that ended an hour ago. */
  public Identity expired() {
    return serverIdentity(
        "expired", LOCAL_NAMES, authority, now().minus(DAY), now().minus(Duration.ofHours(1)));
  }

  /**
   * A server certificate that begins in an hour, as one looks to a client whose clock is behind.
   */
  public Identity notYetValid() {
    return serverIdentity(
        "not-yet-valid", LOCAL_NAMES, authority, now().plus(Duration.ofHours(1)), now().plus(DAY));
  }

  /** A server certificate for the host {@code elsewhere.invalid}. */
  public Identity wrongHost() {
    return serverIdentity(
        "wrong-host", List.of("elsewhere.invalid"), authority, now().minus(DAY), now().plus(DAY));
  }

  /** A server certificate for the right names, of an authority that nobody trusts. */
  public Identity untrusted() {
    return serverIdentity(
        "untrusted", LOCAL_NAMES, new Authority("Unknown CA"), now().minus(DAY), now().plus(DAY));
  }

  /** A good client certificate with the common name {@code client}. */
  public Identity client() {
    return client("client");
  }

  /**
   * A good client certificate.
   *
   * @param commonName letters, digits, {@code _}, {@code -} and {@code .}, such as the name of an
   *     ACL user
   */
  public Identity client(String commonName) {
    if (!commonName.matches("[A-Za-z0-9_.-]+")) {
      throw new IllegalArgumentException("not a usable common name: " + commonName);
    }
    return identities.computeIfAbsent(
        "client-" + commonName,
        file ->
            authority.issue(
                directory,
                file,
                commonName,
                List.of(),
                KeyPurposeId.id_kp_clientAuth,
                now().minus(DAY),
                now().plus(DAY)));
  }

  /** A context for clients that trust the authority and present no certificate. */
  public SSLContext clientContext() {
    return context(new KeyManager[0]);
  }

  /** A context for clients that trust the authority and present this certificate. */
  public SSLContext clientContext(Identity identity) {
    try {
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(identity.keyStore(), STORE_PASSWORD.toCharArray());
      return context(factory.getKeyManagers());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private SSLContext context(KeyManager[] keys) {
    try {
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trustStore());
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private Identity serverIdentity(
      String file, List<String> names, Authority issuer, Instant from, Instant to) {
    return identities.computeIfAbsent(
        file,
        f ->
            issuer.issue(
                directory, f, names.get(0), names, KeyPurposeId.id_kp_serverAuth, from, to));
  }

  private static Instant now() {
    return Instant.now();
  }

  /** A certificate with its private key. Immutable. */
  public static final class Identity {

    private final Path certificatePem;
    private final Path keyPem;
    private final X509Certificate certificate;
    private final X509Certificate issuer;
    private final PrivateKey key;

    private Identity(
        Path certificatePem,
        Path keyPem,
        X509Certificate certificate,
        X509Certificate issuer,
        PrivateKey key) {
      this.certificatePem = certificatePem;
      this.keyPem = keyPem;
      this.certificate = certificate;
      this.issuer = issuer;
      this.key = key;
    }

    /** The certificate, in PEM. */
    public Path certificatePem() {
      return certificatePem;
    }

    /** The private key, in PKCS #8 PEM, unencrypted. */
    public Path keyPem() {
      return keyPem;
    }

    /**
     * Writes the private key in encrypted PKCS #8 PEM, as {@code openssl pkcs8 -topk8} does: PBES2
     * with AES-256 and HMAC-SHA-256.
     *
     * @param password what opens it
     * @return the file, beside {@link #keyPem()}
     */
    public Path encryptedKeyPem(String password) {
      Path file = keyPem.resolveSibling(keyPem.getFileName() + ".encrypted");
      try {
        OutputEncryptor encryptor =
            new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
                .setProvider(new BouncyCastleProvider())
                .setPRF(PKCS8Generator.PRF_HMACSHA256)
                .setPassword(password.toCharArray())
                .build();
        writePem(
            file,
            "ENCRYPTED PRIVATE KEY",
            new JcaPKCS8Generator(key, encryptor).generate().getContent());
      } catch (OperatorCreationException | IOException e) {
        throw new IllegalStateException("cannot encrypt a key", e);
      }
      return file;
    }

    /** The certificate. */
    public X509Certificate certificate() {
      return certificate;
    }

    /**
     * A key store with this key and its chain, locked with {@link TestCertificates#STORE_PASSWORD}.
     */
    public KeyStore keyStore() {
      KeyStore store = emptyStore();
      try {
        store.setKeyEntry(
            "key", key, STORE_PASSWORD.toCharArray(), new X509Certificate[] {certificate, issuer});
        return store;
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static final class Authority {

    private final KeyPair keys = newKeys();
    private final String name;
    private final X509Certificate certificate;

    Authority(String name) {
      this.name = name;
      X509v3CertificateBuilder builder =
          builder(
              name, name, keys, now().minus(DAY.multipliedBy(2)), now().plus(DAY.multipliedBy(2)));
      try {
        builder
            .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
            .addExtension(
                Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      } catch (CertIOException e) {
        throw new IllegalStateException(e);
      }
      this.certificate = sign(builder);
    }

    X509Certificate certificate() {
      return certificate;
    }

    Identity issue(
        Path directory,
        String file,
        String commonName,
        List<String> names,
        KeyPurposeId purpose,
        Instant from,
        Instant to) {
      KeyPair subject = newKeys();
      X509v3CertificateBuilder builder = builder(name, commonName, subject, from, to);
      try {
        builder
            .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
            .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
            // Redis presents the server's certificate as a client too, on its replication and
            // cluster links.
            .addExtension(
                Extension.extendedKeyUsage,
                false,
                purpose.equals(KeyPurposeId.id_kp_serverAuth)
                    ? new ExtendedKeyUsage(
                        new KeyPurposeId[] {purpose, KeyPurposeId.id_kp_clientAuth})
                    : new ExtendedKeyUsage(purpose));
        if (!names.isEmpty()) {
          builder.addExtension(
              Extension.subjectAlternativeName,
              false,
              new GeneralNames(
                  names.stream().map(Authority::generalName).toArray(GeneralName[]::new)));
        }
      } catch (CertIOException e) {
        throw new IllegalStateException(e);
      }
      X509Certificate issued = sign(builder);
      Path certificatePem = directory.resolve(file + ".pem");
      Path keyPem = directory.resolve(file + ".key");
      writePem(certificatePem, "CERTIFICATE", encoded(issued));
      writePem(keyPem, "PRIVATE KEY", subject.getPrivate().getEncoded());
      X509Certificate issuer = certificate();
      return new Identity(certificatePem, keyPem, issued, issuer, subject.getPrivate());
    }

    private X509Certificate sign(X509v3CertificateBuilder builder) {
      try {
        ContentSigner signer =
            new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
        byte[] der = builder.build(signer).getEncoded();
        return (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(der));
      } catch (OperatorCreationException | IOException | GeneralSecurityException e) {
        throw new IllegalStateException("cannot make a certificate", e);
      }
    }

    private static X509v3CertificateBuilder builder(
        String issuer, String subject, KeyPair keys, Instant from, Instant to) {
      return new JcaX509v3CertificateBuilder(
          new X500Name("CN=" + issuer),
          new BigInteger(96, new SecureRandom()).add(BigInteger.ONE),
          Date.from(from),
          Date.from(to),
          new X500Name("CN=" + subject),
          keys.getPublic());
    }

    private static GeneralName generalName(String name) {
      return new GeneralName(
          name.matches("[0-9.]+") ? GeneralName.iPAddress : GeneralName.dNSName, name);
    }

    private static KeyPair newKeys() {
      try {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static byte[] encoded(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void writePem(Path file, String type, byte[] der) {
    String base64 =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der);
    try {
      Files.writeString(
          file, "-----BEGIN " + type + "-----\n" + base64 + "\n-----END " + type + "-----\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static KeyStore emptyStore() {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      return store;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final class Shared {
    private static final ScratchDirectory DIRECTORY = ScratchDirectory.create();
    private static final TestCertificates INSTANCE = new TestCertificates(DIRECTORY.path());
  }
}
