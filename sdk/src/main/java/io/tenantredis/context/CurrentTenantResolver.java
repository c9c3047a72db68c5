package io.tenantredis.context;

import io.tenantredis.TenantId;
import org.jspecify.annotations.Nullable;

/**
 * Says whose work the calling thread does. Implementations are thread-safe and do not block. {@link
 * #context()} is the one that fits unless the application already keeps its tenant elsewhere.
 */
@FunctionalInterface
public interface CurrentTenantResolver {

  /**
   * The tenant of the calling thread.
   *
   * @return the tenant, or null when there is none; never a default
   */
  @Nullable TenantId currentTenant();

  /**
   * The tenant of the calling thread, which must have one.
   *
   * @return the tenant
   * @throws NoCurrentTenantException if there is none
   */
  default TenantId requireTenant() {
    TenantId tenant = currentTenant();
    if (tenant == null) {
      throw new NoCurrentTenantException(
          "No tenant is current on this thread, and there is no default. Open a scope around the work, for example"
              + " 'try (TenantContext.Scope scope = TenantContext.open(tenant)) { ... }', and carry it to other threads with"
              + " TenantContext.wrap(...).");
    }
    return tenant;
  }

  /**
   * The tenant of {@link TenantContext}.
   *
   * @return the resolver
   */
  static CurrentTenantResolver context() {
    return TenantContext::current;
  }
}
