package io.tenantredis.internal.path;

import io.lettuce.core.protocol.CompleteableCommand;
import io.netty.util.concurrent.EventExecutorGroup;
import io.tenantredis.internal.keyspace.GuardedCommand;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Finds out that the application no longer wants a command's result. A future tells of its
 * cancellation, but a cancelled subscription only marks its command, and must be asked.
 */
final class Unwanted {

  private static final long ASK_MILLIS = 100;

  private Unwanted() {}

  /**
   * Runs the action when the application's command has ended before its attempt did.
   *
   * @param waiting whether it still matters
   * @param action may run more than once; must not block
   */
  static void then(
      GuardedCommand<?, ?, ?> attempt,
      EventExecutorGroup timer,
      BooleanSupplier waiting,
      Runnable action) {
    if (attempt.delegate() instanceof CompleteableCommand<?> command) {
      command.onComplete((result, failure) -> action.run());
    }
    if (!(attempt.delegate() instanceof Future<?>)) {
      askLater(attempt, timer, waiting, action);
    }
  }

  private static void askLater(
      GuardedCommand<?, ?, ?> attempt,
      EventExecutorGroup timer,
      BooleanSupplier waiting,
      Runnable action) {
    timer.schedule(
        () -> {
          if (attempt.delegate().isDone()) {
            action.run();
          } else if (waiting.getAsBoolean()) {
            askLater(attempt, timer, waiting, action);
          }
        },
        ASK_MILLIS,
        TimeUnit.MILLISECONDS);
  }
}
