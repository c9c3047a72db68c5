package io.tenantredis.spring.boot;

import io.lettuce.core.RedisCredentials;
import io.lettuce.core.StaticCredentialsProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.tenantredis.ConfigurationException;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantRedis;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes the {@link TenantRedis} bean of the properties, or reports all their mistakes at once. */
final class TenantRedisFactory {

  private final TenantRedisProperties properties;
  private final PropertyOptions options;
  private final Problems problems = new Problems();

  TenantRedisFactory(TenantRedisProperties properties) {
    this.properties = properties;
    this.options = new PropertyOptions(properties);
  }

  TenantRedis create(
      TenantRedisConnectionDetails details,
      ConfiguredCredentials configured,
      @Nullable TenantCredentialsProvider provider,
      @Nullable MeterRegistry meters,
      @Nullable ObservationRegistry observations,
      @Nullable BundleTls tls,
      Executor listeners,
      List<TenantRedisBuilderCustomizer> customizers) {
    TenantRedis.Builder builder = TenantRedis.builder(details.url());
    applyIdentity(builder, provider != null ? provider : configured.open(problems));
    applyOptions(builder, listeners);
    if (meters != null && properties.metrics().enabled()) {
      builder.meterRegistry(meters);
    }
    if (observations != null && properties.observations().enabled()) {
      builder.observations(observations);
    }
    if (tls != null) {
      builder.sslOptions(tls.options());
    }
    customizers.forEach(customizer -> customizer.customize(builder));
    TenantRedis redis = build(builder);
    if (tls != null) {
      tls.onReload(() -> redis.tenantsInUse().forEach(redis::credentialsChanged));
    }
    return redis;
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
    throw problems.exception();
  }

  private void applyIdentity(
      TenantRedis.Builder builder, @Nullable TenantCredentialsProvider credentials) {
    builder
        .keyPrefix(properties.keyPrefix())
        .prefixMode(properties.prefixMode())
        .identityCheck(properties.identityCheck());
    if (properties.withoutAclUsers()) {
      builder.withoutAclUsers();
    }
    if (properties.identity() != null) {
      builder.identity(properties.identity());
    }
    if (credentials != null) {
      builder.credentials(credentials);
    }
    applySentinel(builder);
  }

  private void applySentinel(TenantRedis.Builder builder) {
    String username = properties.sentinel().username();
    String password = properties.sentinel().password();
    if (password != null) {
      RedisCredentials credentials =
          username == null
              ? RedisCredentials.just(null, password)
              : RedisCredentials.just(username, password);
      builder.sentinelCredentials(new StaticCredentialsProvider(credentials));
    } else if (username != null) {
      problems.add("tenant-redis.sentinel.username is set without a password: set both.");
    }
  }

  private void applyOptions(TenantRedis.Builder builder, Executor listeners) {
    builder
        .connectTimeout(properties.connectTimeout())
        .commandTimeout(properties.commandTimeout())
        .shutdownTimeout(properties.shutdownTimeout())
        .flushConsolidation(properties.flushConsolidation())
        .replicas(properties.replicas().toArray(String[]::new));
    if (properties.clientName() != null) {
      builder.clientName(properties.clientName());
    }
    apply("tenant-redis.read-from", options::readFrom, builder::readFrom);
    apply("tenant-redis", options::resilience, builder::resilience);
    apply("tenant-redis.connections", options::connections, builder::connections);
    apply("tenant-redis.dedicated", options::dedicated, builder::dedicatedConnections);
    apply("tenant-redis.pub-sub", () -> options.pubSub(listeners), builder::pubSub);
    apply("tenant-redis.metrics", options::metrics, builder::metrics);
    apply("tenant-redis.commands", options::commands, builder::commands);
  }

  private <T> void apply(String group, Supplier<T> build, Consumer<T> use) {
    T built = problems.built(group, build);
    if (built != null) {
      use.accept(built);
    }
  }
}
