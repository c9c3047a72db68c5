package io.tenantredis.internal.metrics;

import io.tenantredis.ErrorCode;
import io.tenantredis.TenantId;
import java.time.Duration;

/** What happens to connections, for metrics and logs. Called on any thread; must not block. */
public interface ConnectionEvents {

  /** A connection was made and verified. */
  void connected(TenantId tenant, Duration took);

  /** An attempt to connect failed. */
  void connectFailed(TenantId tenant, ErrorCode code);

  /** A verified connection is gone. */
  void closed(TenantId tenant);

  /** The tenant's user may not PING, so that its connections cannot be proved to be in step. */
  void probeNotPermitted(TenantId tenant);

  /** A connection was closed because replies no longer matched commands. */
  void outOfStep(TenantId tenant);

  /**
   * A tenant was evicted.
   *
   * @param why {@code idle}, or {@code room} for the connections of others
   */
  void evicted(TenantId tenant, String why);

  /** A tenant cannot connect; told once until it is {@linkplain #available available} again. */
  void unavailable(TenantId tenant, Throwable cause);

  /** A tenant can connect again. */
  void available(TenantId tenant);

  /** A tenant has a shared connection in place of one that was lost. */
  void reconnected(TenantId tenant);

  /** A tenant's commands fail from now on; told once until it is {@linkplain #available}. */
  void quarantined(TenantId tenant, Throwable cause);

  /**
   * A tenant's commands, or its subscriptions, go over another connection: with new credentials or
   * certificates, or to where the tenant lives now.
   */
  void exchanged(TenantId tenant);

  /** No such other connection; the present one is kept. Told once for each change. */
  void exchangeFailed(TenantId tenant, Throwable cause);
}
