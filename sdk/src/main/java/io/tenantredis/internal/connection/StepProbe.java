package io.tenantredis.internal.connection;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import io.tenantredis.internal.error.ServerError;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A PING with a nonce: any other answer than the nonce shows that replies no longer match commands.
 * Used on the event loop alone.
 */
final class StepProbe extends Command<byte[], byte[], byte[]> {

  enum Answer {
    IN_STEP,
    OUT_OF_STEP,
    /** The tenant's user may not PING: no proof, and none to be had. */
    NOT_PERMITTED,
    /** The server answers no PING in the state that it is in: no proof for now. */
    NOT_NOW,
    /** None in time. */
    NONE
  }

  private final byte[] nonce;
  private final BiConsumer<StepProbe, Answer> whenAnswered;
  private @Nullable ScheduledFuture<?> timer;
  private boolean answered;

  StepProbe(long nonce, BiConsumer<StepProbe, Answer> whenAnswered) {
    this(("step-" + Long.toHexString(nonce)).getBytes(StandardCharsets.US_ASCII), whenAnswered);
  }

  private StepProbe(byte[] nonce, BiConsumer<StepProbe, Answer> whenAnswered) {
    super(
        CommandType.PING,
        new ValueOutput<>(ByteArrayCodec.INSTANCE),
        new CommandArgs<>(ByteArrayCodec.INSTANCE).add(nonce));
    this.nonce = nonce;
    this.whenAnswered = whenAnswered;
  }

  void giveUpAfter(EventExecutor executor, long nanos) {
    timer = executor.schedule(() -> answer(Answer.NONE), nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void complete() {
    super.complete();
    String error = getOutput().getError();
    if (error == null) {
      answer(Arrays.equals(getOutput().get(), nonce) ? Answer.IN_STEP : Answer.OUT_OF_STEP);
    } else {
      answer(answerOf(error));
    }
  }

  private static Answer answerOf(String error) {
    return switch (ServerError.of(error)) {
      // Any other command's NOPERM names that command.
      case NOPERM -> error.contains("'ping'") ? Answer.NOT_PERMITTED : Answer.OUT_OF_STEP;
      case LOADING, BUSY, MASTERDOWN, MISCONF -> Answer.NOT_NOW;
      default -> Answer.OUT_OF_STEP;
    };
  }

  @Override
  public boolean completeExceptionally(Throwable cause) {
    answer(Answer.OUT_OF_STEP);
    return super.completeExceptionally(cause);
  }

  private void answer(Answer answer) {
    if (!answered) {
      answered = true;
      if (timer != null) {
        timer.cancel(false);
      }
      whenAnswered.accept(this, answer);
    }
  }
}
