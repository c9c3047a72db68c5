package io.tenantredis.admin;

/**
 * What a tenant's application does with Redis: a named set of commands to start a policy from.
 *
 * <p>No profile holds a command that the SDK refuses to tenants, or one that the server's key and
 * channel patterns do not confine; {@link AclPolicy#withheld()} names these with the reason.
 */
public enum AclProfile {

  /** Strings and hashes with expiry: reading, writing, deleting. */
  CACHE,

  /**
   * What session stores use: strings, hashes, sets and sorted sets with expiry, renaming, and
   * publishing and subscribing to the tenant's channels.
   */
  SESSION,

  /** Lists, streams and sorted sets with expiry and renaming, blocking reads included. */
  QUEUE,

  /** Publishing and subscribing. Opens channels and no key. */
  PUBSUB,

  /**
   * Every command that reads the tenant's keys and never writes. From Redis 7.0 on the keys are
   * opened for reading only ({@code %R~}), except for the few commands that only read and for which
   * the server wants write access all the same: {@code PFCOUNT} and those of modules have a
   * selector of their own.
   */
  READ_ONLY,

  /** Every command that the SDK permits to a tenant and the server's ACL confines. */
  FULL
}
