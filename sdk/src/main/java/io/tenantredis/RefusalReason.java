package io.tenantredis;

/** Why the guard refused a command before anything was sent. */
public enum RefusalReason {
  /** The SDK has no rule for this command or subcommand, so that its keys cannot be located. */
  NO_RULE,
  /** Tenants may not run this command: its effect or its reply is not confined to one tenant. */
  REFUSED,
  /** {@link PrefixMode#REQUIRE}: a key, channel or pattern is outside the tenant's prefix. */
  FOREIGN_NAME,
  /**
   * The arguments do not follow the command's grammar, so that its keys cannot be located with
   * certainty.
   */
  SYNTAX,
  /** The command is allowed, an option that was used is not. */
  OPTION,
  /** The application itself took this command away from its tenants. */
  NARROWED,
  /** The command changes the state of a connection and needs a connection of its own. */
  CONNECTION_STATE,
  /** Redis Cluster: what it names is on several nodes, and only one node can run it. */
  CROSS_SLOT,
  /** The encoded command is not one well-formed Redis command. */
  MALFORMED
}
