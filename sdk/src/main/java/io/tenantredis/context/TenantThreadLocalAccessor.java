package io.tenantredis.context;

import io.micrometer.context.ThreadLocalAccessor;
import io.tenantredis.TenantId;
import org.jspecify.annotations.Nullable;

/**
 * Lets Micrometer's context propagation, and with it Reactor's automatic one, carry the current
 * tenant. Found by {@link java.util.ServiceLoader} where context propagation is on the class path.
 *
 * <p>In a Reactor {@code Context} the tenant stands under {@link #KEY}: {@code
 * mono.contextWrite(context -> context.put(TenantThreadLocalAccessor.KEY, tenant))}.
 */
public final class TenantThreadLocalAccessor implements ThreadLocalAccessor<TenantId> {

  /** The key of the tenant in a Reactor context: {@value}. The value is a {@link TenantId}. */
  public static final String KEY = "io.tenantredis.tenant";

  /** An accessor; all are the same. */
  public TenantThreadLocalAccessor() {}

  @Override
  public Object key() {
    return KEY;
  }

  @Override
  public @Nullable TenantId getValue() {
    return TenantContext.current();
  }

  @Override
  public void setValue(TenantId tenant) {
    TenantContext.set(tenant);
  }

  @Override
  public void setValue() {
    TenantContext.set(null);
  }
}
