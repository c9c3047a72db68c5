package io.tenantredis.internal.connection;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.protocol.CommandType;
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
import io.tenantredis.internal.keyspace.PlainReplyOutput;
import io.tenantredis.internal.keyspace.ReplyTooLargeException;
import java.io.IOException;
import java.net.ProtocolException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lettuce's command handler, made to close the connection on any sign that replies are out of step
 * with commands, and to end commands at their deadline.
 *
 * <p>Out of step means that a command could be answered with another one's reply. Signs of it are
 * bytes that nobody asked for, a push message nobody subscribed to, a reply that is no RESP or not
 * of the command's type, an exception in the pipeline, and a {@link StepProbe} that is not answered
 * with its nonce. Lettuce would go on; here nothing more is decoded and the connection is closed.
 *
 * <p>A command that expires without a reply may have lost it, and then each later reply answers the
 * wrong command. From then on the connection is in quarantine: replies are held back until a nonce
 * sent behind them comes back, and the connection is closed after that, or at once where it cannot
 * be probed.
 *
 * <p>Deadlines cost one timer a connection, not one a command: commands leave a connection in the
 * order they were written, so that the timer waits for the oldest. Everything here runs on the
 * channel's event loop, but for {@link #closeWhenIdle}, {@link #probe} and {@link #prove}.
 */
final class InStepCommandHandler extends CommandHandler {

  /** Netty's own default of {@link FlushConsolidationHandler}. */
  private static final int MAX_WRITES_PER_FLUSH = 256;

  /**
   * How many bytes of small commands share a buffer. What is larger than this by itself has its
   * own.
   */
  private static final int MAX_SHARED_BUFFER = 16 * 1024;

  /**
   * After so many bytes a connection lets others of its event loop have their turn, other tenants'
   * among them, even if it is sent more all the time.
   */
  private static final int MAX_BYTES_PER_TURN = 64 * 1024;

  /** What a burst of replies may leave behind as the read buffer of a resting connection. */
  private static final int MAX_RESTING_BUFFER = 64 * 1024;

  /**
   * A connection taken out of use is not closed before it rested this long: a thread that chose it
   * just before may still be writing.
   */
  private static final long REST_BEFORE_CLOSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final AtomicIntegerFieldUpdater<InStepCommandHandler> WRITER_DUE =
      AtomicIntegerFieldUpdater.newUpdater(InStepCommandHandler.class, "writerDue");

  private static final Logger LOG = LoggerFactory.getLogger("io.tenantredis.connection");

  private static final String LETTUCE_OUTPUTS = "io.lettuce.core.output.";

  private final ConnectionListener listener;
  private final boolean consolidateFlushes;
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final OutputFailure outputFailure = new OutputFailure();
  private final HandshakeRefusal refusal = new HandshakeRefusal();
  private final Queue<RedisCommand<?, ?, ?>> held = new ArrayDeque<>();

  /**
   * What the bytes at hand answer. All of it is decoded before anybody is woken up: whoever waits
   * for several replies then finds them together, and does not go back to sleep for each. And if
   * something among these bytes shows that the connection is out of step, none of them is believed.
   */
  private final Queue<RedisCommand<?, ?, ?>> answered = new ArrayDeque<>();

  private boolean reading;

  /** What was sent and not yet written. {@code maxConcurrentCalls} bounds it. */
  private final Queue<RedisCommand<?, ?, ?>> outgoing = new ConcurrentLinkedQueue<>();

  private final Runnable writer = this::writeOutgoing;

  /** 1 while the writer is about to run, which then sees all that is in the queue by now. */
  @SuppressWarnings("unused")
  private volatile int writerDue;

  private @Nullable ScheduledFuture<?> deadlineTimer;
  private long deadlineTimerAt;
  private volatile @Nullable ChannelHandlerContext context;

  private @Nullable SubscriberChannel subscriber;

  private @Nullable ProbeSettings probing;
  private @Nullable ScheduledFuture<?> probeTimer;
  private @Nullable StepProbe periodic;
  private @Nullable StepProbe proof;
  private boolean quarantined;

  /** Nothing more is decoded: out of step, or the channel is gone. */
  private boolean ended;

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

  /** What the server says when it refuses this connection. */
  HandshakeRefusal refusal() {
    return refusal;
  }

  /** Wakes the event loop up. Any thread. */
  void wakeUp() {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      inLoop(ctx, () -> {});
    }
  }

  /** Where the other end of the socket is, or was. */
  String remoteAddress() {
    ChannelHandlerContext ctx = context;
    return ctx == null ? "" : String.valueOf(ctx.channel().remoteAddress());
  }

  /** Completes on the event loop when the channel is gone. */
  CompletableFuture<Void> closed() {
    return closed;
  }

  /**
   * Completes on the event loop behind what that is doing now: what has arrived by now has been
   * looked at, and what Lettuce still does to set up the channel is done. Any thread.
   *
   * @return failed if the connection has ended, or is out of step
   */
  CompletableFuture<Void> caughtUp() {
    CompletableFuture<Void> result = new CompletableFuture<>();
    ChannelHandlerContext ctx = context;
    try {
      if (ctx == null) {
        throw new RejectedExecutionException("no channel");
      }
      ctx.executor()
          .execute(
              () -> {
                if (ended) {
                  result.completeExceptionally(new IOException("The connection ended"));
                } else {
                  result.complete(null);
                }
              });
    } catch (RejectedExecutionException shutDown) {
      result.completeExceptionally(shutDown);
    }
    return result;
  }

  /**
   * From now on proves now and then that the connection is in step. Not for one in MULTI or with
   * subscriptions, where PING is answered otherwise. Any thread.
   */
  void probe(ProbeSettings settings) {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      return;
    }
    if (ctx.executor().inEventLoop()) {
      // At once, so that the first commands, which are about to be written, count.
      probing = settings;
      return;
    }
    ctx.executor()
        .execute(
            () -> {
              probing = settings;
              if (!getStack().isEmpty() && probeTimer == null) {
                probeLater(ctx, settings);
              }
            });
  }

  /**
   * From now on the connection only subscribes, and Lettuce reads nothing of it any more. For one
   * on which no command is in flight. Any thread.
   */
  void subscriber(SubscriberChannel channel) {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      return;
    }
    inLoop(
        ctx,
        () -> {
          if (getStack().isEmpty()) {
            subscriber = channel;
            if (consolidateFlushes) {
              ctx.pipeline().addFirst(new FlushConsolidationHandler(MAX_WRITES_PER_FLUSH, true));
            }
          } else {
            outOfStep(ctx);
          }
        });
  }

  /** Sends a command of a subscriber. Any thread; what is sent first leaves first. */
  void sendSubscription(GuardedCommand<?, ?, ?> command) {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      return;
    }
    inLoop(
        ctx,
        () -> {
          if (subscriber != null && !ended) {
            subscriber.send(ctx, command);
          }
        });
  }

  private static void inLoop(ChannelHandlerContext ctx, Runnable action) {
    try {
      ctx.executor().execute(action);
    } catch (RejectedExecutionException shutDown) {
      // The event loop has ended, and with it the connection.
    }
  }

  /**
   * Sends a command. What is sent while the event loop is busy is written together: one buffer, and
   * one flush. Any thread; what is sent first leaves first.
   *
   * @return false if each command is to be written by itself here: nothing was done
   */
  boolean send(RedisCommand<?, ?, ?> command) {
    if (!consolidateFlushes) {
      return false;
    }
    outgoing.add(command);
    writeSoon();
    return true;
  }

  /**
   * Sends commands together.
   *
   * @return as {@link #send(RedisCommand)}
   */
  boolean send(Collection<? extends RedisCommand<?, ?, ?>> commands) {
    if (!consolidateFlushes) {
      return false;
    }
    outgoing.addAll(commands);
    writeSoon();
    return true;
  }

  private void writeSoon() {
    if (!WRITER_DUE.compareAndSet(this, 0, 1)) {
      return;
    }
    ChannelHandlerContext ctx = context;
    try {
      if (ctx == null) {
        throw new RejectedExecutionException("no channel");
      }
      ctx.executor().execute(writer);
    } catch (RejectedExecutionException shutDown) {
      writerDue = 0;
      failOutgoing();
    }
  }

  private void failOutgoing() {
    for (RedisCommand<?, ?, ?> command = outgoing.poll();
        command != null;
        command = outgoing.poll()) {
      fail(command, new IOException("The connection is closed"));
    }
  }

  private void writeOutgoing() {
    // First, so that whatever is sent from now on asks for another turn.
    writerDue = 0;
    ChannelHandlerContext ctx = context;
    if (ctx == null || !ctx.channel().isActive()) {
      failOutgoing();
      return;
    }
    List<RedisCommand<?, ?, ?>> together = new ArrayList<>();
    int bytes = 0;
    int inThisTurn = 0;
    for (RedisCommand<?, ?, ?> command = outgoing.poll();
        command != null;
        command = inThisTurn < MAX_BYTES_PER_TURN ? outgoing.poll() : null) {
      GuardedCommand<?, ?, ?> guarded = CommandWrapper.unwrap(command, GuardedCommand.class);
      int size = guarded == null ? MAX_SHARED_BUFFER : guarded.size();
      if (!together.isEmpty() && bytes + size > MAX_SHARED_BUFFER) {
        writeTogether(ctx, together);
        together = new ArrayList<>();
        bytes = 0;
      }
      together.add(command);
      bytes += size;
      inThisTurn += size;
    }
    if (!together.isEmpty()) {
      writeTogether(ctx, together);
      ctx.flush();
    }
    if (inThisTurn >= MAX_BYTES_PER_TURN) {
      writeSoon();
    }
  }

  private void writeTogether(ChannelHandlerContext ctx, List<RedisCommand<?, ?, ?>> commands) {
    ChannelPromise promise = ctx.newPromise();
    promise.addListener(
        written -> {
          if (!written.isSuccess()) {
            commands.forEach(command -> fail(command, written.cause()));
          }
        });
    try {
      write(ctx, commands.size() == 1 ? commands.get(0) : commands, promise);
    } catch (Throwable failure) {
      promise.tryFailure(failure);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
    if (subscriber == null || !(msg instanceof ByteBuf bytes)) {
      reading = true;
      try {
        super.channelRead(ctx, msg);
      } catch (Throwable unreadable) {
        // Before what was decoded in front of it is given to anybody.
        outOfStep(ctx);
        throw unreadable;
      }
      return;
    }
    if (ended) {
      bytes.release();
      return;
    }
    try {
      subscriber.read(ctx, bytes);
    } catch (ProtocolException unexpected) {
      outOfStep(ctx);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
    reading = false;
    completeAnswered();
    super.channelReadComplete(ctx);
  }

  /**
   * Runs something where commands are written, so that nobody writes in between. Any thread.
   *
   * @return false if the connection has ended
   */
  boolean inLoop(Runnable action) {
    ChannelHandlerContext ctx = context;
    try {
      if (ctx == null) {
        return false;
      }
      ctx.executor().execute(action);
      return true;
    } catch (RejectedExecutionException shutDown) {
      return false;
    }
  }

  /**
   * Closes the channel once all commands written so far are answered, at the latest after the grace
   * time. Any thread.
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
    boolean resting = getStack().isEmpty() && held.isEmpty() && outgoing.isEmpty();
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
    ctx.pipeline().addAfter(ctx.name(), null, StrayExceptions.INSTANCE);
    super.handlerAdded(ctx);
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise)
      throws Exception {
    super.write(ctx, msg, promise);
    if (msg instanceof RedisCommand<?, ?, ?> command) {
      written(ctx, command);
    } else if (msg instanceof Collection<?> commands) {
      for (Object one : commands) {
        if (one instanceof RedisCommand<?, ?, ?> command) {
          written(ctx, command);
        }
      }
    }
  }

  private void written(ChannelHandlerContext ctx, RedisCommand<?, ?, ?> command) {
    GuardedCommand<?, ?, ?> guarded = CommandWrapper.unwrap(command, GuardedCommand.class);
    if (guarded == null) {
      return;
    }
    if (guarded.isEncoded()) {
      armDeadline(ctx, guarded);
      if (probing != null && probeTimer == null) {
        probeLater(ctx, probing);
      }
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
    collectExpired(ctx, getStack(), now, expired);
    boolean missing = !expired.isEmpty();
    collectExpired(ctx, held, now, expired);
    if (missing) {
      // Before anyone learns of it: whoever does sends the next command, which must not choose a
      // connection that may be a reply behind.
      quarantine(ctx);
    }
    expired.forEach(command -> fail(command, DeadlineExceeded.INSTANCE));
  }

  /**
   * Those whose deadline passed, also if the application no longer waits for them: their replies
   * are missing all the same.
   */
  private void collectExpired(
      ChannelHandlerContext ctx,
      Iterable<RedisCommand<?, ?, ?>> waiting,
      long now,
      List<GuardedCommand<?, ?, ?>> expired) {
    GuardedCommand<?, ?, ?> next = null;
    for (RedisCommand<?, ?, ?> command : waiting) {
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
    if (next != null) {
      armDeadline(ctx, next);
    }
  }

  private void quarantine(ChannelHandlerContext ctx) {
    if (quarantined || ended) {
      return;
    }
    quarantined = true;
    listener.commandExpired();
    if (probing == null) {
      ctx.close();
    } else {
      proof = sendProbe(ctx, probing);
    }
  }

  private void probeLater(ChannelHandlerContext ctx, ProbeSettings settings) {
    probeTimer =
        ctx.executor()
            .schedule(
                () -> {
                  probeTimer = null;
                  if (periodic == null && probing != null && !ended) {
                    periodic = sendProbe(ctx, probing);
                  }
                },
                settings.intervalNanos(),
                TimeUnit.NANOSECONDS);
  }

  private @Nullable StepProbe sendProbe(ChannelHandlerContext ctx, ProbeSettings settings) {
    StepProbe probe = new StepProbe(settings.nonces().getAsLong(), this::probed);
    return send(ctx, probe, settings.timeoutNanos()) ? probe : null;
  }

  private boolean send(ChannelHandlerContext ctx, StepProbe probe, long timeoutNanos) {
    try {
      super.write(ctx, probe, ctx.newPromise());
    } catch (Exception failure) {
      outOfStep(ctx);
      return false;
    }
    ctx.flush();
    probe.giveUpAfter(ctx.executor(), timeoutNanos);
    return true;
  }

  /**
   * Proves once that what was answered by now was answered with its own replies; a connection that
   * proves to be out of step, or nothing in time, is closed. Not for one in MULTI or with
   * subscriptions. Any thread.
   *
   * @return true if it is proved, false if the server answers no such question, which says nothing;
   *     completes on the event loop, failed if the connection ended or is not in step
   */
  CompletableFuture<Boolean> prove(long nonce, long timeoutNanos) {
    CompletableFuture<Boolean> result = new CompletableFuture<>();
    ChannelHandlerContext ctx = context;
    if (ctx == null || !inLoop(() -> prove(ctx, nonce, timeoutNanos, result))) {
      result.completeExceptionally(new IOException("The connection ended"));
    }
    return result;
  }

  private void prove(
      ChannelHandlerContext ctx, long nonce, long timeoutNanos, CompletableFuture<Boolean> result) {
    StepProbe probe =
        new StepProbe(
            nonce,
            (asked, answer) -> {
              switch (answer) {
                case IN_STEP -> result.complete(true);
                case NOT_PERMITTED, NOT_NOW -> result.complete(false);
                case NONE -> end(ctx);
                case OUT_OF_STEP -> outOfStep(ctx);
              }
              result.completeExceptionally(
                  new IOException("The connection did not prove that its replies are in step"));
            });
    if (ended || !ctx.channel().isActive() || !send(ctx, probe, timeoutNanos)) {
      result.completeExceptionally(new IOException("The connection ended"));
    }
  }

  private void probed(StepProbe probe, StepProbe.Answer answer) {
    ChannelHandlerContext ctx = context;
    if (ctx == null || ended) {
      return;
    }
    switch (answer) {
      case IN_STEP -> inStep(probe);
      case NOT_PERMITTED -> {
        probing = null;
        listener.probeNotPermitted();
        if (quarantined) {
          ctx.close();
        }
      }
      case NOT_NOW -> notNow(ctx, probe);
      case NONE -> end(ctx);
      case OUT_OF_STEP -> outOfStep(ctx);
    }
  }

  /** What was to be proved now cannot be; what is proved now and then is asked again. */
  private void notNow(ChannelHandlerContext ctx, StepProbe probe) {
    if (probe == proof) {
      ctx.close();
      return;
    }
    periodic = null;
    if (probing != null && probeTimer == null) {
      probeLater(ctx, probing);
    }
  }

  private void inStep(StepProbe probe) {
    if (probe == periodic) {
      periodic = null;
    }
    if (probe == proof && probing != null) {
      quarantined = false;
      for (RedisCommand<?, ?, ?> command = held.poll(); command != null; command = held.poll()) {
        super.complete(command);
      }
      closeWhenIdle(probing.timeoutNanos());
    }
  }

  @Override
  protected void complete(RedisCommand<?, ?, ?> command) {
    boolean guarded = CommandWrapper.unwrap(command, GuardedCommand.class) != null;
    if (guarded && quarantined) {
      held.add(command);
    } else if (guarded && reading) {
      answered.add(command);
    } else {
      if (probing == null) {
        noteRefusal(command);
      }
      super.complete(command);
    }
  }

  private void completeAnswered() {
    for (RedisCommand<?, ?, ?> command = answered.poll();
        command != null;
        command = answered.poll()) {
      if (ended) {
        fail(
            command,
            new IOException("What came with this reply shows that it may be another command's"));
        continue;
      }
      try {
        super.complete(command);
      } catch (RuntimeException failure) {
        fail(command, failure);
      }
    }
  }

  /** Whatever one command's completion throws, the others are ended, too. */
  private static void fail(RedisCommand<?, ?, ?> command, Throwable cause) {
    try {
      command.completeExceptionally(cause);
    } catch (RuntimeException broken) {
      LOG.warn(
          "COMPLETION_FAILED What waits for a command failed when it was told of its failure: {}",
          broken.getClass().getSimpleName());
    }
  }

  private void noteRefusal(RedisCommand<?, ?, ?> command) {
    CommandOutput<?, ?, ?> output = command.getOutput();
    String name = command.getType().toString();
    if (output == null || !(name.equals("HELLO") || name.equals("AUTH"))) {
      return;
    }
    if (output.hasError()) {
      refusal.said(output.getError());
    } else {
      refusal.taken();
    }
  }

  @Override
  protected boolean canDecode(ByteBuf buffer) {
    ChannelHandlerContext ctx = context;
    if (!ended && probing != null && ctx != null && buffer.isReadable() && isPushDecode(buffer)) {
      // Before room is made for what it announces.
      outOfStep(ctx);
    }
    return !ended && super.canDecode(buffer);
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf buffer) throws InterruptedException {
    super.decode(ctx, buffer);
    if (!ended
        && getStack().isEmpty()
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
  protected boolean decode(
      ByteBuf buffer, RedisCommand<?, ?, ?> command, CommandOutput<?, ?, ?> output) {
    GuardedCommand<?, ?, ?> guarded = CommandWrapper.unwrap(command, GuardedCommand.class);
    boolean whole =
        super.decode(
            buffer,
            outputFailure,
            guarded == null && output != null ? new PlainReplyOutput<>(output) : output);
    Throwable cause = outputFailure.take();
    if (cause != null) {
      ChannelHandlerContext ctx = context;
      boolean unusable =
          cause instanceof ReplyTooLargeException
              || (isOfAnotherType(cause) && (guarded == null || !guarded.isScript()));
      if (ctx != null && unusable) {
        outOfStep(ctx);
      }
      command.completeExceptionally(guarded == null ? cause : new UnreadableReply(cause));
    }
    return whole;
  }

  /**
   * Whether the output has no use for such a reply. An application's codec that fails is another
   * matter: it says nothing about the connection. Nor does a script, whose type is up to it.
   */
  private static boolean isOfAnotherType(Throwable cause) {
    StackTraceElement[] stack = cause.getStackTrace();
    return cause instanceof UnsupportedOperationException
        && stack.length > 0
        && stack[0].getClassName().startsWith(LETTUCE_OUTPUTS);
  }

  @Override
  protected void notifyPushListeners(PushMessage notification) {
    ChannelHandlerContext ctx = context;
    if (probing != null && ctx != null) {
      outOfStep(ctx);
    } else {
      super.notifyPushListeners(notification);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
    // Lettuce gives the exception to the oldest command and keeps the connection, whose next reply
    // would then go to the next command.
    try {
      super.exceptionCaught(ctx, cause);
    } finally {
      failed(cause);
    }
  }

  /** Something in the pipeline, or on the wire, went wrong. */
  void failed(Throwable cause) {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      return;
    }
    if (cause instanceof IOException) {
      end(ctx);
    } else {
      outOfStep(ctx);
    }
  }

  private void outOfStep(ChannelHandlerContext ctx) {
    if (!ended) {
      listener.outOfStep();
      end(ctx);
    }
  }

  /** Nothing more is decoded, also if closing takes a while, as with TLS. */
  private void end(ChannelHandlerContext ctx) {
    ended = true;
    ctx.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    try {
      completeAnswered();
      ended = true;
      if (subscriber != null) {
        subscriber.ended();
      }
      cancel(deadlineTimer);
      cancel(probeTimer);
      listener.disconnected();
      failOutgoing();
      for (RedisCommand<?, ?, ?> command = held.poll(); command != null; command = held.poll()) {
        fail(
            command,
            new IOException("The connection ended before its replies were proved to be in step"));
      }
    } finally {
      super.channelInactive(ctx);
      closed.complete(null);
    }
  }

  private static void cancel(@Nullable ScheduledFuture<?> timer) {
    if (timer != null) {
      timer.cancel(false);
    }
  }

  /** Takes what an output throws while it is given a reply. */
  private static final class OutputFailure extends Command<byte[], byte[], byte[]> {

    private @Nullable Throwable cause;

    OutputFailure() {
      super(CommandType.PING, null);
    }

    @Override
    public boolean completeExceptionally(Throwable failure) {
      cause = failure;
      return true;
    }

    @Nullable Throwable take() {
      Throwable taken = cause;
      cause = null;
      return taken;
    }
  }
}
