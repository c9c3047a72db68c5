package io.tenantredis.internal.pool;

import io.tenantredis.internal.connection.ProbeSettings;
import io.tenantredis.internal.metrics.ConnectionEvents;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * When connecting is tried again, and when live connections are looked at; one for all tenants.
 *
 * @param backoff the waits after failed attempts
 * @param quarantineBackoff the waits between attempts to leave quarantine, or to rotate
 * @param newUserPatience how long a tenant that never connected is tried again although the server
 *     refuses its credentials
 * @param reverifyInterval how often the server is asked again whose a connection is; zero for never
 * @param credentialsPollInterval how often credentials are compared; zero for never
 * @param timer runs what waits
 * @param nanoTime the clock
 * @param random numbers from 0 (inclusive) to 1 (exclusive)
 * @param events whom to tell
 * @param probes how shared connections are proved to be in step; null for no proofs
 */
public record ConnectPolicy(
    Backoff backoff,
    Backoff quarantineBackoff,
    Duration newUserPatience,
    Duration reverifyInterval,
    Duration credentialsPollInterval,
    ScheduledExecutorService timer,
    LongSupplier nanoTime,
    DoubleSupplier random,
    ConnectionEvents events,
    @Nullable ProbeSettings probes) {

  /** When to do next what is done at this interval, with up to half of it taken off at random. */
  long next(Duration interval, long now) {
    long nanos = interval.toNanos();
    return now + nanos - (long) (nanos * random.getAsDouble() / 2);
  }
}
