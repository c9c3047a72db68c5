package io.tenantredis.spring.boot;

import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.lettuce.core.SslOptions;
import io.micrometer.core.instrument.MeterRegistry;
import io.tenantredis.ConfigurationException;
import io.tenantredis.ConnectionOptions;
import io.tenantredis.InvalidTenantIdException;
import io.tenantredis.MetricsOptions;
import io.tenantredis.ResilienceOptions;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.TenantTags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;

/** Makes the {@link TenantRedis} bean of the properties, or reports all their mistakes at once. */
final class TenantRedisFactory {

  private static final String PLACEHOLDER = "{tenant}";

  private final TenantRedisProperties properties;
  private final ResourceLoader resources;
  private final List<String> problems = new ArrayList<>();

  TenantRedisFactory(TenantRedisProperties properties, ResourceLoader resources) {
    this.properties = properties;
    this.resources = resources;
  }

  TenantRedis create(
      TenantRedisConnectionDetails details,
      @Nullable TenantCredentialsProvider provider,
      @Nullable MeterRegistry registry,
      List<TenantRedisBuilderCustomizer> customizers) {
    TenantRedis.Builder builder = TenantRedis.builder(details.url());
    applyIdentity(builder, provider);
    applyLimits(builder);
    if (registry != null && properties.metrics().enabled()) {
      builder.meterRegistry(registry);
    }
    SslBundle bundle = details.sslBundle();
    if (bundle != null) {
      builder.sslOptions(sslOptions(bundle));
    }
    customizers.forEach(customizer -> customizer.customize(builder));
    return build(builder);
  }

  private TenantRedis build(TenantRedis.Builder builder) {
    TenantRedis redis = null;
    try {
      redis = builder.build();
    } catch (ConfigurationException mistakes) {
      problems.addAll(mistakes.problems());
    }
    if (redis != null && problems.isEmpty()) {
      return redis;
    }
    if (redis != null) {
      redis.close();
    }
    throw new InvalidPropertiesException(problems);
  }

  private void applyIdentity(
      TenantRedis.Builder builder, @Nullable TenantCredentialsProvider provider) {
    builder.keyPrefix(properties.keyPrefix()).prefixMode(properties.prefixMode());
    if (properties.withoutAclUsers()) {
      builder.withoutAclUsers();
    }
    if (properties.identity() != null) {
      builder.identity(properties.identity());
    }
    TenantCredentialsProvider credentials = provider != null ? provider : credentials();
    if (credentials != null) {
      builder.credentials(credentials);
    }
  }

  private @Nullable TenantCredentialsProvider credentials() {
    TenantRedisProperties.Credentials source = properties.credentials();
    String location = source.location();
    if (!source.users().isEmpty() && location != null) {
      problems.add(
          "tenant-redis.credentials.users and tenant-redis.credentials.location are both set: keep one.");
      return null;
    }
    if (location != null) {
      return fileCredentials(location);
    }
    return source.users().isEmpty() ? null : TenantCredentialsProvider.of(users(source.users()));
  }

  private @Nullable TenantCredentialsProvider fileCredentials(String location) {
    Resource file = resources.getResource(location);
    if (!file.isReadable()) {
      problems.add(
          "tenant-redis.credentials.location cannot be read: give a file with lines 'tenant=password', for example"
              + " 'file:/run/secrets/redis.properties'.");
      return null;
    }
    return new FileCredentials(file, this::userOf);
  }

  private Map<TenantId, TenantCredentials> users(
      Map<String, TenantRedisProperties.User> configured) {
    Map<TenantId, TenantCredentials> users = new HashMap<>();
    configured.forEach(
        (name, user) -> {
          try {
            TenantId tenant = TenantId.of(name);
            if (user.password() == null) {
              problems.add(
                  "tenant-redis.credentials.users." + name + ".password is missing: set it.");
              return;
            }
            String username = user.username() == null ? userOf(tenant) : user.username();
            users.put(tenant, TenantCredentials.of(username, user.password()));
          } catch (InvalidTenantIdException invalid) {
            problems.add(
                "tenant-redis.credentials.users has a tenant with an invalid id: "
                    + invalid.getMessage());
          }
        });
    return users;
  }

  /** Without a user name it is the one that the identity expects. */
  private String userOf(TenantId tenant) {
    String identity = properties.identity();
    return identity == null ? tenant.value() : identity.replace(PLACEHOLDER, tenant.value());
  }

  private void applyLimits(TenantRedis.Builder builder) {
    builder
        .connectTimeout(properties.connectTimeout())
        .commandTimeout(properties.commandTimeout())
        .shutdownTimeout(properties.shutdownTimeout());
    try {
      builder.metrics(
          MetricsOptions.builder()
              .tenants(TenantTags.busiest(properties.metrics().taggedTenants()))
              .build());
    } catch (IllegalArgumentException mistake) {
      problems.add("tenant-redis.metrics.tagged-tenants: " + mistake.getMessage());
    }
    if (properties.clientName() != null) {
      builder.clientName(properties.clientName());
    }
    ResilienceOptions.Builder resilience =
        ResilienceOptions.builder()
            .maxConcurrentCalls(properties.maxConcurrentCalls())
            .rateLimit(properties.rateLimit().calls(), properties.rateLimit().period())
            .maxAttempts(properties.retry().maxAttempts())
            .retryDelay(properties.retry().firstDelay(), properties.retry().longestDelay());
    applyCircuitBreaker(resilience);
    try {
      builder.resilience(resilience.build());
    } catch (ConfigurationException mistakes) {
      problems.addAll(mistakes.problems());
    }
    applyConnections(builder);
  }

  private void applyCircuitBreaker(ResilienceOptions.Builder builder) {
    TenantRedisProperties.CircuitBreaker breaker = properties.circuitBreaker();
    try {
      builder.circuitBreaker(
          CircuitBreakerConfig.custom()
              .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.TIME_BASED)
              .slidingWindowSize(Math.toIntExact(breaker.slidingWindow().toSeconds()))
              .minimumNumberOfCalls(breaker.minimumNumberOfCalls())
              .failureRateThreshold(breaker.failureRateThreshold())
              .waitDurationInOpenState(breaker.openTime())
              .permittedNumberOfCallsInHalfOpenState(10)
              .build());
    } catch (IllegalArgumentException mistake) {
      problems.add("tenant-redis.circuit-breaker is not valid: " + mistake.getMessage() + ".");
    }
  }

  private void applyConnections(TenantRedis.Builder builder) {
    TenantRedisProperties.Connections limits = properties.connections();
    ConnectionOptions.Builder options = ConnectionOptions.builder();
    if (limits.max() != null) {
      options.maxConnections(limits.max());
    }
    if (limits.sharedPerTenant() != null) {
      options.sharedConnections(limits.sharedPerTenant());
    }
    if (limits.idleTime() != null) {
      options.idleTime(limits.idleTime());
    }
    try {
      builder.connections(options.build());
    } catch (IllegalArgumentException mistake) {
      problems.add("tenant-redis.connections is not valid: " + mistake.getMessage());
    }
  }

  /** The bundle of a URL that comes from the properties. */
  static @Nullable SslBundle bundle(
      TenantRedisProperties properties, @Nullable SslBundles bundles) {
    String name = properties.ssl().bundle();
    if (name == null) {
      return null;
    }
    if (!properties.url().startsWith("rediss://")) {
      throw new InvalidPropertiesException(
          List.of(
              "tenant-redis.ssl.bundle is set, but tenant-redis.url is not for TLS: begin it with 'rediss://'."));
    }
    if (bundles == null) {
      throw new InvalidPropertiesException(
          List.of(
              "tenant-redis.ssl.bundle is set, but there are no SSL bundles: configure spring.ssl.bundle.*."));
    }
    return bundles.getBundle(name);
  }

  private static SslOptions sslOptions(SslBundle bundle) {
    SslOptions.Builder options = SslOptions.builder().jdkSslProvider();
    options.keyManager(bundle.getManagers().getKeyManagerFactory());
    options.trustManager(bundle.getManagers().getTrustManagerFactory());
    if (bundle.getOptions().getCiphers() != null) {
      options.cipherSuites(bundle.getOptions().getCiphers());
    }
    if (bundle.getOptions().getEnabledProtocols() != null) {
      options.protocols(bundle.getOptions().getEnabledProtocols());
    }
    return options.build();
  }
}
