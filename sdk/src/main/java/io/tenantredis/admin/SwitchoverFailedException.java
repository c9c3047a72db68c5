package io.tenantredis.admin;

import io.tenantredis.TenantId;

/**
 * A tenant was cut over to its new servers, and its {@link Switchover} failed to switch all
 * applications over: its cause is what the switchover threw. The tenant's user can log in on the
 * new servers, and can only read on the old ones. What is left is to tell the applications, and
 * {@link TenantMove#finish}.
 */
public final class SwitchoverFailedException extends AdminException {

  private static final long serialVersionUID = 1L;

  SwitchoverFailedException(TenantId tenant, RuntimeException cause) {
    super(
        "Tenant "
            + tenant
            + " is on the new servers, and not all applications may know: switch them over, then"
            + " finish(...). Its user cannot write on the old servers.",
        cause);
  }
}
