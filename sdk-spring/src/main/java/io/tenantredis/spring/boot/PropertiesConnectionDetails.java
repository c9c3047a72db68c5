package io.tenantredis.spring.boot;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/** The server that the properties name, with an SSL bundle that may be reloaded. */
final class PropertiesConnectionDetails implements TenantRedisConnectionDetails {

  private final String url;
  private final @Nullable String bundle;
  private final @Nullable SslBundles bundles;

  PropertiesConnectionDetails(TenantRedisProperties properties, @Nullable SslBundles bundles) {
    this.url = properties.url();
    this.bundle = properties.ssl().bundle();
    this.bundles = bundles;
  }

  @Override
  public String url() {
    return url;
  }

  @Override
  public @Nullable SslBundle sslBundle() {
    return bundle == null ? null : bundles().getBundle(bundle);
  }

  /** Tells of another content of the bundle, if there is one. */
  void onReload(Consumer<SslBundle> user) {
    if (bundle != null) {
      bundles().addBundleUpdateHandler(bundle, user);
    }
  }

  private SslBundles bundles() {
    if (bundles == null) {
      throw new InvalidPropertiesException(
          List.of(
              "tenant-redis.ssl.bundle is set, but there are no SSL bundles: configure spring.ssl.bundle.*."));
    }
    return bundles;
  }
}
