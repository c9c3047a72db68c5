package io.tenantredis;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where a tenant's credentials come from. Asked each time a connection of the tenant is made, so
 * that new credentials take effect with the next connection.
 *
 * <p>Implementations are thread-safe and do not block: the call may come from an event loop. One
 * that has to wait for a secret store returns a stage that completes later; the wait is bounded by
 * the connect timeout.
 */
@FunctionalInterface
public interface TenantCredentialsProvider {

  /**
   * The credentials of a tenant.
   *
   * @param tenant the tenant
   * @return a stage with the credentials; completed with null when there is no such tenant, which
   *     fails the tenant's commands with {@link UnknownTenantException}; completed exceptionally
   *     when they cannot be had now, which fails them with {@link TenantConnectionException} and is
   *     tried again for the next connection
   */
  CompletionStage<@Nullable TenantCredentials> credentials(TenantId tenant);

  /**
   * A provider of credentials that are at hand.
   *
   * @param function the credentials of a tenant, or null when there is no such tenant; must not
   *     block
   * @return the provider
   */
  static TenantCredentialsProvider of(Function<TenantId, @Nullable TenantCredentials> function) {
    return tenant -> CompletableFuture.completedFuture(function.apply(tenant));
  }

  /**
   * A provider of fixed credentials.
   *
   * @param credentials the credentials by tenant; copied
   * @return the provider
   */
  static TenantCredentialsProvider of(Map<TenantId, TenantCredentials> credentials) {
    Map<TenantId, TenantCredentials> copy = Map.copyOf(credentials);
    return of(copy::get);
  }
}
