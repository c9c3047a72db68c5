package io.tenantredis.internal.pool;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * How long to wait after failed attempts to connect: doubling from the first to the longest wait,
 * each with up to half of it taken off at random so that many clients do not come back in step.
 */
public final class Backoff {

  private static final int MAX_DOUBLINGS = 30;

  private final long firstNanos;
  private final long longestNanos;
  private final DoubleSupplier random;

  /**
   * @param random numbers from 0 (inclusive) to 1 (exclusive)
   */
  public Backoff(Duration first, Duration longest, DoubleSupplier random) {
    this.firstNanos = first.toNanos();
    this.longestNanos = longest.toNanos();
    this.random = random;
  }

  /** How long to wait after so many failures in a row. */
  public long nanosAfter(int failures) {
    int doublings = Math.min(MAX_DOUBLINGS, Math.max(0, failures - 1));
    long wait = firstNanos > longestNanos >> doublings ? longestNanos : firstNanos << doublings;
    return wait - (long) (wait * random.getAsDouble() / 2);
  }
}
