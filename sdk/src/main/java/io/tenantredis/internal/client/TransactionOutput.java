package io.tenantredis.internal.client;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.MultiOutput;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;
import io.tenantredis.Outcome;
import io.tenantredis.TenantClosedException;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.TenantReplyException;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.keyspace.GuardedCommand;
import java.util.ArrayList;
import java.util.List;

/**
 * Lettuce's output of EXEC, but what was queued ends with EXEC itself: not while its reply is still
 * being read, which may turn out to be none, and when EXEC fails so does each command that was
 * queued. Lettuce completes them with null, which an application could take for the result of a
 * command that was executed.
 */
final class TransactionOutput<K, V> extends MultiOutput<K, V> {

  private final TenantId tenant;
  private final GuardedCommand<?, ?, ?> opening;

  /** Guarded by itself: a lease may be closed while a command is given to it. */
  private final List<Part<K, V, ?>> parts = new ArrayList<>();

  /** How many of them EXEC's reply has brought; the event loop's. */
  private int answered;

  /**
   * @param opening the MULTI that it belongs to
   */
  TransactionOutput(RedisCodec<K, V> codec, TenantId tenant, GuardedCommand<?, ?, ?> opening) {
    super(codec);
    this.tenant = tenant;
    this.opening = opening;
  }

  /** Whether MULTI had no effect: there is no such transaction. */
  boolean isVoid() {
    return opening.isSettled() && !isOpened();
  }

  /** Whether the server said that there is this transaction. */
  boolean isOpened() {
    return opening.isAnswered() && opening.replyError() == null;
  }

  @Override
  public void add(RedisCommand<K, V, ?> command) {
    Part<K, V, ?> part = new Part<>(command);
    synchronized (parts) {
      parts.add(part);
    }
    super.add(part);
  }

  /** Lettuce's knows no booleans, which newer commands and scripts answer with. */
  @Override
  public void set(boolean value) {
    Part<K, V, ?> part;
    synchronized (parts) {
      part = answered < parts.size() ? parts.get(answered) : null;
    }
    CommandOutput<K, V, ?> output = part == null ? null : part.getOutput();
    if (output != null) {
      output.set(value);
    }
  }

  @Override
  public void complete(int depth) {
    super.complete(depth);
    if (depth == 1) {
      answered++;
    }
  }

  /** The application discards the transaction. */
  @Override
  public void cancel() {
    deliver();
  }

  /** EXEC was answered, and so was what it executed. */
  void deliver() {
    parts().forEach(Part::end);
  }

  private List<Part<K, V, ?>> parts() {
    synchronized (parts) {
      return List.copyOf(parts);
    }
  }

  /** EXEC failed. */
  void fail(Throwable failure) {
    for (Part<K, V, ?> part : parts()) {
      GuardedCommand<?, ?, ?> command =
          CommandWrapper.unwrap(part.getDelegate(), GuardedCommand.class);
      if (command != null && !command.isSettled()) {
        part.getDelegate()
            .completeExceptionally(
                hasError()
                    ? new RedisCommandExecutionException(getError())
                    : failureOf(command, failure));
      }
    }
  }

  private RuntimeException failureOf(GuardedCommand<?, ?, ?> command, Throwable failure) {
    if (failure instanceof TenantReplyException && failure.getCause() != null) {
      return Failures.unreadable(tenant, command.name(), failure.getCause());
    }
    boolean execNotSent =
        failure instanceof TenantRedisFailure typed && typed.outcome() == Outcome.NOT_SENT;
    boolean maybeExecuted = command.isEncoded() && !(execNotSent && isOpened());
    return failure instanceof TenantClosedException && !maybeExecuted
        ? Failures.leaseEnded(tenant, command.name())
        : Failures.connectionLost(tenant, command.name(), maybeExecuted, failure);
  }

  /** Lettuce ends it while it reads EXEC's reply. */
  private static final class Part<K, V, T> extends CommandWrapper<K, V, T> {

    Part(RedisCommand<K, V, T> command) {
      super(command);
    }

    @Override
    public void complete() {
      // It ends with EXEC.
    }

    void end() {
      command.complete();
    }
  }
}
