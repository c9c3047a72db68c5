package io.tenantredis.internal.metrics;

/**
 * Every meter of the SDK: its name, declared once. Names follow the OpenTelemetry database
 * conventions where one exists.
 */
public enum TenantRedisMeter {
  /** How long a command took for the application, all attempts included. */
  OPERATION_DURATION("db.client.operation.duration", "Time a command took, with all its attempts"),
  /** Further attempts after a first one failed. */
  RETRIES("tenant.redis.retries", "Further attempts of commands"),
  /** Commands that the guard refused before anything was sent. */
  REFUSALS("tenant.redis.guard.refusals", "Commands refused before they were sent"),
  /** Names outside the tenant's prefix that were found in replies and dropped. */
  VIOLATIONS("tenant.redis.guard.violations", "Foreign names found in replies and withheld"),
  /** Reads that went on to the name a key had before it had its prefix. */
  LEGACY_READS("tenant.redis.legacy.reads", "Reads that went on to a legacy name"),
  /** How long it took to open and verify a connection. */
  CONNECTION_CREATE("db.client.connection.create_time", "Time to open and verify a connection"),
  /** Attempts to connect that failed, by code. */
  CONNECTION_FAILURES("tenant.redis.connection.failures", "Failed attempts to connect"),
  /** How long callers waited for a dedicated connection. */
  CONNECTION_WAIT("db.client.connection.wait_time", "Time to obtain a dedicated connection"),
  /** How long dedicated connections were leased. */
  CONNECTION_USE("db.client.connection.use_time", "Time a dedicated connection was leased"),
  /** Callers that wait for a dedicated connection now. */
  CONNECTION_PENDING(
      "db.client.connection.pending_requests", "Callers waiting for a dedicated connection"),
  /** Callers that got no dedicated connection in time. */
  CONNECTION_TIMEOUTS(
      "db.client.connection.timeouts", "Callers that got no dedicated connection in time"),
  /** Dedicated connections now, by state. They are part of the open connections, too. */
  DEDICATED_CONNECTIONS(
      "tenant.redis.dedicated.connections", "Dedicated connections, idle and leased"),
  /** Leases held for longer than the leak threshold. */
  CONNECTION_LEAKS("tenant.redis.dedicated.leaks", "Leases that were held for too long"),
  /** Connections open now. */
  CONNECTION_COUNT("db.client.connection.count", "Open connections"),
  /** Tenants whose connections were closed because they were idle or others needed the room. */
  EVICTIONS("tenant.redis.tenant.evictions", "Evicted tenants"),
  /** How often a tenant came into quarantine. */
  QUARANTINES("tenant.redis.tenant.quarantines", "Tenants whose identity was not confirmed"),
  /** Connections exchanged for new ones, with new credentials or certificates. */
  EXCHANGES("tenant.redis.connection.exchanges", "Connections exchanged for new ones"),
  /** Subscriptions open now. */
  SUBSCRIPTIONS("tenant.redis.pubsub.subscriptions", "Open subscriptions"),
  /** Messages that arrived for subscriptions. */
  MESSAGES("tenant.redis.pubsub.messages", "Messages received for subscriptions"),
  /** Messages that a subscription had no room for. */
  MESSAGES_DROPPED(
      "tenant.redis.pubsub.dropped", "Messages dropped because a subscription's queue was full"),
  /** Connections of subscriptions that were lost. */
  SUBSCRIBER_LOSSES(
      "tenant.redis.pubsub.interruptions", "Lost connections of tenants with subscriptions"),
  /** Connections closed because replies no longer matched commands. */
  OUT_OF_STEP(
      "tenant.redis.connection.desyncs",
      "Connections closed because replies did not match commands");

  private final String meterName;
  private final String description;

  TenantRedisMeter(String meterName, String description) {
    this.meterName = meterName;
    this.description = description;
  }

  public String meterName() {
    return meterName;
  }

  public String description() {
    return description;
  }
}
