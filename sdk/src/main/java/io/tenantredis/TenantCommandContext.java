package io.tenantredis;

import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.SenderContext;

/**
 * What an observation of {@link TenantRedis.Builder#observations} knows of its command. Its kind is
 * that of a client's call, and nothing of it is sent to the server. Its {@linkplain #getError()
 * error} is an {@link ObservedFailure}.
 *
 * <p>To name or describe observations in another way, register a {@link
 * io.micrometer.observation.GlobalObservationConvention} for this type with the registry; an {@link
 * io.micrometer.observation.ObservationFilter} adds to what there is, and an {@link
 * io.micrometer.observation.ObservationPredicate} leaves commands out.
 */
public final class TenantCommandContext extends SenderContext<Object> {

  private final TenantId tenant;
  private final String command;

  /**
   * The context of one command.
   *
   * @param tenant whose it is
   * @param command its name with its subcommand, in upper case
   */
  public TenantCommandContext(TenantId tenant, String command) {
    super((carrier, key, value) -> {}, Kind.CLIENT);
    this.tenant = tenant;
    this.command = command;
    setRemoteServiceName("redis");
  }

  /**
   * Whose command it is.
   *
   * @return the tenant
   */
  public TenantId tenant() {
    return tenant;
  }

  /**
   * Which command it is.
   *
   * @return the name with its subcommand, as it stands in the command table
   */
  public String command() {
    return command;
  }
}
