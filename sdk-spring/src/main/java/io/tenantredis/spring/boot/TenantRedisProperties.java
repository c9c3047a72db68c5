package io.tenantredis.spring.boot;

import io.tenantredis.IdentityCheck;
import io.tenantredis.PrefixMode;
import io.tenantredis.TenantId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

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
    @DefaultValue("acl-whoami") IdentityCheck identityCheck,
    @DefaultValue("false") boolean withoutAclUsers,
    @DefaultValue("false") boolean allowOtherConnectionFactory,
    @DefaultValue("true") boolean jobsWithoutTenant,
    @Nullable String clientName,
    @DefaultValue List<String> replicas,
    @DefaultValue("upstream") String readFrom,
    @DefaultValue("5s") Duration connectTimeout,
    @DefaultValue("5s") Duration commandTimeout,
    @DefaultValue("5s") Duration shutdownTimeout,
    @DefaultValue("16384") int maxConcurrentCalls,
    @DefaultValue("3s") Duration stepProbeInterval,
    @DefaultValue("true") boolean flushConsolidation,
    @DefaultValue Credentials credentials,
    @DefaultValue Sentinel sentinel,
    @DefaultValue Commands commands,
    @DefaultValue Retry retry,
    @DefaultValue RateLimit rateLimit,
    @DefaultValue CircuitBreaker circuitBreaker,
    @DefaultValue EndpointCircuitBreaker endpointCircuitBreaker,
    @DefaultValue Connections connections,
    @DefaultValue Dedicated dedicated,
    @DefaultValue PubSub pubSub,
    @DefaultValue Metrics metrics,
    @DefaultValue Observations observations,
    @DefaultValue Ssl ssl,
    @DefaultValue Reactor reactor,
    @DefaultValue Web web) {

  private static final String PLACEHOLDER = "{tenant}";

  /** The user that the identity expects, where the credentials name none. */
  String userOf(TenantId tenant) {
    return identity == null ? tenant.value() : identity.replace(PLACEHOLDER, tenant.value());
  }

  @Override
  public String toString() {
    return "TenantRedisProperties[keyPrefix=" + keyPrefix + "]";
  }

  record Credentials(
      @DefaultValue Map<String, User> users,
      @Nullable String file,
      @DefaultValue("10s") Duration fileInterval,
      @Nullable String environmentVariable) {

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

  record Sentinel(@Nullable String username, @Nullable String password) {

    @Override
    public String toString() {
      return "Sentinel[" + username + "]";
    }
  }

  record Commands(@DefaultValue List<String> withheld, @DefaultValue("true") boolean scripts) {}

  record Retry(
      @DefaultValue("3") int maxAttempts,
      @DefaultValue("20ms") Duration firstDelay,
      @DefaultValue("1s") Duration longestDelay) {}

  record RateLimit(@DefaultValue("0") int calls, @DefaultValue("1s") Duration period) {}

  record CircuitBreaker(
      @DefaultValue("50") float failureRateThreshold,
      @DefaultValue("20") int minimumNumberOfCalls,
      @DefaultValue("10s") Duration slidingWindow,
      @DefaultValue("5s") Duration openTime) {}

  record EndpointCircuitBreaker(
      @DefaultValue("true") boolean enabled,
      @DefaultValue("80") float failureRateThreshold,
      @DefaultValue("50") int minimumNumberOfCalls,
      @DefaultValue("10s") Duration slidingWindow,
      @DefaultValue("1s") Duration openTime) {}

  record Connections(
      @DefaultValue("16384") int max,
      @DefaultValue("64") int maxConcurrentConnects,
      @DefaultValue("64") int maxEndpoints,
      @DefaultValue("1") int sharedPerTenant,
      @DefaultValue("10m") Duration idleTime,
      @DefaultValue("50ms") Duration firstReconnectDelay,
      @DefaultValue("2s") Duration longestReconnectDelay,
      @DefaultValue("1s") Duration newUserPatience,
      @DefaultValue("5s") Duration longestQuarantineDelay,
      @DefaultValue("0s") Duration reverifyInterval,
      @DefaultValue("0s") Duration credentialsPollInterval,
      @DefaultValue("5s") Duration primaryCheckInterval,
      @DefaultValue("1m") Duration clusterRefreshInterval,
      @DefaultValue("5") int maxRedirects,
      @DefaultValue("30s") Duration keepAliveIdle,
      @DefaultValue("30s") Duration tcpUserTimeout) {}

  record Dedicated(
      @DefaultValue("8") int maxSize,
      @DefaultValue("0") int minIdle,
      @DefaultValue("1m") Duration maxIdleTime,
      @DefaultValue("1000") int maxPending,
      @DefaultValue("5s") Duration acquireTimeout,
      @DefaultValue("1m") Duration leakThreshold,
      @DefaultValue("10000") int maxBufferedCommands) {}

  record PubSub(
      @DefaultValue("1000") int maxSubscriptions,
      @DefaultValue("1000") int maxQueuedMessages,
      @DefaultValue("16MB") DataSize maxQueuedBytes,
      @DefaultValue("16MB") DataSize maxMessageBytes,
      @DefaultValue("15s") Duration livenessInterval) {}

  record Metrics(
      @DefaultValue("true") boolean enabled,
      @DefaultValue("tenant-redis") String name,
      @DefaultValue("BUSIEST") TenantTag tenantTag,
      @DefaultValue("100") int taggedTenants,
      @DefaultValue List<String> allowedTenants,
      @DefaultValue("false") boolean histograms) {}

  /** Which tenants have meters of their own. */
  enum TenantTag {
    OFF,
    ALLOWED,
    BUSIEST,
    ALL
  }

  record Observations(@DefaultValue("false") boolean enabled) {}

  record Ssl(@Nullable String bundle) {}

  record Reactor(@DefaultValue("true") boolean contextPropagation) {}

  record Web(
      @DefaultValue("NONE") Source resolver,
      @DefaultValue("X-Tenant") String header,
      @Nullable String path,
      @Nullable String host,
      @DefaultValue("tenant") String claim,
      @DefaultValue("tenant") String sessionAttribute,
      @Nullable String fixed,
      @DefaultValue("/actuator/**") List<String> excludedPaths,
      @DefaultValue("404") int unknownStatus,
      @Nullable Integer order) {}

  enum Source {
    NONE,
    HEADER,
    PATH,
    HOST,
    PRINCIPAL,
    CLAIM,
    SESSION,
    FIXED
  }
}
