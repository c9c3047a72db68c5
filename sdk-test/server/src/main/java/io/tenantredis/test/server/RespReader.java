package io.tenantredis.test.server;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads RESP2 and RESP3 replies from a blocking stream. */
final class RespReader {

  private static final int MAX_BULK = 512 * 1024 * 1024;
  private static final int MAX_ELEMENTS = 16 * 1024 * 1024;
  private static final int MAX_DEPTH = 64;
  private static final int MAX_LINE = 64 * 1024;

  private final InputStream in;

  RespReader(InputStream in) {
    this.in = new BufferedInputStream(in, 16 * 1024);
  }

  /**
   * Reads one reply or push.
   *
   * @param text whether bulk strings become String (UTF-8) instead of byte[]
   */
  @Nullable Object read(boolean text) throws IOException {
    return read(text, 0);
  }

  private @Nullable Object read(boolean text, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new IOException("reply is nested deeper than " + MAX_DEPTH);
    }
    int type = in.read();
    return switch (type) {
      case -1 -> throw new EOFException("the server closed the connection");
      case '+' -> line();
      case '-' -> new RespError(line());
      case ':' -> parseLong(line());
      case '$' -> bulk(length(MAX_BULK), text);
      case '*' -> list(length(MAX_ELEMENTS), text, depth);
      case '_' -> {
        line();
        yield null;
      }
      case ',' -> parseDouble(line());
      case '#' -> line().equals("t");
      case '(' -> new BigInteger(line());
      case '!' -> new RespError(String.valueOf(bulk(length(MAX_BULK), true)));
      case '=' -> verbatim(length(MAX_BULK), text);
      case '~' -> set(length(MAX_ELEMENTS), text, depth);
      case '%' -> map(length(MAX_ELEMENTS), text, depth);
      case '|' -> {
        map(length(MAX_ELEMENTS), text, depth);
        yield read(text, depth + 1);
      }
      case '>' -> {
        List<@Nullable Object> elements = list(length(MAX_ELEMENTS), text, depth);
        yield new RespPush(elements == null ? List.of() : elements);
      }
      default -> throw new IOException("not RESP: a reply begins with byte " + type);
    };
  }

  /**
   * Waits for the first byte of the next reply; false when the socket's read timeout passes without
   * one.
   */
  boolean awaitByte() throws IOException {
    in.mark(1);
    try {
      if (in.read() < 0) {
        throw new EOFException("the server closed the connection");
      }
    } catch (SocketTimeoutException e) {
      return false;
    }
    in.reset();
    return true;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b; (b = in.read()) != '\r'; ) {
      if (b < 0) {
        throw new EOFException("the server closed the connection within a reply");
      }
      if (line.length() == MAX_LINE) {
        throw new IOException("not RESP: a line is longer than " + MAX_LINE + " bytes");
      }
      line.append((char) b);
    }
    expect('\n');
    return line.toString();
  }

  private void expect(int wanted) throws IOException {
    int got = in.read();
    if (got != wanted) {
      throw new IOException("not RESP: byte " + got + " instead of " + wanted);
    }
  }

  private int length(int max) throws IOException {
    long length = parseLong(line());
    if (length < -1 || length > max) {
      throw new IOException("not RESP: length " + length);
    }
    return (int) length;
  }

  private static long parseLong(String digits) throws IOException {
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw new IOException("not RESP: not a number", e);
    }
  }

  private static double parseDouble(String digits) throws IOException {
    try {
      return switch (digits) {
        case "inf" -> Double.POSITIVE_INFINITY;
        case "-inf" -> Double.NEGATIVE_INFINITY;
        default -> Double.parseDouble(digits);
      };
    } catch (NumberFormatException e) {
      throw new IOException("not RESP: not a number", e);
    }
  }

  private @Nullable Object bulk(int length, boolean text) throws IOException {
    if (length < 0) {
      return null;
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("the server closed the connection within a reply");
    }
    expect('\r');
    expect('\n');
    return text ? new String(bytes, StandardCharsets.UTF_8) : bytes;
  }

  private @Nullable Object verbatim(int length, boolean text) throws IOException {
    int formatPrefix = "txt:".length();
    if (bulk(length, false) instanceof byte[] bytes && bytes.length >= formatPrefix) {
      return text
          ? new String(bytes, formatPrefix, bytes.length - formatPrefix, StandardCharsets.UTF_8)
          : Arrays.copyOfRange(bytes, formatPrefix, bytes.length);
    }
    throw new IOException("not RESP: a verbatim string without a format");
  }

  private @Nullable List<@Nullable Object> list(int length, boolean text, int depth)
      throws IOException {
    if (length < 0) {
      return null;
    }
    List<@Nullable Object> list = new ArrayList<>(Math.min(length, 1024));
    for (int i = 0; i < length; i++) {
      list.add(read(text, depth + 1));
    }
    return list;
  }

  private Set<@Nullable Object> set(int length, boolean text, int depth) throws IOException {
    Set<@Nullable Object> set = new LinkedHashSet<>();
    for (int i = 0; i < length; i++) {
      set.add(read(text, depth + 1));
    }
    return set;
  }

  private Map<@Nullable Object, @Nullable Object> map(int length, boolean text, int depth)
      throws IOException {
    Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
    for (int i = 0; i < length; i++) {
      map.put(read(text, depth + 1), read(text, depth + 1));
    }
    return map;
  }
}
