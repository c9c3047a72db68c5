package io.tenantredis.internal.metrics;

import io.micrometer.common.docs.KeyName;

/**
 * Every tag of the SDK's meters. Values come from closed sets: never a key, a user name, a message
 * or a secret.
 */
public enum MeterTag implements KeyName {
  SYSTEM("db.system.name", "`redis`"),
  CLIENT(
      "db.client.connection.pool.name",
      "the client, as `MetricsOptions.name` says (default `tenant-redis`)"),
  TENANT("tenant", "the tenant's id, or `other`: see below"),
  OPERATION(
      "db.operation.name",
      "the command with its subcommand, as it stands in the [command table](docs/commands.md);"
          + " `unknown` for one that is not there"),
  ERROR("error.type", "`none`, a code with its name such as `SEC003_NOPERM`, or `other`"),
  STATUS(
      "db.response.status_code",
      "`none`, the word that the server's error began with if [the table](docs/errors.md) knows it,"
          + " or `other`"),
  OUTCOME(
      "outcome",
      "`success`, `not_sent`, `rejected`, `unknown`, or `other`; of a legacy read see there"),
  REASON(
      "reason",
      "why the guard refused or a tenant was evicted, or what an ACL denied: `auth`, `command`, `key`, `channel`, `other`"),
  STATE("db.client.connection.state", "`idle`, `used`"),
  RESULT(
      "result",
      "`confirmed`, `mismatch` when the server named another user, `unverified` when it named none");

  static final String REDIS = "redis";
  static final String NONE = "none";
  static final String OTHER = "other";
  static final String IDLE = "idle";
  static final String USED = "used";
  static final String CONFIRMED = "confirmed";
  static final String MISMATCH = "mismatch";
  static final String UNVERIFIED = "unverified";

  private final String key;
  private final String valuesText;

  MeterTag(String key, String values) {
    this.key = key;
    this.valuesText = values;
  }

  @Override
  public String asString() {
    return key;
  }

  /** Its values, for the documentation. */
  public String valuesText() {
    return valuesText;
  }
}
