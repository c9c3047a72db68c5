package io.tenantredis.spring.boot;

import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.lettuce.core.ReadFrom;
import io.tenantredis.CommandPolicy;
import io.tenantredis.ConnectionOptions;
import io.tenantredis.MetricsOptions;
import io.tenantredis.PoolOptions;
import io.tenantredis.PubSubOptions;
import io.tenantredis.ResilienceOptions;
import io.tenantredis.TenantId;
import io.tenantredis.TenantTags;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;

/** The SDK's options as the properties have them. Each throws what the SDK says of a mistake. */
final class PropertyOptions {

  private static final int PASSED_HALF_OPEN = 10;

  private final TenantRedisProperties properties;

  PropertyOptions(TenantRedisProperties properties) {
    this.properties = properties;
  }

  ReadFrom readFrom() {
    String nodes = properties.readFrom();
    try {
      return ReadFrom.valueOf(nodes.indexOf(':') < 0 ? nodes.replace("-", "") : nodes);
    } catch (IllegalArgumentException unknown) {
      throw new IllegalArgumentException(
          "There are no nodes '"
              + nodes
              + "': write upstream, upstream-preferred, replica, replica-preferred, any, any-replica,"
              + " subnet:10.0.0.0/8 or regex:host-.*",
          unknown);
    }
  }

  ResilienceOptions resilience() {
    TenantRedisProperties.Retry retry = properties.retry();
    TenantRedisProperties.RateLimit limit = properties.rateLimit();
    TenantRedisProperties.CircuitBreaker tenant = properties.circuitBreaker();
    TenantRedisProperties.EndpointCircuitBreaker endpoint = properties.endpointCircuitBreaker();
    Duration probe = properties.stepProbeInterval();
    return ResilienceOptions.builder()
        .maxConcurrentCalls(properties.maxConcurrentCalls())
        .maxAttempts(retry.maxAttempts())
        .retryDelay(retry.firstDelay(), retry.longestDelay())
        .rateLimit(limit.calls(), limit.period())
        .stepProbeInterval(probe.isZero() ? null : probe)
        .circuitBreaker(
            breaker(
                tenant.failureRateThreshold(),
                tenant.minimumNumberOfCalls(),
                tenant.slidingWindow(),
                tenant.openTime()))
        .endpointCircuitBreaker(
            endpoint.enabled()
                ? breaker(
                    endpoint.failureRateThreshold(),
                    endpoint.minimumNumberOfCalls(),
                    endpoint.slidingWindow(),
                    endpoint.openTime())
                : null)
        .build();
  }

  private static CircuitBreakerConfig breaker(
      float failureRate, int minimumCalls, Duration window, Duration openTime) {
    return CircuitBreakerConfig.custom()
        .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.TIME_BASED)
        .slidingWindowSize(Math.toIntExact(window.toSeconds()))
        .minimumNumberOfCalls(minimumCalls)
        .failureRateThreshold(failureRate)
        .waitDurationInOpenState(openTime)
        .permittedNumberOfCallsInHalfOpenState(PASSED_HALF_OPEN)
        .build();
  }

  ConnectionOptions connections() {
    TenantRedisProperties.Connections connections = properties.connections();
    return ConnectionOptions.builder()
        .maxConnections(connections.max())
        .maxConcurrentConnects(connections.maxConcurrentConnects())
        .maxEndpoints(connections.maxEndpoints())
        .sharedConnections(connections.sharedPerTenant())
        .idleTime(connections.idleTime())
        .reconnectDelay(connections.firstReconnectDelay(), connections.longestReconnectDelay())
        .newUserPatience(connections.newUserPatience())
        .longestQuarantineDelay(connections.longestQuarantineDelay())
        .reverifyInterval(connections.reverifyInterval())
        .credentialsPollInterval(connections.credentialsPollInterval())
        .primaryCheckInterval(connections.primaryCheckInterval())
        .clusterRefreshInterval(connections.clusterRefreshInterval())
        .maxRedirects(connections.maxRedirects())
        .keepAliveIdle(connections.keepAliveIdle())
        .tcpUserTimeout(connections.tcpUserTimeout())
        .build();
  }

  PoolOptions dedicated() {
    TenantRedisProperties.Dedicated pool = properties.dedicated();
    return PoolOptions.builder()
        .maxSize(pool.maxSize())
        .minIdle(pool.minIdle())
        .maxIdleTime(pool.maxIdleTime())
        .maxPending(pool.maxPending())
        .acquireTimeout(pool.acquireTimeout())
        .leakThreshold(pool.leakThreshold())
        .maxBufferedCommands(pool.maxBufferedCommands())
        .build();
  }

  PubSubOptions pubSub(Executor listeners) {
    TenantRedisProperties.PubSub pubSub = properties.pubSub();
    return PubSubOptions.builder()
        .maxSubscriptions(pubSub.maxSubscriptions())
        .maxQueuedMessages(pubSub.maxQueuedMessages())
        .maxQueuedBytes(pubSub.maxQueuedBytes().toBytes())
        .maxMessageBytes(Math.toIntExact(pubSub.maxMessageBytes().toBytes()))
        .livenessInterval(pubSub.livenessInterval())
        .executor(listeners)
        .build();
  }

  MetricsOptions metrics() {
    TenantRedisProperties.Metrics metrics = properties.metrics();
    return MetricsOptions.builder()
        .name(metrics.name())
        .tenants(tenantTags(metrics))
        .histograms(metrics.histograms())
        .build();
  }

  private static TenantTags tenantTags(TenantRedisProperties.Metrics metrics) {
    boolean listed = !metrics.allowedTenants().isEmpty();
    if (listed != (metrics.tenantTag() == TenantRedisProperties.TenantTag.ALLOWED)) {
      throw new IllegalArgumentException(
          "'allowed-tenants' belongs to tenant-tag 'allowed': set both or neither.");
    }
    return switch (metrics.tenantTag()) {
      case OFF -> TenantTags.off();
      case ALLOWED ->
          TenantTags.only(
              metrics.allowedTenants().stream()
                  .map(TenantId::of)
                  .collect(Collectors.toUnmodifiableSet()));
      case BUSIEST -> TenantTags.busiest(metrics.taggedTenants());
      case ALL -> TenantTags.all();
    };
  }

  CommandPolicy commands() {
    TenantRedisProperties.Commands commands = properties.commands();
    CommandPolicy.Builder policy =
        CommandPolicy.builder().withhold(commands.withheld().toArray(new String[0]));
    return commands.scripts() ? policy.build() : policy.withoutScripts().build();
  }
}
