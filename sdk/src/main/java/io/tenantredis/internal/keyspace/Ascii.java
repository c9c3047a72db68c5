package io.tenantredis.internal.keyspace;

/** Letters as the server compares them: only those of ASCII have a case. */
final class Ascii {

  private static final int MAX_SHOWN = 32;

  private Ascii() {}

  static byte upper(byte b) {
    return b >= 'a' && b <= 'z' ? (byte) (b - ('a' - 'A')) : b;
  }

  /**
   * Bytes as text for a message: short, in upper case, and without anything but printable ASCII.
   */
  static String shown(byte[] bytes, int from, int to) {
    int shown = Math.min(to - from, MAX_SHOWN);
    StringBuilder text = new StringBuilder(shown + 3);
    for (int i = from; i < from + shown; i++) {
      byte b = upper(bytes[i]);
      text.append(b > ' ' && b <= '~' ? (char) b : '?');
    }
    return shown < to - from ? text.append("...").toString() : text.toString();
  }
}
