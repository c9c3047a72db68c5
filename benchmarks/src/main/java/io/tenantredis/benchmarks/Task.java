package io.tenantredis.benchmarks;

/** What one operation of a scenario does. */
enum Task {
  /** Reads one string of 64 bytes. */
  GET,
  /** Writes one string of 64 bytes. */
  SET,
  /** Reads 100 strings with one command. */
  MGET_100,
  /** Writes 20 fields of a hash with one command. */
  HSET_20,
  /** Reads 100 strings with a command each, sent together. */
  PIPELINE_100,
  /** Writes 10 strings in one transaction. */
  MULTI_10
}
