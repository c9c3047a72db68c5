package io.tenantredis.internal.connection;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How a shared connection is proved to be in step.
 *
 * @param intervalNanos how long a busy connection goes without a proof
 * @param timeoutNanos how long a proof may take; the connection is closed after that
 * @param nonces random numbers
 */
public record ProbeSettings(long intervalNanos, long timeoutNanos, LongSupplier nonces) {

  public static ProbeSettings of(Duration interval, Duration timeout, LongSupplier nonces) {
    return new ProbeSettings(interval.toNanos(), timeout.toNanos(), nonces);
  }
}
