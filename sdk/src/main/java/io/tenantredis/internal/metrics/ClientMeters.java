package io.tenantredis.internal.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.tenantredis.ErrorCode;
import io.tenantredis.RefusalReason;
import io.tenantredis.TenantId;
import io.tenantredis.internal.keyspace.GuardListener;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The meters and log events of one client: of its connections, and of what its guards refused or
 * withheld. Thread-safe.
 */
public final class ClientMeters implements ConnectionEvents {

  private static final Logger LOG = LoggerFactory.getLogger("io.tenantredis");

  private final MeterRegistry registry;
  private final TenantTags tenants;
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger subscriptions = new AtomicInteger();
  private final PoolGauges pools;

  public ClientMeters(MeterRegistry registry, TenantTags tenants) {
    this.registry = registry;
    this.tenants = tenants;
    this.pools = new PoolGauges(registry);
    Gauge.builder(TenantRedisMeter.CONNECTION_COUNT.meterName(), open, AtomicInteger::get)
        .description(TenantRedisMeter.CONNECTION_COUNT.description())
        .tag(MeterTag.SYSTEM, MeterTag.SYSTEM_REDIS)
        .register(registry);
    Gauge.builder(
            TenantRedisMeter.SUBSCRIPTIONS.meterName(), subscriptions, AtomicInteger::doubleValue)
        .description(TenantRedisMeter.SUBSCRIPTIONS.description())
        .tag(MeterTag.SYSTEM, MeterTag.SYSTEM_REDIS)
        .register(registry);
  }

  /** The meters of a tenant's subscriptions. */
  public PubSubMeters pubSub(TenantId tenant) {
    return new PubSubMeters(registry, tenants.of(tenant), subscriptions);
  }

  /** The meters of a tenant's commands. */
  public CommandMeters commands(TenantId tenant) {
    return new CommandMeters(registry, tenants.of(tenant));
  }

  /** The meters of a tenant's dedicated connections. */
  public DedicatedMeters dedicated(TenantId tenant) {
    return new DedicatedMeters(registry, tenants.of(tenant), pools);
  }

  /** Counts what the guard of a tenant refuses or withholds. */
  public GuardListener guard(TenantId tenant) {
    return new GuardListener() {
      @Override
      public void refused(String command, RefusalReason reason) {
        Counter.builder(TenantRedisMeter.REFUSALS.meterName())
            .description(TenantRedisMeter.REFUSALS.description())
            .tag(MeterTag.TENANT, tenants.of(tenant))
            .tag(MeterTag.OPERATION, command)
            .tag(MeterTag.REASON, reason.name().toLowerCase(Locale.ROOT))
            .register(registry)
            .increment();
        LOG.debug("Refused {} of tenant {} before it was sent: {}", command, tenant, reason);
      }

      @Override
      public void violation(String command, int names) {
        Counter.builder(TenantRedisMeter.VIOLATIONS.meterName())
            .description(TenantRedisMeter.VIOLATIONS.description())
            .tag(MeterTag.TENANT, tenants.of(tenant))
            .tag(MeterTag.OPERATION, command)
            .register(registry)
            .increment(names);
        LOG.error(
            "The reply to {} of tenant {} held {} name(s) outside the tenant's prefix; they were withheld. Check the server's"
                + " ACL and what stands between the client and the server.",
            command,
            tenant,
            names);
      }
    };
  }

  @Override
  public void connected(TenantId tenant, Duration took) {
    open.incrementAndGet();
    Timer.builder(TenantRedisMeter.CONNECTION_CREATE.meterName())
        .description(TenantRedisMeter.CONNECTION_CREATE.description())
        .tag(MeterTag.SYSTEM, MeterTag.SYSTEM_REDIS)
        .tag(MeterTag.TENANT, tenants.of(tenant))
        .register(registry)
        .record(took);
    LOG.debug("Opened a verified connection of tenant {}", tenant);
  }

  @Override
  public void connectFailed(TenantId tenant, ErrorCode code) {
    Counter.builder(TenantRedisMeter.CONNECTION_FAILURES.meterName())
        .description(TenantRedisMeter.CONNECTION_FAILURES.description())
        .tag(MeterTag.TENANT, tenants.of(tenant))
        .tag(MeterTag.ERROR, CommandMeters.labelOf(code))
        .register(registry)
        .increment();
    LOG.debug("No verified connection of tenant {}: {} {}", tenant, code, code.label());
  }

  @Override
  public void closed(TenantId tenant) {
    open.decrementAndGet();
    LOG.debug("A connection of tenant {} is gone", tenant);
  }

  @Override
  public void probeNotPermitted(TenantId tenant) {
    LOG.warn(
        "The user of tenant {} may not PING: a lost reply on its connection goes unnoticed while commands keep coming. Grant"
            + " it: ACL SETUSER ... +ping",
        tenant);
  }

  @Override
  public void outOfStep(TenantId tenant) {
    Counter.builder(TenantRedisMeter.OUT_OF_STEP.meterName())
        .description(TenantRedisMeter.OUT_OF_STEP.description())
        .tag(MeterTag.TENANT, tenants.of(tenant))
        .register(registry)
        .increment();
    LOG.error("Closed a connection of tenant {}: replies no longer matched commands", tenant);
  }

  @Override
  public void evicted(TenantId tenant, String why) {
    Counter.builder(TenantRedisMeter.EVICTIONS.meterName())
        .description(TenantRedisMeter.EVICTIONS.description())
        .tag(MeterTag.REASON, why)
        .register(registry)
        .increment();
    LOG.debug("Evicted tenant {} ({}); its next command connects again", tenant, why);
  }

  @Override
  public void unavailable(TenantId tenant, Throwable cause) {
    LOG.warn("Tenant {} has no connection, which is tried again: {}", tenant, cause.getMessage());
  }

  @Override
  public void available(TenantId tenant) {
    LOG.info("Tenant {} has a verified connection again", tenant);
  }

  @Override
  public void quarantined(TenantId tenant, Throwable cause) {
    Counter.builder(TenantRedisMeter.QUARANTINES.meterName())
        .description(TenantRedisMeter.QUARANTINES.description())
        .tag(MeterTag.TENANT, tenants.of(tenant))
        .register(registry)
        .increment();
    LOG.error(
        "Tenant {} is in quarantine: its commands fail until the server says that a connection is"
            + " its own. This is tried again without them. {}",
        tenant,
        cause.getMessage());
  }

  @Override
  public void exchanged(TenantId tenant) {
    Counter.builder(TenantRedisMeter.EXCHANGES.meterName())
        .description(TenantRedisMeter.EXCHANGES.description())
        .tag(MeterTag.TENANT, tenants.of(tenant))
        .register(registry)
        .increment();
    LOG.debug("Commands of tenant {} go over a new connection, the old one drains", tenant);
  }

  @Override
  public void exchangeFailed(TenantId tenant, Throwable cause) {
    LOG.warn(
        "No connection of tenant {} with its new credentials. The old one is kept and the new ones"
            + " are tried again: {}",
        tenant,
        cause.getMessage());
  }
}
