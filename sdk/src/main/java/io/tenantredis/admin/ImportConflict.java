package io.tenantredis.admin;

/** What an import does with a key that exists already. */
public enum ImportConflict {
  /** It stops there with an error. */
  FAIL,
  /** It leaves the key as it is. */
  KEEP,
  /** It replaces the key. */
  REPLACE
}
