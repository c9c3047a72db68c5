package io.tenantredis.internal.metrics;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.tenantredis.ErrorCode;
import io.tenantredis.MetricsOptions;
import io.tenantredis.RefusalReason;
import io.tenantredis.TenantId;
import io.tenantredis.TenantTags;
import io.tenantredis.internal.keyspace.GuardListener;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The meters and log events of one client: of its connections, and of what its guards refused or
 * withheld. Thread-safe.
 */
public final class ClientMeters implements ConnectionEvents {

  private final MeterGroup client;
  private final TaggedTenants tenants;
  private final ResilienceMeters resilience;
  private final AtomicInteger subscriptions = new AtomicInteger();
  private final PoolGauges pools;
  private final EventLog log;
  private final String name;
  private final Map<String, TenantResilience> endpoints = new ConcurrentHashMap<>();

  public ClientMeters(MeterRegistry registry, MetricsOptions options, LongSupplier nanoTime) {
    // Two clients that are built at the same time must not both find the name free.
    synchronized (registry) {
      this.name = freeName(registry, options.name());
      this.client =
          new MeterGroup(
              registry, name, TenantTags.OTHER, options.histograms(), MeterGroup.nowhere());
      this.pools = new PoolGauges(client);
    }
    client.gauge(TenantRedisMeter.SUBSCRIPTIONS, subscriptions::get);
    this.tenants = new TaggedTenants(options.tenants(), client, nanoTime.getAsLong());
    this.resilience = new ResilienceMeters(registry);
    this.log = new EventLog(nanoTime);
  }

  private static String freeName(MeterRegistry registry, String wanted) {
    String name = wanted;
    for (int number = 2; isTaken(registry, name); number++) {
      name = wanted + "-" + number;
    }
    return name;
  }

  private static boolean isTaken(MeterRegistry registry, String name) {
    return registry
            .find(TenantRedisMeter.CONNECTION_COUNT.getName())
            .tag(MeterTag.CLIENT.asString(), name)
            .meter()
        != null;
  }

  /** The meters of a tenant's subscriptions. */
  public PubSubMeters pubSub(TenantId tenant) {
    return new PubSubMeters(tenants, tenant, subscriptions);
  }

  /** What the tag of this client says: no other client of the registry has the same. */
  public String name() {
    return name;
  }

  /** What tells the meters of this client from those of others, in metrics of others, too. */
  public Map<String, String> tags() {
    return Map.of(MeterTag.CLIENT.asString(), name);
  }

  /** The meters of a tenant's commands. */
  public CommandMeters commands(TenantId tenant) {
    return new CommandMeters(tenants.enter(tenant), tenant, log);
  }

  /** The observations of all tenants' commands. */
  public CommandObservations observations(ObservationRegistry registry) {
    return new CommandObservations(registry, log);
  }

  /** The meters of a tenant's dedicated connections. */
  public DedicatedMeters dedicated(TenantId tenant) {
    return new DedicatedMeters(tenants.enter(tenant), pools);
  }

  /** Shows the state of what protects a tenant. */
  public void resilience(
      TenantId tenant, CircuitBreaker breaker, Bulkhead bulkhead, @Nullable RateLimiter limiter) {
    tenants.enter(tenant);
    tenants.resilience(tenant, resilience.of(breaker, bulkhead, limiter));
  }

  /** Shows the state of what protects an endpoint. */
  public void resilience(CircuitBreaker endpoint) {
    TenantResilience state = resilience.of(endpoint, null, null);
    endpoints.put(endpoint.getName(), state);
    state.publish();
  }

  /**
   * Removes the meters of an endpoint that is out of use.
   *
   * @param breaker the name of its circuit breaker
   */
  public void forgetEndpoint(String breaker) {
    TenantResilience state = endpoints.remove(breaker);
    if (state != null) {
      state.remove();
    }
  }

  /** Removes the meters of a tenant that is out of use. */
  public void forget(TenantId tenant) {
    tenants.leave(tenant);
  }

  /** Does what is to be done at intervals. */
  public void sweep(long now) {
    tenants.sweep(now);
    log.sweep();
  }

  /** Removes all meters of this client. */
  public void close() {
    tenants.close();
    endpoints.values().forEach(TenantResilience::remove);
    client.close();
    log.close();
  }

  /** Counts what the guard of a tenant refuses or withholds. */
  public GuardListener guard(TenantId tenant) {
    tenants.enter(tenant);
    return new GuardListener() {
      @Override
      public void refused(String command, RefusalReason reason) {
        tenants
            .of(tenant)
            .counter(TenantRedisMeter.REFUSALS, command, reason.name().toLowerCase(Locale.ROOT))
            .increment();
        log.log(LogEvent.COMMAND_REFUSED, tenant, command, tenant, reason);
      }

      @Override
      public void violation(String command, int names) {
        tenants.of(tenant).counter(TenantRedisMeter.VIOLATIONS, command).increment(names);
        log.log(LogEvent.FOREIGN_NAMES, tenant, command, tenant, names);
      }
    };
  }

  @Override
  public void connected(TenantId tenant, Duration took) {
    pools.open.incrementAndGet();
    MeterGroup group = tenants.of(tenant);
    group.timer(TenantRedisMeter.CONNECTION_CREATE).record(took);
    group.counter(TenantRedisMeter.IDENTITY_CHECKS, MeterTag.CONFIRMED).increment();
    log.log(LogEvent.CONNECTION_OPENED, tenant, tenant);
  }

  @Override
  public void connectFailed(TenantId tenant, ErrorCode code) {
    MeterGroup group = tenants.of(tenant);
    group.counter(TenantRedisMeter.CONNECTION_FAILURES, CommandMeters.labelOf(code)).increment();
    if (code == ErrorCode.SEC006) {
      group.counter(TenantRedisMeter.IDENTITY_CHECKS, MeterTag.MISMATCH).increment();
    } else if (code == ErrorCode.SEC007) {
      group.counter(TenantRedisMeter.IDENTITY_CHECKS, MeterTag.UNVERIFIED).increment();
    }
    log.log(LogEvent.CONNECT_FAILED, tenant, tenant, code, code.label());
  }

  @Override
  public void closed(TenantId tenant) {
    pools.open.decrementAndGet();
    log.log(LogEvent.CONNECTION_GONE, tenant, tenant);
  }

  @Override
  public void probeNotPermitted(TenantId tenant) {
    log.log(LogEvent.PROBE_NOT_PERMITTED, tenant, tenant);
  }

  @Override
  public void outOfStep(TenantId tenant) {
    tenants.of(tenant).counter(TenantRedisMeter.OUT_OF_STEP).increment();
    log.log(LogEvent.CONNECTION_OUT_OF_STEP, tenant, tenant);
  }

  @Override
  public void evicted(TenantId tenant, String why) {
    client.counter(TenantRedisMeter.EVICTIONS, why).increment();
    log.log(LogEvent.TENANT_EVICTED, tenant, tenant, why);
  }

  @Override
  public void unavailable(TenantId tenant, Throwable cause) {
    log.log(LogEvent.TENANT_UNAVAILABLE, tenant, tenant, cause.getMessage());
  }

  @Override
  public void available(TenantId tenant) {
    log.log(LogEvent.TENANT_AVAILABLE, tenant, tenant);
  }

  @Override
  public void reconnected(TenantId tenant) {
    tenants.of(tenant).counter(TenantRedisMeter.RECONNECTS).increment();
    log.log(LogEvent.CONNECTION_REPLACED, tenant, tenant);
  }

  @Override
  public void quarantined(TenantId tenant, Throwable cause) {
    tenants.of(tenant).counter(TenantRedisMeter.QUARANTINES).increment();
    log.log(LogEvent.TENANT_QUARANTINED, tenant, tenant, cause.getMessage());
  }

  @Override
  public void exchanged(TenantId tenant) {
    tenants.of(tenant).counter(TenantRedisMeter.EXCHANGES).increment();
    log.log(LogEvent.CONNECTION_EXCHANGED, tenant, tenant);
  }

  @Override
  public void exchangeFailed(TenantId tenant, Throwable cause) {
    log.log(LogEvent.EXCHANGE_FAILED, tenant, tenant, cause.getMessage());
  }
}
