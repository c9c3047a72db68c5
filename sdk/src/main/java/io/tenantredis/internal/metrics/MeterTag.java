package io.tenantredis.internal.metrics;

/**
 * Every tag of the SDK's meters. Values come from closed sets: never a key, a user name, a message
 * or a secret.
 */
public final class MeterTag {

  /** The tenant, or {@link TenantTags#OTHER}. */
  public static final String TENANT = "tenant";

  /** The command with its subcommand, from the command table. */
  public static final String OPERATION = "db.operation.name";

  /** Always {@code redis}. */
  public static final String SYSTEM = "db.system.name";

  /** The value of {@link #SYSTEM}. */
  public static final String SYSTEM_REDIS = "redis";

  /** The code of a failure, or {@code none}. */
  public static final String ERROR = "error.type";

  /** The value of {@link #ERROR} for a command that succeeded. */
  public static final String NO_ERROR = "none";

  /** The value of {@link #ERROR} for a failure that carries no code of this SDK. */
  public static final String OTHER_ERROR = "other";

  /** What is known about the effect: success, not_sent, rejected or unknown. */
  public static final String OUTCOME = "outcome";

  /** Why the guard refused. */
  public static final String REASON = "reason";

  /** Whether a connection is in use. */
  public static final String STATE = "db.client.connection.state";

  /** The value of {@link #STATE} for a connection that nobody uses. */
  public static final String STATE_IDLE = "idle";

  /** The value of {@link #STATE} for a connection that is leased. */
  public static final String STATE_USED = "used";

  private MeterTag() {}
}
