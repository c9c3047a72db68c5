package io.tenantredis.spring.boot;

import io.tenantredis.PrefixMode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties {@code tenant-redis.*}. What each means stands in the configuration metadata.
 * Immutable; {@link #toString()} shows no secret.
 */
@ConfigurationProperties("tenant-redis")
record TenantRedisProperties(
    @DefaultValue("true") boolean enabled,
    @DefaultValue("redis://localhost:6379") String url,
    @DefaultValue("tenant:{tenant}:") String keyPrefix,
    @DefaultValue("PREFIX") PrefixMode prefixMode,
    @Nullable String identity,
    @DefaultValue("false") boolean withoutAclUsers,
    @Nullable String clientName,
    @DefaultValue("5s") Duration connectTimeout,
    @DefaultValue("5s") Duration commandTimeout,
    @DefaultValue("5s") Duration shutdownTimeout,
    @DefaultValue("16384") int maxConcurrentCalls,
    @DefaultValue Credentials credentials,
    @DefaultValue RateLimit rateLimit,
    @DefaultValue Retry retry,
    @DefaultValue CircuitBreaker circuitBreaker,
    @DefaultValue Connections connections,
    @DefaultValue Metrics metrics,
    @DefaultValue Ssl ssl,
    @DefaultValue Reactor reactor,
    @DefaultValue Web web) {

  @Override
  public String toString() {
    return "TenantRedisProperties[keyPrefix=" + keyPrefix + "]";
  }

  record Credentials(@DefaultValue Map<String, User> users, @Nullable String location) {

    @Override
    public String toString() {
      return "Credentials[" + users.keySet() + "]";
    }
  }

  record User(@Nullable String username, @Nullable String password) {

    @Override
    public String toString() {
      return "User[" + username + "]";
    }
  }

  record RateLimit(@DefaultValue("0") int calls, @DefaultValue("1s") Duration period) {}

  record Retry(
      @DefaultValue("3") int maxAttempts,
      @DefaultValue("20ms") Duration firstDelay,
      @DefaultValue("1s") Duration longestDelay) {}

  record CircuitBreaker(
      @DefaultValue("50") float failureRateThreshold,
      @DefaultValue("20") int minimumNumberOfCalls,
      @DefaultValue("10s") Duration slidingWindow,
      @DefaultValue("5s") Duration openTime) {}

  record Connections(
      @Nullable Integer max, @Nullable Integer sharedPerTenant, @Nullable Duration idleTime) {}

  record Metrics(@DefaultValue("true") boolean enabled, @DefaultValue("100") int taggedTenants) {}

  record Ssl(@Nullable String bundle) {}

  record Reactor(@DefaultValue("true") boolean contextPropagation) {}

  record Web(
      @DefaultValue("NONE") Source resolver,
      @DefaultValue("X-Tenant") String header,
      @Nullable String path,
      @Nullable String host,
      @DefaultValue("tenant") String sessionAttribute,
      @Nullable String fixed,
      @DefaultValue("/actuator/**") List<String> excludedPaths,
      @DefaultValue("404") int unknownStatus,
      @DefaultValue("-90") int order) {}

  enum Source {
    NONE,
    HEADER,
    PATH,
    HOST,
    PRINCIPAL,
    SESSION,
    FIXED
  }
}
