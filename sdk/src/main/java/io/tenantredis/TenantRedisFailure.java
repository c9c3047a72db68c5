package io.tenantredis;

import org.jspecify.annotations.Nullable;

/**
 * What every exception of this SDK tells about a failed command or connection.
 *
 * <p>The exceptions extend what plain Lettuce raises for the same failure, so that existing catch
 * blocks keep working; this interface is what they have in common. Messages name the tenant, the
 * command and the code, never a value, a password or a URL with a secret.
 */
public interface TenantRedisFailure {

  /**
   * All that is known about this failure.
   *
   * @return the details
   */
  FailureDetails details();

  /**
   * The stable code of this failure.
   *
   * @return the code
   */
  default ErrorCode code() {
    return details().code();
  }

  /**
   * The tenant whose command or connection failed.
   *
   * @return the tenant
   */
  default TenantId tenant() {
    return details().tenant();
  }

  /**
   * The command that failed, in upper case with its subcommand, or null when no command was
   * involved.
   *
   * @return for example {@code SET} or {@code XGROUP CREATE}
   */
  default @Nullable String command() {
    return details().command();
  }

  /**
   * What is known about the effect on the server.
   *
   * @return the outcome
   */
  default Outcome outcome() {
    return details().outcome();
  }
}
