package io.tenantredis.admin;

/** How far a deployment has come. A level is reached when all checks of it and those below pass. */
public enum SecurityLevel {
  /** Not even the first level: the server is open. */
  NONE,
  /** Nobody gets in without a password, and nobody debugs the server from outside. */
  BASIC,
  /**
   * Each tenant has a user of its own, confined to its keys, and no user has more than it needs.
   */
  STANDARD,
  /** Nothing travels unencrypted, resources are bounded, and all servers agree. */
  HIGH,
  /** Clients present certificates, and nothing is left half done. */
  PARANOID
}
