package io.tenantredis.internal.keyspace;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledHeapByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The working memory for looking at one command: its encoded bytes, where each argument stands in
 * them, and what the match with a signature found. Reused for many commands, by one thread at a
 * time.
 */
final class Scratch {

  /** A scratch that grew beyond this is not kept. */
  static final int MAX_KEPT_BYTES = 64 * 1024;

  private static final int MAX_KEPT_ARGUMENTS = 4 * 1024;
  private static final int MAX_NUMBER_DIGITS = 9;

  private final Buffer buffer = new Buffer(new Allocator(), 1024);
  private byte[] bytes = buffer.array();
  private int length;

  private int count;
  private int[] starts = new int[64];
  private int[] ends = new int[64];

  private int names;
  private int[] nameIndexes = new int[32];
  private NameKind[] nameKinds = new NameKind[32];
  private int callFlags;
  private @Nullable String refusedOption;
  private int routingFrom;
  private int routingTo;
  private int routed;
  private int[] routedEnds = new int[16];

  /** An empty buffer to encode a command into. */
  ByteBuf cleared() {
    names = 0;
    callFlags = 0;
    refusedOption = null;
    routingFrom = 0;
    routingTo = 0;
    routed = 0;
    return buffer.clear();
  }

  /** Whether this scratch is small enough to be kept for the next command. */
  boolean isKept() {
    return buffer.capacity() <= MAX_KEPT_BYTES
        && starts.length <= MAX_KEPT_ARGUMENTS
        && routedEnds.length <= 2 * MAX_KEPT_ARGUMENTS;
  }

  /**
   * Finds the arguments in what was written into the buffer.
   *
   * @return whether it is exactly one array of at least one bulk string, and nothing else
   */
  boolean parse() {
    bytes = buffer.array();
    length = buffer.writerIndex();
    count = 0;
    if (buffer.readerIndex() != 0 || length == 0 || bytes[0] != '*') {
      return false;
    }
    int lineEnd = lineEnd(1);
    int announced = lineEnd < 0 ? -1 : decimal(1, lineEnd);
    if (announced < 1) {
      return false;
    }
    int at = lineEnd + 2;
    // The shortest bulk string takes six bytes, so that a wrong count cannot make this allocate.
    if (announced > (length - at) / 6) {
      return false;
    }
    ensureArguments(announced);
    for (int i = 0; i < announced; i++) {
      if (at >= length || bytes[at] != '$') {
        return false;
      }
      lineEnd = lineEnd(at + 1);
      int size = lineEnd < 0 ? -1 : decimal(at + 1, lineEnd);
      int start = lineEnd + 2;
      if (size < 0 || size > length - start - 2) {
        return false;
      }
      int end = start + size;
      if (bytes[end] != '\r' || bytes[end + 1] != '\n') {
        return false;
      }
      starts[i] = start;
      ends[i] = end;
      at = end + 2;
    }
    if (at != length) {
      return false;
    }
    count = announced;
    return true;
  }

  private void ensureArguments(int wanted) {
    if (wanted > starts.length) {
      starts = new int[wanted];
      ends = new int[wanted];
    }
  }

  /** The index of the CR of the CR LF that ends a line of digits, or -1. */
  private int lineEnd(int from) {
    int limit = Math.min(from + MAX_NUMBER_DIGITS, length - 2);
    for (int i = from; i <= limit; i++) {
      if (bytes[i] == '\r') {
        return bytes[i + 1] == '\n' ? i : -1;
      }
    }
    return -1;
  }

  /** The number that these bytes are in canonical decimal form, as the server reads it, or -1. */
  private int decimal(int from, int to) {
    int digits = to - from;
    if (digits < 1 || digits > MAX_NUMBER_DIGITS || (digits > 1 && bytes[from] == '0')) {
      return -1;
    }
    int value = 0;
    for (int i = from; i < to; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  /** The encoded command; valid until the next one. */
  byte[] bytes() {
    return bytes;
  }

  /** How many bytes the encoded command has. */
  int length() {
    return length;
  }

  /** How many bulk strings the command has, its name included. */
  int count() {
    return count;
  }

  /** Where an argument's bytes begin; 0 is the command's name. */
  int start(int index) {
    return starts[index];
  }

  /** Where an argument's bytes end. */
  int end(int index) {
    return ends[index];
  }

  /** Whether an argument is this word, without regard to the case of ASCII letters. */
  boolean isWord(int index, byte[] upper) {
    int start = starts[index];
    if (ends[index] - start != upper.length) {
      return false;
    }
    for (int i = 0; i < upper.length; i++) {
      if (Ascii.upper(bytes[start + i]) != upper[i]) {
        return false;
      }
    }
    return true;
  }

  /** The count that an argument is, or -1 if it is not one that the server takes. */
  int number(int index) {
    return decimal(starts[index], ends[index]);
  }

  /** Whether an argument is a number without sign and leading zero, and not 0; of any length. */
  boolean isPositive(int index) {
    int start = starts[index];
    int end = ends[index];
    if (start == end || bytes[start] == '0') {
      return false;
    }
    for (int i = start; i < end; i++) {
      if (bytes[i] < '0' || bytes[i] > '9') {
        return false;
      }
    }
    return true;
  }

  boolean startsWith(int index, byte[] prefix) {
    int start = starts[index];
    return ends[index] - start >= prefix.length
        && Arrays.equals(bytes, start, start + prefix.length, prefix, 0, prefix.length);
  }

  boolean holds(int index, char c) {
    for (int i = starts[index]; i < ends[index]; i++) {
      if (bytes[i] == c) {
        return true;
      }
    }
    return false;
  }

  void addName(int index, NameKind kind) {
    if (names == nameIndexes.length) {
      nameIndexes = Arrays.copyOf(nameIndexes, names * 2);
      nameKinds = Arrays.copyOf(nameKinds, names * 2);
    }
    nameIndexes[names] = index;
    nameKinds[names] = kind;
    names++;
  }

  /**
   * How many arguments are names. They are kept in the order in which they stand in the command.
   */
  int names() {
    return names;
  }

  int nameIndex(int name) {
    return nameIndexes[name];
  }

  NameKind nameKind(int name) {
    return nameKinds[name];
  }

  boolean hasPattern() {
    for (int i = 0; i < names; i++) {
      if (nameKinds[i].isPattern()) {
        return true;
      }
    }
    return false;
  }

  void addCallFlags(int flags) {
    callFlags |= flags;
  }

  int callFlags() {
    return callFlags;
  }

  void refuseOption(String option) {
    refusedOption = option;
  }

  @Nullable String refusedOption() {
    return refusedOption;
  }

  /** Takes note of where, in the final bytes, a name stands that a cluster routes by. */
  void noteRoutingKey(int from, int to) {
    if (routingTo == 0) {
      routingFrom = from;
      routingTo = to;
    }
    if (2 * routed == routedEnds.length) {
      routedEnds = Arrays.copyOf(routedEnds, 4 * routed);
    }
    routedEnds[2 * routed] = from;
    routedEnds[2 * routed + 1] = to;
    routed++;
  }

  /** Where all names stand that a cluster routes by: each one's begin and end. */
  int[] routed() {
    return Arrays.copyOf(routedEnds, 2 * routed);
  }

  int routingFrom() {
    return routingFrom;
  }

  /** Where the routing key ends; 0 if there is none. */
  int routingTo() {
    return routingTo;
  }

  /** A buffer that gives itself back to its allocator when released. */
  private static final class Buffer extends UnpooledHeapByteBuf {

    private boolean lent;

    Buffer(Allocator allocator, int capacity) {
      super(allocator, capacity, Integer.MAX_VALUE);
    }

    boolean lend() {
      if (lent || capacity() > MAX_KEPT_BYTES) {
        return false;
      }
      lent = true;
      clear();
      return true;
    }

    @Override
    protected void deallocate() {
      lent = false;
      resetRefCnt();
    }
  }

  /**
   * Codecs that cannot tell the exact size of what they encode ask for a second buffer: one is kept
   * for them.
   */
  private static final class Allocator extends AbstractByteBufAllocator {

    private @Nullable Buffer spare;

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
      if (spare == null) {
        spare = new Buffer(this, 256);
      }
      if (spare.lend()) {
        return spare;
      }
      return new UnpooledHeapByteBuf(this, initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
      return newHeapBuffer(initialCapacity, maxCapacity);
    }

    @Override
    public boolean isDirectBufferPooled() {
      return false;
    }
  }
}
