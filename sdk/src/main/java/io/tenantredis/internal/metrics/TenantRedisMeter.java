package io.tenantredis.internal.metrics;

import static io.tenantredis.internal.metrics.MeterTag.CLIENT;
import static io.tenantredis.internal.metrics.MeterTag.ERROR;
import static io.tenantredis.internal.metrics.MeterTag.OPERATION;
import static io.tenantredis.internal.metrics.MeterTag.OUTCOME;
import static io.tenantredis.internal.metrics.MeterTag.REASON;
import static io.tenantredis.internal.metrics.MeterTag.RESULT;
import static io.tenantredis.internal.metrics.MeterTag.STATE;
import static io.tenantredis.internal.metrics.MeterTag.STATUS;
import static io.tenantredis.internal.metrics.MeterTag.SYSTEM;
import static io.tenantredis.internal.metrics.MeterTag.TENANT;

import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.docs.MeterDocumentation;
import java.util.List;
import java.util.stream.Stream;

/**
 * Every meter of the SDK, declared once: METRICS.md is checked against this. Names follow the
 * OpenTelemetry database conventions where one exists. Each has the tags {@code db.system.name} and
 * {@code db.client.connection.pool.name} before its own.
 */
public enum TenantRedisMeter implements MeterDocumentation {
  OPERATION_DURATION(
      "db.client.operation.duration",
      Meter.Type.TIMER,
      "time a command took for the application, all its attempts included",
      TENANT,
      OPERATION,
      ERROR,
      STATUS,
      OUTCOME),
  OUTCOME_UNKNOWN(
      "tenant.redis.outcome.unknown",
      Meter.Type.COUNTER,
      "commands that failed and may have been executed all the same",
      TENANT,
      OPERATION),
  PERMISSION_DENIED(
      "tenant.redis.noperm",
      Meter.Type.COUNTER,
      "commands that the server's ACL denied",
      TENANT,
      OPERATION),
  RETRIES(
      "tenant.redis.retries",
      Meter.Type.COUNTER,
      "further attempts, by the failure before them",
      TENANT,
      OPERATION,
      ERROR),
  READS_ELSEWHERE(
      "tenant.redis.reads.elsewhere",
      Meter.Type.COUNTER,
      "reads that went on to another node ([docs/replica-reads.md](docs/replica-reads.md)), by why the one before could not answer",
      TENANT,
      OPERATION,
      ERROR),
  REFUSALS(
      "tenant.redis.guard.refusals",
      Meter.Type.COUNTER,
      "commands that the guard refused before anything was sent",
      TENANT,
      OPERATION,
      REASON),
  VIOLATIONS(
      "tenant.redis.guard.violations",
      Meter.Type.COUNTER,
      "foreign names found in replies and withheld: investigate each",
      TENANT,
      OPERATION),
  LEGACY_READS(
      "tenant.redis.legacy.reads",
      Meter.Type.COUNTER,
      "reads that went on to a legacy name ([docs/adopting.md](docs/adopting.md)): `found`, `missing`,"
          + " `failed`, or `outside`, not asked because the name was inside a tenant's prefix",
      TENANT,
      OPERATION,
      OUTCOME),
  IDENTITY_CHECKS(
      "tenant.redis.identity.checks",
      Meter.Type.COUNTER,
      "answers to the question whose connection a new one is",
      TENANT,
      RESULT),
  CONNECTION_COUNT(
      "db.client.connection.count",
      Meter.Type.GAUGE,
      "open connections; a shared one counts as used, a dedicated one while it is leased",
      STATE),
  CONNECTION_CREATE(
      "db.client.connection.create_time",
      Meter.Type.TIMER,
      "time to open and verify a connection",
      TENANT),
  CONNECTION_FAILURES(
      "tenant.redis.connection.failures",
      Meter.Type.COUNTER,
      "failed attempts to connect",
      TENANT,
      ERROR),
  RECONNECTS(
      "tenant.redis.connection.reconnects",
      Meter.Type.COUNTER,
      "shared connections opened in place of a lost one",
      TENANT),
  OUT_OF_STEP(
      "tenant.redis.connection.desyncs",
      Meter.Type.COUNTER,
      "connections closed because replies did not match commands",
      TENANT),
  EXCHANGES(
      "tenant.redis.connection.exchanges",
      Meter.Type.COUNTER,
      "connections exchanged for new ones, with new credentials or certificates",
      TENANT),
  EVICTIONS(
      "tenant.redis.tenant.evictions",
      Meter.Type.COUNTER,
      "tenants whose connections were closed because they were idle or others needed the room",
      REASON),
  QUARANTINES(
      "tenant.redis.tenant.quarantines",
      Meter.Type.COUNTER,
      "tenants whose identity was not confirmed",
      TENANT),
  CONNECTION_WAIT(
      "db.client.connection.wait_time",
      Meter.Type.TIMER,
      "time to obtain a dedicated connection",
      TENANT),
  CONNECTION_USE(
      "db.client.connection.use_time",
      Meter.Type.TIMER,
      "time a dedicated connection was leased",
      TENANT),
  CONNECTION_PENDING(
      "db.client.connection.pending_requests",
      Meter.Type.GAUGE,
      "callers that wait for a dedicated connection"),
  CONNECTION_TIMEOUTS(
      "db.client.connection.timeouts",
      Meter.Type.COUNTER,
      "callers that got no dedicated connection in time",
      TENANT),
  DEDICATED_CONNECTIONS(
      "tenant.redis.dedicated.connections", Meter.Type.GAUGE, "dedicated connections", STATE),
  CONNECTION_LEAKS(
      "tenant.redis.dedicated.leaks",
      Meter.Type.COUNTER,
      "leases that were held for too long",
      TENANT),
  SUBSCRIPTIONS("tenant.redis.pubsub.subscriptions", Meter.Type.GAUGE, "open subscriptions"),
  MESSAGES(
      "tenant.redis.pubsub.messages",
      Meter.Type.COUNTER,
      "messages received, once for each subscription that gets them",
      TENANT),
  MESSAGES_DROPPED(
      "tenant.redis.pubsub.dropped",
      Meter.Type.COUNTER,
      "messages dropped because a listener was too slow for its queue",
      TENANT),
  SUBSCRIBER_LOSSES(
      "tenant.redis.pubsub.interruptions",
      Meter.Type.COUNTER,
      "lost connections of tenants with subscriptions",
      TENANT),
  ACL_DENIALS(
      "tenant.redis.acllog.denials",
      Meter.Type.COUNTER,
      "denials in the servers' ACL logs; logins under no tenant, for anybody can try any name",
      TENANT,
      REASON),
  ACL_LOST(
      "tenant.redis.acllog.lost",
      Meter.Type.COUNTER,
      "denials that were pushed out of an ACL log before it was read; 1 for each restart of a server"),
  ACL_FAILURES(
      "tenant.redis.acllog.failures",
      Meter.Type.COUNTER,
      "ACL logs that could not be read, and listeners that failed");

  private final String meterName;
  private final Meter.Type type;
  private final String description;

  @SuppressWarnings("ImmutableEnumChecker") // List.of
  private final List<MeterTag> tags;

  TenantRedisMeter(String meterName, Meter.Type type, String description, MeterTag... tags) {
    this.meterName = meterName;
    this.type = type;
    this.description = description;
    this.tags = List.of(tags);
  }

  @Override
  public String getName() {
    return meterName;
  }

  @Override
  public Meter.Type getType() {
    return type;
  }

  @Override
  public KeyName[] getKeyNames() {
    return Stream.concat(Stream.of(SYSTEM, CLIENT), tags.stream()).toArray(KeyName[]::new);
  }

  public String description() {
    return description;
  }

  /** Its own tags, in the order of their values. */
  List<MeterTag> tags() {
    return tags;
  }
}
