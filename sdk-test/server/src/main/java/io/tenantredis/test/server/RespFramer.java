package io.tenantredis.test.server;

/**
 * Finds where RESP2 and RESP3 values end in a stream, whatever pieces it arrives in, without
 * looking at any byte twice but those of an unfinished line.
 */
final class RespFramer {

  static final int INCOMPLETE = -1;
  static final int NOT_RESP = -2;

  private static final int MAX_LINE = 64 * 1024;

  /** How many bytes of the current frame have been scanned. */
  private int scanned;

  /** How many values the current frame still needs; an aggregate adds its elements. */
  private long values = 1;

  /** How many bytes of a bulk string, with its line end, are still to come. */
  private long bulk;

  /**
   * The index after the frame that begins at {@code start}, or {@link #INCOMPLETE}, or {@link
   * #NOT_RESP}. After INCOMPLETE, call again with the same frame, which may have moved, and more
   * bytes.
   */
  int frameEnd(byte[] bytes, int start, int end) {
    int position = start + scanned;
    while (values > 0) {
      if (bulk > 0) {
        int available = (int) Math.min(bulk, end - position);
        position += available;
        bulk -= available;
        if (bulk > 0) {
          return incomplete(start, position);
        }
        values--;
        continue;
      }
      int lineEnd = lineEnd(bytes, position, end);
      if (lineEnd < 0) {
        return end - position > MAX_LINE ? NOT_RESP : incomplete(start, position);
      }
      if (!beginValue(bytes, position, lineEnd)) {
        return NOT_RESP;
      }
      position = lineEnd + 1;
    }
    scanned = 0;
    values = 1;
    return position;
  }

  /** Whether the scanner stands between two frames. */
  boolean atBoundary() {
    return scanned == 0;
  }

  private int incomplete(int start, int position) {
    scanned = position - start;
    return INCOMPLETE;
  }

  private boolean beginValue(byte[] bytes, int position, int lineEnd) {
    switch (bytes[position]) {
      case '+', '-', ':', '_', ',', '#', '(' -> values--;
      case '$', '=', '!' -> {
        long length = number(bytes, position + 1, lineEnd);
        if (length < -1) {
          return false;
        }
        if (length == -1) {
          values--;
        } else {
          bulk = length + 2;
        }
      }
      case '*', '~', '>' -> {
        return addElements(number(bytes, position + 1, lineEnd), 1, 1);
      }
      case '%' -> {
        return addElements(number(bytes, position + 1, lineEnd), 2, 1);
      }
      case '|' -> {
        // An attribute stands before the value it belongs to and does not count as a value itself.
        return addElements(number(bytes, position + 1, lineEnd), 2, 0);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean addElements(long count, int valuesEach, int self) {
    if (count < -1) {
      return false;
    }
    values += Math.max(count, 0) * valuesEach - self;
    return true;
  }

  static int lineEnd(byte[] bytes, int from, int end) {
    for (int i = from; i < end; i++) {
      if (bytes[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  /** The number in a line, or -2 when there is none. */
  static int number(byte[] bytes, int from, int lineEnd) {
    int end = lineEnd > from && bytes[lineEnd - 1] == '\r' ? lineEnd - 1 : lineEnd;
    boolean negative = from < end && bytes[from] == '-';
    int number = 0;
    int first = negative ? from + 1 : from;
    if (first >= end || end - first > 9) {
      return -2;
    }
    for (int i = first; i < end; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        return -2;
      }
      number = number * 10 + digit;
    }
    return negative ? -number : number;
  }
}
