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

  /** A connection was closed because replies no longer matched commands. */
  void outOfStep(TenantId tenant);

  /**
   * A tenant was evicted.
   *
   * @param why {@code idle}, or {@code room} for the connections of others
   */
  void evicted(TenantId tenant, String why);
}
