package io.tenantredis;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code rediss://} connection trusts and how it proves who it is. Immutable and
 * thread-safe.
 *
 * <pre>{@code
 * TlsOptions.builder()
 *     .trust(Path.of("/run/tls/ca.pem"))
 *     .certificate(Path.of("/run/tls/client.pem"), Path.of("/run/tls/client.key"))
 *     .build()
 * }</pre>
 *
 * <p>Files are read when the client is built and looked at again at an interval. When one changed,
 * new connections use it, and live ones are exchanged without failing a command. A file that cannot
 * be used then is logged, and what was read before stays in use.
 */
public final class TlsOptions {

  private final Builder values;

  private TlsOptions(Builder values) {
    this.values = values;
  }

  /**
   * Starts with the defaults: the JVM's trusted authorities, no certificate of the client, TLS 1.2
   * or 1.3, host names verified.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  @Nullable Path trustPem() {
    return values.trustPem;
  }

  @Nullable Path trustStore() {
    return values.trustStore;
  }

  char @Nullable [] trustStorePassword() {
    return values.trustStorePassword;
  }

  @Nullable Path certificatePem() {
    return values.certificatePem;
  }

  @Nullable Path keyPem() {
    return values.keyPem;
  }

  @Nullable Path keyStore() {
    return values.keyStore;
  }

  char @Nullable [] keyPassword() {
    return values.keyPassword;
  }

  /**
   * The oldest version of TLS that is spoken.
   *
   * @return the version
   */
  public Version minimumVersion() {
    return values.minimumVersion;
  }

  /**
   * Whether the server's certificate must name the host that is connected to.
   *
   * @return whether it must
   */
  public boolean verifiesHostname() {
    return values.hostnameVerification;
  }

  /**
   * How often files are looked at.
   *
   * @return the interval; zero for never
   */
  public Duration reloadInterval() {
    return values.reloadInterval;
  }

  /** The options without passwords. */
  @Override
  public String toString() {
    return "TlsOptions[minimumVersion="
        + values.minimumVersion
        + ", hostnameVerification="
        + values.hostnameVerification
        + "]";
  }

  /** A version of TLS. */
  public enum Version {
    /** TLS 1.2. */
    TLS_1_2,
    /** TLS 1.3. */
    TLS_1_3
  }

  /** Configures {@link TlsOptions}. Not thread-safe. */
  public static final class Builder {

    private @Nullable Path trustPem;
    private @Nullable Path trustStore;
    private char @Nullable [] trustStorePassword;
    private @Nullable Path certificatePem;
    private @Nullable Path keyPem;
    private @Nullable Path keyStore;
    private char @Nullable [] keyPassword;
    private Version minimumVersion = Version.TLS_1_2;
    private boolean hostnameVerification = true;
    private Duration reloadInterval = Duration.ofMinutes(1);

    private Builder() {}

    private Builder(Builder other) {
      this.trustPem = other.trustPem;
      this.trustStore = other.trustStore;
      this.trustStorePassword = copy(other.trustStorePassword);
      this.certificatePem = other.certificatePem;
      this.keyPem = other.keyPem;
      this.keyStore = other.keyStore;
      this.keyPassword = copy(other.keyPassword);
      this.minimumVersion = other.minimumVersion;
      this.hostnameVerification = other.hostnameVerification;
      this.reloadInterval = other.reloadInterval;
    }

    private static char @Nullable [] copy(char @Nullable [] password) {
      return password == null ? null : password.clone();
    }

    /**
     * Trusts the authorities in this file, and no others.
     *
     * @param pem certificates in PEM
     * @return this builder
     */
    public Builder trust(Path pem) {
      this.trustPem = pem;
      return this;
    }

    /**
     * Trusts the authorities in this key store, and no others.
     *
     * @param store a PKCS #12 or JKS key store
     * @param password its password; copied
     * @return this builder
     */
    public Builder trustStore(Path store, char[] password) {
      this.trustStore = store;
      this.trustStorePassword = password.clone();
      return this;
    }

    /**
     * Presents this certificate to the server (mutual TLS).
     *
     * @param certificate the certificate in PEM, its own first, then those of its chain
     * @param key its private key in PEM, PKCS #8, not encrypted
     * @return this builder
     */
    public Builder certificate(Path certificate, Path key) {
      this.certificatePem = certificate;
      this.keyPem = key;
      this.keyPassword = null;
      return this;
    }

    /**
     * Presents this certificate to the server (mutual TLS).
     *
     * @param certificate the certificate in PEM, its own first, then those of its chain
     * @param key its private key in PEM, PKCS #8, encrypted
     * @param keyPassword the password of the key; copied
     * @return this builder
     */
    public Builder certificate(Path certificate, Path key, char[] keyPassword) {
      certificate(certificate, key);
      this.keyPassword = keyPassword.clone();
      return this;
    }

    /**
     * Presents the certificate of this key store to the server (mutual TLS).
     *
     * @param store a PKCS #12 or JKS key store
     * @param password the password of the store and of its key; copied
     * @return this builder
     */
    public Builder keyStore(Path store, char[] password) {
      this.keyStore = store;
      this.keyPassword = password.clone();
      return this;
    }

    /**
     * The oldest version of TLS that is spoken. Default: TLS 1.2.
     *
     * @param version the version
     * @return this builder
     */
    public Builder minimumVersion(Version version) {
      this.minimumVersion = version;
      return this;
    }

    /**
     * Whether the server's certificate must name the host that is connected to. Without that,
     * whoever has any certificate of a trusted authority can pose as the server. Default: true.
     *
     * @param enabled whether it must
     * @return this builder
     */
    public Builder hostnameVerification(boolean enabled) {
      this.hostnameVerification = enabled;
      return this;
    }

    /**
     * How often files are looked at. Default: 1 minute.
     *
     * @param interval zero for never
     * @return this builder
     */
    public Builder reloadInterval(Duration interval) {
      this.reloadInterval = interval;
      return this;
    }

    /**
     * The options. Reads no file.
     *
     * @return options, which later calls of this builder do not change
     * @throws ConfigurationException with every mistake at once
     */
    public TlsOptions build() {
      List<String> problems = new ArrayList<>();
      if (trustPem != null && trustStore != null) {
        problems.add("trust and trustStore are both given: keep one.");
      }
      if (certificatePem != null && keyStore != null) {
        problems.add("certificate and keyStore are both given: keep one.");
      }
      if (reloadInterval.isNegative()) {
        problems.add("reloadInterval is " + reloadInterval + ": use zero or more.");
      }
      if (!problems.isEmpty()) {
        throw new ConfigurationException(problems);
      }
      return new TlsOptions(new Builder(this));
    }
  }
}
