package io.tenantredis.internal.metrics;

/** What became of a read that went on to a legacy name. */
public enum LegacyOutcome {
  /** The key was there. */
  FOUND,
  /** It was not there either. */
  MISSING,
  /** The legacy name would have been inside a tenant's prefix and was not asked for. */
  OUTSIDE,
  /** The read failed, for instance because the user may not read legacy names. */
  FAILED
}
