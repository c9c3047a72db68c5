package io.tenantredis.internal.keyspace;

/** What a reply says of whether the key that was read is absent. */
public enum Absence {
  /** It is there, or the reply says nothing of it. */
  NO,
  /** A key without what was asked for would have given the same reply. */
  POSSIBLE,
  /** Only an absent key gives this reply. */
  CERTAIN
}
