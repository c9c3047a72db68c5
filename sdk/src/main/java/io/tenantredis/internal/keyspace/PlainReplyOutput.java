package io.tenantredis.internal.keyspace;

import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Passes the replies to a connection's own commands on as they are, and bounds what they may
 * announce.
 */
public final class PlainReplyOutput<K, V, T> extends ReplyOutput<K, V, T> {

  /** An output in front of this one. */
  public PlainReplyOutput(CommandOutput<K, V, T> target) {
    super(target);
  }

  @Override
  public void setError(@Nullable ByteBuffer error) {
    target().setError(error);
  }

  @Override
  public void setError(@Nullable String error) {
    target().setError(error);
  }

  @Override
  public void complete(int completed) {
    closed(completed);
    target().complete(completed);
  }
}
