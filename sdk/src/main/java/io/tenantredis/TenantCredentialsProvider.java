package io.tenantredis;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
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
   * Asks to be told when a tenant's credentials changed, so that its connections are exchanged for
   * such with the new ones. {@link TenantRedis} calls it when it is built, and the returned action
   * when it is closed. A provider that does not know never tells; this is the default.
   *
   * @param listener takes the tenant whose credentials changed, on any thread, and does not block
   * @return ends the telling
   */
  default Runnable onChange(Consumer<TenantId> listener) {
    return () -> {};
  }

  /**
   * A provider of passwords in environment variables. The variable's name holds the tenant's id in
   * upper case with {@code _} for {@code -}; ids with other characters than {@code a-z}, {@code
   * 0-9} and {@code -} have no variable and fail to connect with {@link ErrorCode#TR011}, so that
   * no two tenants share one. A variable that is absent or empty means that there is no such
   * tenant.
   *
   * @param userTemplate the tenants' users, such as {@code tenant_{tenant}}
   * @param variable the variables, such as {@code REDIS_PASSWORD_{tenant}}
   * @return the provider
   * @throws ConfigurationException if a template does not have exactly one {@code {tenant}}
   */
  static TenantCredentialsProvider ofEnvironment(String userTemplate, String variable) {
    return new EnvironmentCredentials(userTemplate, variable, System.getenv());
  }

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
