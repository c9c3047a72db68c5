package io.tenantredis.internal.connection;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.Endpoint;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.concurrent.ScheduledFuture;
import io.tenantredis.internal.keyspace.GuardedCommand;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lettuce's command handler, made to close the connection on any sign that replies are out of step
 * with commands, and to end commands at their deadline.
 *
 * <p>Out of step means that a command could be answered with another one's reply: bytes arrive that
 * nobody asked for, or an exception leaves the pipeline in the middle of a reply. Lettuce would go
 * on; here the connection is closed.
 *
 * <p>Deadlines cost one timer a connection, not one a command: commands leave a connection in the
 * order they were written, so that the timer waits for the oldest. Everything here runs on the
 * channel's event loop.
 */
final class InStepCommandHandler extends CommandHandler {

  /** Netty's own default of {@link FlushConsolidationHandler}. */
  private static final int MAX_WRITES_PER_FLUSH = 256;

  /** What a burst of replies may leave behind as the read buffer of a resting connection. */
  private static final int MAX_RESTING_BUFFER = 64 * 1024;

  /**
   * A connection taken out of use is not closed before it rested this long: a thread that chose it
   * just before may still be writing.
   */
  private static final long REST_BEFORE_CLOSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final ConnectionListener listener;
  private final boolean consolidateFlushes;
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private @Nullable ScheduledFuture<?> deadlineTimer;
  private long deadlineTimerAt;
  private volatile @Nullable ChannelHandlerContext context;

  InStepCommandHandler(
      ClientOptions options,
      ClientResources resources,
      Endpoint endpoint,
      ConnectionListener listener,
      boolean consolidateFlushes) {
    super(options, resources, endpoint);
    this.consolidateFlushes = consolidateFlushes;
    this.listener = listener;
  }

  /** Completes on the event loop when the channel is gone. */
  CompletableFuture<Void> closed() {
    return closed;
  }

  /**
   * Closes the channel once all commands written so far are answered, at the latest after the grace
   * time.
   */
  void closeWhenIdle(long graceNanos) {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      return;
    }
    long now = System.nanoTime();
    long giveUpAt = now + graceNanos;
    try {
      ctx.executor().execute(() -> closeWhenIdle(ctx, now, giveUpAt));
    } catch (RejectedExecutionException shutDown) {
      // The event loop has ended, and with it the connection.
    }
  }

  private void closeWhenIdle(ChannelHandlerContext ctx, long restingSince, long giveUpAt) {
    long now = System.nanoTime();
    boolean resting = getStack().isEmpty();
    if (now - giveUpAt >= 0 || (resting && now - restingSince >= REST_BEFORE_CLOSE_NANOS)) {
      ctx.close();
      return;
    }
    ctx.executor()
        .schedule(
            () -> closeWhenIdle(ctx, resting ? restingSince : now, giveUpAt),
            10,
            TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelRegistered(ChannelHandlerContext ctx) throws Exception {
    ByteBufAllocator allocator = ctx.alloc();
    ctx.channel().config().setAllocator(new SmallBuffers(allocator));
    try {
      super.channelRegistered(ctx);
    } finally {
      ctx.channel().config().setAllocator(allocator);
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
    context = ctx;
    if (consolidateFlushes) {
      ctx.pipeline().addFirst(new FlushConsolidationHandler(MAX_WRITES_PER_FLUSH, true));
    }
    super.handlerAdded(ctx);
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise)
      throws Exception {
    GuardedCommand<?, ?, ?> guarded =
        msg instanceof RedisCommand<?, ?, ?> command
            ? CommandWrapper.unwrap(command, GuardedCommand.class)
            : null;
    if (guarded == null) {
      super.write(ctx, msg, promise);
      return;
    }
    super.write(ctx, msg, promise);
    if (guarded.isEncoded()) {
      armDeadline(ctx, guarded);
    } else {
      // Lettuce skips a command that the application finished meanwhile, without telling anyone:
      // the permits it holds would never come back.
      guarded.completeExceptionally(new CancellationException("cancelled before it was sent"));
    }
  }

  private void armDeadline(ChannelHandlerContext ctx, GuardedCommand<?, ?, ?> command) {
    if (!command.hasDeadline() || command.isSettled()) {
      return;
    }
    long at = command.deadlineNanos();
    if (deadlineTimer != null && at - deadlineTimerAt >= 0) {
      return;
    }
    if (deadlineTimer != null) {
      deadlineTimer.cancel(false);
    }
    deadlineTimerAt = at;
    deadlineTimer =
        ctx.executor()
            .schedule(() -> expire(ctx), Math.max(0, at - System.nanoTime()), TimeUnit.NANOSECONDS);
  }

  private void expire(ChannelHandlerContext ctx) {
    deadlineTimer = null;
    long now = System.nanoTime();
    List<GuardedCommand<?, ?, ?>> expired = new ArrayList<>();
    GuardedCommand<?, ?, ?> next = null;
    for (RedisCommand<?, ?, ?> command : getStack()) {
      GuardedCommand<?, ?, ?> guarded = CommandWrapper.unwrap(command, GuardedCommand.class);
      if (guarded == null || guarded.isSettled() || !guarded.hasDeadline()) {
        continue;
      }
      if (guarded.deadlineNanos() - now <= 0) {
        expired.add(guarded);
      } else if (next == null || guarded.deadlineNanos() - next.deadlineNanos() < 0) {
        next = guarded;
      }
    }
    if (!expired.isEmpty()) {
      // Before anyone learns of it: whoever does sends the next command, which must not choose a
      // connection that may be a reply behind.
      listener.commandExpired();
      expired.forEach(command -> command.completeExceptionally(DeadlineExceeded.INSTANCE));
    }
    if (next != null) {
      armDeadline(ctx, next);
    }
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf buffer) throws InterruptedException {
    super.decode(ctx, buffer);
    if (getStack().isEmpty()
        && buffer.refCnt() > 0
        && buffer.isReadable()
        && !isPushDecode(buffer)) {
      outOfStep(ctx);
    } else if (buffer.refCnt() > 0
        && !buffer.isReadable()
        && buffer.capacity() > MAX_RESTING_BUFFER) {
      buffer.clear().capacity(SmallBuffers.INITIAL_BYTES);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
    // Lettuce gives the exception to the oldest command and keeps the connection, whose next reply
    // would then go to the
    // next command.
    try {
      super.exceptionCaught(ctx, cause);
    } finally {
      if (cause instanceof IOException) {
        ctx.close();
      } else if (ctx.channel().isActive()) {
        outOfStep(ctx);
      }
    }
  }

  private void outOfStep(ChannelHandlerContext ctx) {
    listener.outOfStep();
    ctx.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    if (deadlineTimer != null) {
      deadlineTimer.cancel(false);
      deadlineTimer = null;
    }
    listener.disconnected();
    super.channelInactive(ctx);
    closed.complete(null);
  }
}
