package io.tenantredis.internal.client;

import io.lettuce.core.RedisCommandInterruptedException;
import io.lettuce.core.RedisException;
import io.tenantredis.TenantRedisFailure;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** What the blocking flavours share: waiting, and failing as the thing waited for failed. */
final class Waiting {

  private Waiting() {}

  /**
   * Waits for something that ends by itself.
   *
   * @throws RedisCommandInterruptedException if the thread is interrupted; it is cancelled then
   */
  static <T> T await(CompletableFuture<T> asked) {
    try {
      return asked.get();
    } catch (InterruptedException interrupted) {
      asked.cancel(false);
      Thread.currentThread().interrupt();
      throw new RedisCommandInterruptedException(interrupted);
    } catch (ExecutionException failed) {
      throw thrown(failed.getCause());
    }
  }

  /** The failure itself, with its type, and not a copy. */
  static RuntimeException thrown(@Nullable Throwable cause) {
    if (cause instanceof RuntimeException failure) {
      if (failure instanceof TenantRedisFailure || failure instanceof CancellationException) {
        // Made on another thread for this caller alone: the stack of the call says more.
        failure.fillInStackTrace();
      }
      return failure;
    }
    return new RedisException(cause);
  }
}
