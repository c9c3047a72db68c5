package io.tenantredis.test.server;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for something that a server does in its own time and does not announce. */
final class Await {

  private static final Duration POLL = Duration.ofMillis(2);

  private Await() {}

  static void until(String what, Duration timeout, BooleanSupplier condition) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new RedisServerException(
            "waited " + timeout.toMillis() + " ms in vain until " + what);
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new RedisServerException("interrupted while waiting until " + what);
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }
}
