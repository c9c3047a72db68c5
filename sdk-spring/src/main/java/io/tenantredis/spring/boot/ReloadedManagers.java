package io.tenantredis.spring.boot;

import java.net.Socket;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyManagerFactorySpi;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.TrustManagerFactorySpi;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslManagerBundle;

/**
 * Key and trust managers that can be replaced under a TLS context which keeps them. All checks stay
 * those of the managers of the bundle, host names included. Thread-safe.
 */
final class ReloadedManagers {

  private static final Provider PROVIDER =
      new Provider("TenantRedis", "1", "Reloaded SSL bundles") {
        private static final long serialVersionUID = 1L;
      };
  private static final String ALGORITHM = "reloaded";

  private volatile X509ExtendedKeyManager keys;
  private volatile X509ExtendedTrustManager trust;

  ReloadedManagers(SslManagerBundle bundle) {
    this.keys = keyManager(bundle);
    this.trust = trustManager(bundle);
  }

  void replace(SslManagerBundle bundle) {
    X509ExtendedKeyManager newKeys = keyManager(bundle);
    trust = trustManager(bundle);
    keys = newKeys;
  }

  private static X509ExtendedKeyManager keyManager(SslManagerBundle bundle) {
    return first(bundle.getKeyManagers(), X509ExtendedKeyManager.class);
  }

  private static X509ExtendedTrustManager trustManager(SslManagerBundle bundle) {
    return first(bundle.getTrustManagers(), X509ExtendedTrustManager.class);
  }

  private static <T> T first(Object[] managers, Class<T> type) {
    return Arrays.stream(managers)
        .filter(type::isInstance)
        .map(type::cast)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "The SSL bundle has no " + type.getSimpleName() + ": use one of X.509."));
  }

  KeyManagerFactory keyManagerFactory() {
    return new KeyManagerFactory(new KeysSpi(new Keys()), PROVIDER, ALGORITHM) {};
  }

  TrustManagerFactory trustManagerFactory() {
    return new TrustManagerFactory(new TrustSpi(new Trust()), PROVIDER, ALGORITHM) {};
  }

  private static final class KeysSpi extends KeyManagerFactorySpi {

    private final KeyManager manager;

    KeysSpi(KeyManager manager) {
      this.manager = manager;
    }

    @Override
    protected void engineInit(@Nullable KeyStore store, char @Nullable [] password) {}

    @Override
    protected void engineInit(@Nullable ManagerFactoryParameters parameters) {}

    @Override
    protected KeyManager[] engineGetKeyManagers() {
      return new KeyManager[] {manager};
    }
  }

  private static final class TrustSpi extends TrustManagerFactorySpi {

    private final TrustManager manager;

    TrustSpi(TrustManager manager) {
      this.manager = manager;
    }

    @Override
    protected void engineInit(@Nullable KeyStore store) {}

    @Override
    protected void engineInit(@Nullable ManagerFactoryParameters parameters) {}

    @Override
    protected TrustManager[] engineGetTrustManagers() {
      return new TrustManager[] {manager};
    }
  }

  private final class Keys extends X509ExtendedKeyManager {

    @Override
    public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
      return keys.getClientAliases(type, issuers);
    }

    @Override
    public @Nullable String chooseClientAlias(
        String[] types, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return keys.chooseClientAlias(types, issuers, socket);
    }

    @Override
    public @Nullable String chooseEngineClientAlias(
        String[] types, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
      return keys.chooseEngineClientAlias(types, issuers, engine);
    }

    @Override
    public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
      return keys.getServerAliases(type, issuers);
    }

    @Override
    public @Nullable String chooseServerAlias(
        String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return keys.chooseServerAlias(type, issuers, socket);
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
      return keys.getCertificateChain(alias);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
      return keys.getPrivateKey(alias);
    }
  }

  private final class Trust extends X509ExtendedTrustManager {

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      trust.checkClientTrusted(chain, type);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      trust.checkClientTrusted(chain, type, socket);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      trust.checkClientTrusted(chain, type, engine);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      trust.checkServerTrusted(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      trust.checkServerTrusted(chain, type, socket);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      trust.checkServerTrusted(chain, type, engine);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return trust.getAcceptedIssuers();
    }
  }
}
