package io.tenantredis.spring.boot;

import io.lettuce.core.SslOptions;
import org.springframework.boot.ssl.SslBundle;

/**
 * TLS by an SSL bundle of Spring Boot. When the bundle is reloaded, connections made from then on
 * use what it holds now; those that are open are exchanged. What it says of ciphers and protocols
 * holds as it was at first. Thread-safe.
 */
final class BundleTls {

  private final SslOptions options;
  private final ReloadedManagers managers;
  private volatile Runnable afterReload = () -> {};

  BundleTls(SslBundle bundle) {
    this.managers = new ReloadedManagers(bundle.getManagers());
    SslOptions.Builder builder =
        SslOptions.builder()
            .jdkSslProvider()
            .keyManager(managers.keyManagerFactory())
            .trustManager(managers.trustManagerFactory());
    if (bundle.getOptions().getCiphers() != null) {
      builder.cipherSuites(bundle.getOptions().getCiphers());
    }
    if (bundle.getOptions().getEnabledProtocols() != null) {
      builder.protocols(bundle.getOptions().getEnabledProtocols());
    }
    this.options = builder.build();
  }

  SslOptions options() {
    return options;
  }

  /** Runs when another bundle took effect. */
  void onReload(Runnable action) {
    afterReload = action;
  }

  /** Takes effect for connections that are made from now on. */
  void reload(SslBundle bundle) {
    managers.replace(bundle.getManagers());
    afterReload.run();
  }
}
