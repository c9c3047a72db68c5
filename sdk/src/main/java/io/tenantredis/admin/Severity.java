package io.tenantredis.admin;

/** How much a {@link Finding} matters, from the least to the most. */
public enum Severity {
  /** Good to know; nothing to do. */
  INFO,
  /** Shows or costs little beyond one tenant. */
  LOW,
  /** Shows names or figures of other tenants, or weakens a fence. */
  MEDIUM,
  /** Shows or disturbs what other tenants do, or leaves one fence only. */
  HIGH,
  /** Reads, changes or deletes what is other tenants', or opens the server. */
  CRITICAL
}
