package io.tenantredis;

import io.lettuce.core.RedisException;

/**
 * The guard refused a command: nothing was sent, no connection and no permit was used. The message
 * says why and, where there is one, what to use instead.
 */
public final class CommandRefusedException extends RedisException implements TenantRedisFailure {

  private static final long serialVersionUID = 1L;

  private final FailureDetails details;
  private final RefusalReason reason;

  /**
   * A refusal.
   *
   * @param tenant the tenant that issued the command
   * @param command the command's name with its subcommand
   * @param reason why it was refused
   * @param message the reason for people, and the remedy; no argument of the command
   */
  public CommandRefusedException(
      TenantId tenant, String command, RefusalReason reason, String message) {
    this(new FailureDetails(ErrorCode.SEC008, tenant, command, Outcome.NOT_SENT), reason, message);
  }

  private CommandRefusedException(FailureDetails details, RefusalReason reason, String message) {
    super(details.message(message));
    this.details = details;
    this.reason = reason;
  }

  /**
   * Why the command was refused.
   *
   * @return the reason
   */
  public RefusalReason reason() {
    return reason;
  }

  @Override
  public FailureDetails details() {
    return details;
  }
}
