package io.tenantredis;

/**
 * Which failed commands are sent again.
 *
 * @see TenantClient#retrying(RetryMode)
 */
public enum RetryMode {
  /**
   * A command that surely had no effect is sent again; one that may have had an effect only if the
   * command table says that running it twice is the same as running it once. The default.
   */
  BY_RULE,
  /**
   * The application vouches that its commands may run twice: also one that may have had an effect
   * is sent again, be it a script or INCR.
   */
  ALWAYS,
  /** No command is sent again, whatever happened to it. */
  NEVER
}
