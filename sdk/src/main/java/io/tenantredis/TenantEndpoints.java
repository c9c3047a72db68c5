package io.tenantredis;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where each tenant lives: on the server that the client was built with, or on another one. Asked
 * when a tenant makes its first connection, and again when {@link TenantRedis#endpointChanged} or a
 * listener of {@link #onChange} says so; never for a command.
 *
 * <p>Implementations are thread-safe and do not block: the call comes from a thread that serves
 * timers. One that has to wait for a directory returns a stage that completes later; who waits for
 * it waits no longer than the connect timeout.
 *
 * <p>{@link EndpointMap} keeps the answers in memory.
 */
@FunctionalInterface
public interface TenantEndpoints {

  /**
   * The endpoint of a tenant.
   *
   * @param tenant the tenant
   * @return a stage with the endpoint; completed with null when there is no such tenant, which
   *     fails the tenant's commands with {@link UnknownTenantException}; completed exceptionally
   *     when it cannot be had now, as which also counts no stage, and one that is not completed
   *     within the connect timeout: a tenant that has an endpoint then keeps it, and the question
   *     is asked again within seconds; commands of one that has none fail with {@link
   *     TenantConnectionException} ({@link ErrorCode#TR016}). A stage that is completed with an
   *     endpoint, or with null, after that time still counts, unless one for a later question was
   *     completed before or the change was announced again within that time
   */
  CompletionStage<@Nullable TenantEndpoint> endpoint(TenantId tenant);

  /**
   * Asks to be told when a tenant's endpoint changed, so that the tenant moves. {@link TenantRedis}
   * calls it when it is built, and the returned action when it is closed. A mapping that does not
   * know never tells; this is the default.
   *
   * @param listener takes the tenant whose endpoint changed, on any thread, and does not block
   * @return ends the telling
   */
  default Runnable onChange(Consumer<TenantId> listener) {
    return () -> {};
  }

  /**
   * A mapping that is at hand.
   *
   * @param function the endpoint of a tenant, or null when there is no such tenant; must not block
   * @return the mapping
   */
  static TenantEndpoints of(Function<TenantId, @Nullable TenantEndpoint> function) {
    return tenant -> CompletableFuture.completedFuture(function.apply(tenant));
  }
}
