package io.tenantredis.admin;

import io.tenantredis.TenantId;

/**
 * How the applications of a deployment are told while a tenant {@linkplain TenantMove moves}: by
 * whatever they take their endpoints from. Called on the thread of the move, one method at a time;
 * may block.
 */
public interface Switchover {

  /**
   * Lets every application hold the tenant's commands, and waits until none is in flight. What this
   * misses does no harm to the data: the server refuses writes from then on.
   *
   * @param tenant the tenant
   * @throws RuntimeException if that cannot be had: the move then ends, and the tenant stays
   */
  void hold(TenantId tenant);

  /**
   * Lets every application use the new server, and go on. The data is there, and so is the tenant's
   * user. When it returns, no application uses the old server for this tenant.
   *
   * @param tenant the tenant
   * @throws RuntimeException if some may not have been told: nothing is undone then
   */
  void switchOver(TenantId tenant);

  /**
   * Lets every application go on with the old server: the move failed.
   *
   * @param tenant the tenant
   */
  void release(TenantId tenant);
}
