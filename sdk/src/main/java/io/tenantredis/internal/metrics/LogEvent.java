package io.tenantredis.internal.metrics;

import static org.slf4j.event.Level.DEBUG;
import static org.slf4j.event.Level.ERROR;
import static org.slf4j.event.Level.INFO;
import static org.slf4j.event.Level.WARN;

import org.slf4j.event.Level;

/**
 * What is logged of tenants, with stable ids: docs/logging.md lists them. Each line begins with its
 * id. Never a key, a value or a secret.
 */
enum LogEvent {
  COMMAND_REFUSED("guard", WARN, "{} of tenant {} was refused before it was sent: {}"),
  FOREIGN_NAMES(
      "guard",
      ERROR,
      "The reply to {} of tenant {} held {} name(s) outside the tenant's prefix; they were withheld. Check the server's"
          + " ACL and what stands between the client and the server."),
  PERMISSION_DENIED("guard", WARN, "The server's ACL denied {} of tenant {}"),
  CONNECTION_OPENED("connection", DEBUG, "Opened a verified connection of tenant {}"),
  CONNECT_FAILED("connection", DEBUG, "No verified connection of tenant {}: {} {}"),
  CONNECTION_GONE("connection", DEBUG, "A connection of tenant {} is gone"),
  CONNECTION_REPLACED("connection", DEBUG, "Tenant {} has a connection in place of a lost one"),
  CONNECTION_OUT_OF_STEP(
      "connection", ERROR, "Closed a connection of tenant {}: replies no longer matched commands"),
  PROBE_NOT_PERMITTED(
      "connection",
      WARN,
      "The user of tenant {} may not PING: a lost reply on its connection goes unnoticed while commands keep coming. Grant"
          + " it: ACL SETUSER ... +ping"),
  CONNECTION_EXCHANGED(
      "connection", DEBUG, "Commands of tenant {} go over a new connection, the old one drains"),
  EXCHANGE_FAILED(
      "connection",
      WARN,
      "No connection of tenant {} to take the place of the present one, which is kept. This is tried again: {}"),
  TENANT_EVICTED("tenant", DEBUG, "Evicted tenant {} ({}); its next command connects again"),
  TENANT_UNAVAILABLE("tenant", WARN, "Tenant {} has no connection, which is tried again: {}"),
  TENANT_AVAILABLE("tenant", INFO, "Tenant {} has a verified connection again"),
  TENANT_QUARANTINED(
      "tenant",
      ERROR,
      "Tenant {} is in quarantine: its commands fail until the server says that a connection is its own. This is tried"
          + " again without them. {}"),
  METER_FAILED(
      "metrics",
      WARN,
      "The meter registry of the application failed to count {} of tenant {}, which took its way: {}"),
  OBSERVATION_FAILED(
      "observation",
      WARN,
      "A handler or convention of the application failed to observe {} of tenant {}, which took its way: {}");

  private final String logger;
  private final Level level;
  private final String text;

  LogEvent(String logger, Level level, String text) {
    this.logger = "io.tenantredis." + logger;
    this.level = level;
    this.text = name() + " " + text;
  }

  String logger() {
    return logger;
  }

  Level level() {
    return level;
  }

  /** The line, with SLF4J's placeholders. */
  String text() {
    return text;
  }
}
