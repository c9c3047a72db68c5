package io.tenantredis.internal.client;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.output.MultiOutput;
import io.lettuce.core.protocol.RedisCommand;
import java.util.ArrayList;
import java.util.List;

/**
 * Lettuce's output of EXEC, but when EXEC itself fails so does each command that was queued.
 * Lettuce completes them with null, which an application could take for the result of a command
 * that was executed.
 */
final class TransactionOutput<K, V> extends MultiOutput<K, V> {

  private final List<RedisCommand<K, V, ?>> queued = new ArrayList<>();

  TransactionOutput(RedisCodec<K, V> codec) {
    super(codec);
  }

  @Override
  public void add(RedisCommand<K, V, ?> command) {
    queued.add(command);
    super.add(command);
  }

  @Override
  public void complete(int depth) {
    if (depth == 0 && hasError()) {
      for (RedisCommand<K, V, ?> command : queued) {
        command.completeExceptionally(new RedisCommandExecutionException(getError()));
      }
    }
    super.complete(depth);
  }
}
