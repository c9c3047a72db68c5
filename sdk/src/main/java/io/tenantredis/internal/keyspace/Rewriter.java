package io.tenantredis.internal.keyspace;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes the final bytes of a command: those that were encoded, with a prefix before each name.
 * Immutable and thread-safe.
 */
final class Rewriter {

  private static final byte[] NOTHING = {};

  private final byte[] prefix;
  private final byte[] globPrefix;
  private final Tail match;
  private final Tail pattern;

  /**
   * A rewriter.
   *
   * @param prefix goes before names
   * @param globPrefix goes before patterns
   * @param all the pattern of all names of the tenant
   */
  Rewriter(byte[] prefix, byte[] globPrefix, byte[] all) {
    this.prefix = prefix;
    this.globPrefix = globPrefix;
    String length = "$" + all.length + "\r\n";
    this.match = Tail.of("$5\r\nMATCH\r\n" + length, all, 2);
    this.pattern = Tail.of(length, all, 1);
  }

  /** Which arguments are added behind the others. */
  enum Addition {
    NOTHING,
    MATCH_AND_PATTERN,
    PATTERN
  }

  private static final class Tail {

    static final Tail EMPTY = new Tail(NOTHING, 0);

    final byte[] bytes;
    final int arguments;

    private Tail(byte[] bytes, int arguments) {
      this.bytes = bytes;
      this.arguments = arguments;
    }

    static Tail of(String head, byte[] pattern, int arguments) {
      byte[] start = head.getBytes(StandardCharsets.US_ASCII);
      byte[] bytes = Arrays.copyOf(start, start.length + pattern.length + 2);
      System.arraycopy(pattern, 0, bytes, start.length, pattern.length);
      bytes[bytes.length - 2] = '\r';
      bytes[bytes.length - 1] = '\n';
      return new Tail(bytes, arguments);
    }
  }

  /**
   * The final bytes. Where the first name that a cluster routes by stands in them is noted in the
   * scratch.
   *
   * @param command a command whose names were found
   * @param addition what is added behind the arguments
   * @return a new array, or null if it would be too large for one
   */
  byte @Nullable [] rewrite(Scratch command, Addition addition) {
    Tail tail =
        switch (addition) {
          case NOTHING -> Tail.EMPTY;
          case MATCH_AND_PATTERN -> match;
          case PATTERN -> pattern;
        };
    int names = command.names();
    long size = command.length();
    for (int i = 0; i < names; i++) {
      int index = command.nameIndex(i);
      int length = command.end(index) - command.start(index);
      int added = before(command, i).length;
      size += added + digits(length + added) - digits(length);
    }
    int count = command.count();
    size += tail.bytes.length + digits(count + tail.arguments) - digits(count);
    if (size > Integer.MAX_VALUE - 8) {
      return null;
    }
    byte[] bytes = command.bytes();
    byte[] out = new byte[(int) size];
    int from = command.start(0) - headerLength(command, 0);
    int to = writeLength(out, 0, '*', count + tail.arguments);
    for (int i = 0; i < names; i++) {
      byte[] before = before(command, i);
      int index = command.nameIndex(i);
      int start = command.start(index);
      int length = command.end(index) - start;
      int header = start - headerLength(command, index);
      System.arraycopy(bytes, from, out, to, header - from);
      to = writeLength(out, to + header - from, '$', length + before.length);
      System.arraycopy(before, 0, out, to, before.length);
      System.arraycopy(bytes, start, out, to + before.length, length);
      if (command.nameKind(i).isRouted()) {
        command.noteRoutingKey(to, to + before.length + length);
      }
      to += before.length + length;
      from = start + length;
    }
    System.arraycopy(bytes, from, out, to, command.length() - from);
    System.arraycopy(tail.bytes, 0, out, out.length - tail.bytes.length, tail.bytes.length);
    return out;
  }

  private byte[] before(Scratch command, int name) {
    NameKind kind = command.nameKind(name);
    if (kind == NameKind.LOOKUP && !command.holds(command.nameIndex(name), '*')) {
      return NOTHING;
    }
    return kind.isPattern() ? globPrefix : prefix;
  }

  /** The bytes of {@code $<length>CRLF} before an argument. */
  private static int headerLength(Scratch command, int index) {
    return 3 + digits(command.end(index) - command.start(index));
  }

  private static int writeLength(byte[] out, int at, char type, int length) {
    out[at] = (byte) type;
    int end = at + 1 + digits(length);
    int rest = length;
    for (int i = end - 1; i > at; i--) {
      out[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    out[end] = '\r';
    out[end + 1] = '\n';
    return end + 2;
  }

  private static int digits(int number) {
    int digits = 1;
    for (int rest = number; rest >= 10; rest /= 10) {
      digits++;
    }
    return digits;
  }
}
