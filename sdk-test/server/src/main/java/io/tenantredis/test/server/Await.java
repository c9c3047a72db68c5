package io.tenantredis.test.server;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for something that a server does in its own time and does not announce. */
final class Await {

  private static final Duration POLL = Duration.ofMillis(5);

  private Await() {}

  static void until(String what, Duration timeout, BooleanSupplier condition) {
    if (!holdsWithin(timeout, condition)) {
      throw new RedisServerException("waited " + timeout.toMillis() + " ms in vain until " + what);
    }
  }

  static boolean holdsWithin(Duration timeout, BooleanSupplier condition) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (!holds(condition)) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new RedisServerException("interrupted while waiting for a server");
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
    return true;
  }

  /** A server that changes its role ends connections; a failed look is a look to repeat. */
  private static boolean holds(BooleanSupplier condition) {
    try {
      return condition.getAsBoolean();
    } catch (UncheckedIOException e) {
      return false;
    }
  }
}
