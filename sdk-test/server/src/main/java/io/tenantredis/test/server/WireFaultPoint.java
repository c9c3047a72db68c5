package io.tenantredis.test.server;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Predicate;

/**
 * Where a fault strikes, and then which one: {@code
 * proxy.onCommand("INCR").skipping(2).once().dropReply()}.
 *
 * <p>The methods that return a {@link WireFaultPoint} narrow it; those that return a {@link
 * WireFault} put the fault in place: commands that reach the proxy after they return are subject to
 * it. Without more, a fault strikes the first matching command and no other. Of several faults that
 * match a command, the one put in place first strikes.
 */
public final class WireFaultPoint {

  private static final Duration BYTE_GAP = Duration.ofNanos(200_000);

  private final WireProxy proxy;
  private final Predicate<SeenCommand> matcher;
  private double probability = 1;
  private long toSkip;
  private long toStrike = 1;

  WireFaultPoint(WireProxy proxy, Predicate<SeenCommand> matcher) {
    this.proxy = proxy;
    this.matcher = matcher;
  }

  /** Strikes one command. This is the default. */
  public WireFaultPoint once() {
    return times(1);
  }

  /**
   * Strikes so many commands.
   *
   * @param times from 1 up
   */
  public WireFaultPoint times(long times) {
    if (times < 1) {
      throw new IllegalArgumentException("times must be at least 1: " + times);
    }
    this.toStrike = times;
    return this;
  }

  /** Strikes every matching command until it is removed. */
  public WireFaultPoint always() {
    return times(Long.MAX_VALUE);
  }

  /**
   * Lets the first matching commands pass.
   *
   * @param count how many, from 0 up
   */
  public WireFaultPoint skipping(long count) {
    if (count < 0) {
      throw new IllegalArgumentException("count must not be negative: " + count);
    }
    this.toSkip = count;
    return this;
  }

  /**
   * Strikes a matching command with this probability only. The n-th decision of a fault depends on
   * the proxy's seed and on how many faults were put in place before, and on nothing else.
   *
   * @param probability over 0, up to 1
   */
  public WireFaultPoint withProbability(double probability) {
    if (!(probability > 0 && probability <= 1)) {
      throw new IllegalArgumentException(
          "probability must be over 0 and at most 1: " + probability);
    }
    this.probability = probability;
    return this;
  }

  /** The server executes the command; its reply never arrives. The next reply takes its place. */
  public WireFault dropReply() {
    return onReply((link, reply, random) -> {});
  }

  /** The reply arrives twice. */
  public WireFault duplicateReply() {
    return onReply(
        (link, reply, random) -> {
          link.toClient(reply);
          link.toClient(reply);
        });
  }

  /** The server executes the command; these bytes arrive instead of its reply. */
  public WireFault replaceReply(byte[] bytes) {
    byte[] copy = bytes.clone();
    return onReply((link, reply, random) -> link.toClient(copy));
  }

  /**
   * The server executes the command; this error arrives instead of its reply.
   *
   * @param error without the leading {@code -}, such as {@code LOADING Redis is loading the dataset
   *     in memory}
   */
  public WireFault replaceReplyByError(String error) {
    return replaceReply(errorReply(error));
  }

  /** The reply, and everything behind it on its connection, arrives later by this time. */
  public WireFault delayReply(Duration delay) {
    long nanos = delay.toNanos();
    return onReply((link, reply, random) -> link.toClientAfter(reply, nanos, null));
  }

  /** The reply arrives one byte at a time, at least 0.2 ms apart. */
  public WireFault replyInSingleBytes() {
    return onReply((link, reply, random) -> link.toClientInSingleBytes(reply, BYTE_GAP.toNanos()));
  }

  /**
   * Only the beginning of the reply arrives, and then the end of the connection.
   *
   * @param bytes how many bytes arrive at most, from 0 up
   */
  public WireFault truncateReply(int bytes) {
    requireNotNegative(bytes);
    return onReply(
        (link, reply, random) -> link.toClientAfter(beginning(reply, bytes), 0, link::close));
  }

  /**
   * Only the beginning of the reply arrives, and then nothing more; the connection stays open.
   *
   * @param bytes how many bytes arrive at most, from 0 up
   */
  public WireFault stallReply(int bytes) {
    requireNotNegative(bytes);
    return onReply(
        (link, reply, random) -> link.toClientAfter(beginning(reply, bytes), 0, link::blackHole));
  }

  /** One byte of the reply, wherever it stands, arrives as another one. */
  public WireFault corruptReply() {
    return onReply(
        (link, reply, random) -> {
          reply[random.nextInt(reply.length)] ^= (byte) (1 + random.nextInt(255));
          link.toClient(reply);
        });
  }

  /**
   * One byte of the reply arrives as another one.
   *
   * @param index which, from 0 up; a shorter reply arrives whole
   */
  public WireFault corruptReplyByte(int index) {
    requireNotNegative(index);
    return onReply(
        (link, reply, random) -> {
          if (index < reply.length) {
            reply[index] ^= (byte) (1 + random.nextInt(255));
          }
          link.toClient(reply);
        });
  }

  /**
   * The command never reaches the server, and nothing is answered. The next reply takes its reply's
   * place.
   */
  public WireFault swallowCommand() {
    return onCommand((link, command, random) -> {});
  }

  /** The command never reaches the server; these bytes are the reply. */
  public WireFault answer(byte[] reply) {
    byte[] copy = reply.clone();
    return onCommand((link, command, random) -> link.answer(copy));
  }

  /**
   * The command never reaches the server; this error is the reply.
   *
   * @param error without the leading {@code -}, such as {@code READONLY You can't write against a
   *     read only replica.}
   */
  public WireFault answerError(String error) {
    return answer(errorReply(error));
  }

  /**
   * The command, and everything behind it on its connection, reaches the server later by this time.
   */
  public WireFault delayCommand(Duration delay) {
    long nanos = delay.toNanos();
    return onCommand((link, command, random) -> link.forwardAfter(command, null, nanos));
  }

  /** The command never reaches the server; the client sees the connection reset. */
  public WireFault resetBeforeForwarding() {
    return onCommand((link, command, random) -> link.reset());
  }

  /**
   * The server executes the command; when its reply reaches the proxy, the client sees the
   * connection reset instead.
   */
  public WireFault resetAfterForwarding() {
    return onReply((link, reply, random) -> link.reset());
  }

  /** Like {@link #resetAfterForwarding()}, with an orderly end of the connection. */
  public WireFault closeAfterForwarding() {
    return onReply((link, reply, random) -> link.close());
  }

  /**
   * The command and everything behind it, both ways on its connection, is lost; the connection
   * stays open.
   */
  public WireFault blackHoleConnection() {
    return onCommand((link, command, random) -> link.blackHole());
  }

  private interface ReplyFault {
    void take(ProxyLink link, byte[] reply, Random random);
  }

  private WireFault onReply(ReplyFault fault) {
    return onCommand(
        (link, command, random) -> link.forward(command, reply -> fault.take(link, reply, random)));
  }

  private WireFault onCommand(WireFault.Step step) {
    return proxy.install(
        random -> new WireFault(proxy, matcher, step, random, probability, toSkip, toStrike));
  }

  private static byte[] beginning(byte[] reply, int bytes) {
    return Arrays.copyOf(reply, Math.min(bytes, reply.length));
  }

  private static byte[] errorReply(String error) {
    if (error.contains("\r") || error.contains("\n")) {
      throw new IllegalArgumentException("an error reply is one line");
    }
    return ("-" + error + "\r\n").getBytes(StandardCharsets.UTF_8);
  }

  private static void requireNotNegative(int number) {
    if (number < 0) {
      throw new IllegalArgumentException("must not be negative: " + number);
    }
  }
}
