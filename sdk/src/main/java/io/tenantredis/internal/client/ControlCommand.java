package io.tenantredis.internal.client;

import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

/**
 * MULTI, EXEC, DISCARD or UNWATCH of an application. Once given to a connection it is sent, also if
 * the application cancels it: what the connection does next depends on it. With EXEC the commands
 * of its transaction end, however it ends.
 */
final class ControlCommand<K, V, T> extends CommandWrapper<K, V, T> {

  private final @Nullable TransactionOutput<K, V> transaction;
  private volatile boolean ended;

  /**
   * @param transaction what ends with it, or null
   */
  ControlCommand(RedisCommand<K, V, T> command, @Nullable TransactionOutput<K, V> transaction) {
    super(command);
    this.transaction = transaction;
  }

  @Override
  public void complete() {
    ended = true;
    if (transaction != null) {
      transaction.deliver();
    }
    super.complete();
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    ended = true;
    if (transaction != null) {
      transaction.fail(failure);
    }
    return super.completeExceptionally(failure);
  }

  @Override
  public void cancel() {
    ended = true;
    super.cancel();
  }

  @Override
  public boolean isDone() {
    return ended;
  }

  @Override
  public boolean isCancelled() {
    return false;
  }
}
