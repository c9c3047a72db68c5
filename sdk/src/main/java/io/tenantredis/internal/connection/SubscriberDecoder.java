package io.tenantredis.internal.connection;

import io.netty.buffer.ByteBuf;
import io.tenantredis.internal.connection.SubscriberReply.Kind;
import java.net.ProtocolException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a server sends on a connection that only subscribes, in RESP2 and RESP3.
 *
 * <p>Lettuce's own handler takes the array of a message for a reply while a command waits, unless
 * it is a {@code message} or {@code pmessage}: a sharded message would answer a subscription. Here
 * each element says by its first word what it is, whatever is waiting, and anything else ends the
 * connection.
 *
 * <p>Not thread-safe; used on the event loop.
 */
final class SubscriberDecoder {

  /** Longer than any number that a server sends. */
  private static final int MAX_DIGITS = 20;

  private static final int MAX_LINE = 64 * 1024;
  private static final int MAX_ELEMENTS = 4;
  private static final byte[] NOTHING = {};

  private final int maxBytes;
  private final byte[] @Nullable [] parts = new byte[MAX_ELEMENTS][];
  private int needed;
  private int at;

  /**
   * @param maxBytes how long a name or message may be
   */
  SubscriberDecoder(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * Takes the next reply off the buffer.
   *
   * @return the reply, or null, and the buffer stays as it is, if it is not there in full
   * @throws ProtocolException if this is nothing that a subscriber is sent
   */
  @Nullable SubscriberReply next(ByteBuf in) throws ProtocolException {
    if (in.readableBytes() < Math.max(1, needed)) {
      return null;
    }
    at = in.readerIndex();
    needed = 0;
    SubscriberReply reply = read(in);
    Arrays.fill(parts, null);
    if (reply != null) {
      in.readerIndex(at);
    }
    return reply;
  }

  private @Nullable SubscriberReply read(ByteBuf in) throws ProtocolException {
    byte type = in.getByte(at++);
    switch (type) {
      case '-', '+' -> {
        byte[] line = line(in);
        if (line == null) {
          return null;
        }
        return type == '-' ? SubscriberReply.error(line) : SubscriberReply.pong(NOTHING);
      }
      case '$' -> {
        at--;
        if (!bulk(in, 0)) {
          return null;
        }
        return SubscriberReply.pong(required(0));
      }
      case '*', '>' -> {
        long elements = number(in);
        if (elements == INCOMPLETE) {
          return null;
        }
        if (elements < 2 || elements > MAX_ELEMENTS) {
          throw new ProtocolException("an array of " + elements + " elements");
        }
        return array(in, (int) elements);
      }
      default -> throw new ProtocolException("a reply of type " + type);
    }
  }

  private @Nullable SubscriberReply array(ByteBuf in, int elements) throws ProtocolException {
    if (!bulk(in, 0)) {
      return null;
    }
    Kind kind = Kind.of(required(0));
    if (kind == null || elements != elementsOf(kind)) {
      throw new ProtocolException("an unknown message of " + elements + " elements");
    }
    int bulks = kind.isConfirmation() ? elements - 1 : elements;
    for (int i = 1; i < bulks; i++) {
      if (!bulk(in, i)) {
        return null;
      }
    }
    if (kind == Kind.PONG) {
      return SubscriberReply.pong(required(1));
    }
    if (!kind.isConfirmation()) {
      return kind == Kind.PMESSAGE
          ? SubscriberReply.message(kind, required(1), required(2), required(3))
          : SubscriberReply.message(kind, null, required(1), required(2));
    }
    if (!in.isReadable(at - in.readerIndex() + 1)) {
      return null;
    }
    if (in.getByte(at++) != ':') {
      throw new ProtocolException("a confirmation without a number");
    }
    long count = number(in);
    return count == INCOMPLETE ? null : SubscriberReply.confirmation(kind, parts[1], count);
  }

  private static int elementsOf(Kind kind) {
    return switch (kind) {
      case PMESSAGE -> 4;
      case PONG -> 2;
      default -> 3;
    };
  }

  private byte[] required(int index) throws ProtocolException {
    byte[] part = parts[index];
    if (part == null) {
      throw new ProtocolException("nil in a message");
    }
    return part;
  }

  /** Reads a bulk string, or nil; false if it is not there in full. */
  private boolean bulk(ByteBuf in, int index) throws ProtocolException {
    if (at >= in.writerIndex()) {
      return false;
    }
    byte type = in.getByte(at++);
    if (type == '_') {
      byte[] rest = line(in);
      return rest != null;
    }
    if (type != '$') {
      throw new ProtocolException("an element of type " + type);
    }
    long length = number(in);
    if (length == INCOMPLETE) {
      return false;
    }
    if (length == -1) {
      return true;
    }
    if (length < 0 || length > maxBytes) {
      throw new ProtocolException("an element of " + length + " bytes, more than " + maxBytes);
    }
    int end = at + (int) length;
    if (in.writerIndex() < end + 2) {
      needed = end + 2 - in.readerIndex();
      return false;
    }
    if (in.getByte(end) != '\r' || in.getByte(end + 1) != '\n') {
      throw new ProtocolException("an element without an end");
    }
    byte[] part = new byte[(int) length];
    in.getBytes(at, part);
    parts[index] = part;
    at = end + 2;
    return true;
  }

  private static final long INCOMPLETE = Long.MIN_VALUE;

  private long number(ByteBuf in) throws ProtocolException {
    byte[] digits = line(in, MAX_DIGITS);
    if (digits == null) {
      return INCOMPLETE;
    }
    int from = digits.length > 0 && digits[0] == '-' ? 1 : 0;
    long number = 0;
    for (int i = from; i < digits.length; i++) {
      if (digits[i] < '0' || digits[i] > '9' || number > Long.MAX_VALUE / 100) {
        throw new ProtocolException("a malformed number");
      }
      number = number * 10 + digits[i] - '0';
    }
    if (from == digits.length) {
      throw new ProtocolException("a missing number");
    }
    return from == 0 ? number : -number;
  }

  private byte @Nullable [] line(ByteBuf in) throws ProtocolException {
    return line(in, MAX_LINE);
  }

  private byte @Nullable [] line(ByteBuf in, int max) throws ProtocolException {
    int there = in.writerIndex() - at;
    int length = in.indexOf(at, at + Math.min(there, max + 2), (byte) '\r');
    if (length < 0) {
      if (there > max) {
        throw new ProtocolException("a line of more than " + max + " bytes");
      }
      return null;
    }
    length -= at;
    if (there < length + 2) {
      return null;
    }
    if (in.getByte(at + length + 1) != '\n') {
      throw new ProtocolException("a line without an end");
    }
    byte[] line = new byte[length];
    in.getBytes(at, line);
    at += length + 2;
    return line;
  }
}
