package io.tenantredis.reliability;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Random;

/** What a broken or hostile server might send. */
public final class HostileBytes {

  private static final String[] PIECES = {
    "+OK\r\n",
    "+QUEUED\r\n",
    "-ERR x\r\n",
    "-LOADING x\r\n",
    "-\r\n",
    ":1\r\n",
    ":-9223372036854775808\r\n",
    "$-1\r\n",
    "$0\r\n\r\n",
    "$3\r\nabc\r\n",
    "$13\r\ntenant:acme:k\r\n",
    "$15\r\ntenant:globex:k\r\n",
    "$-2\r\n",
    "$99999999999\r\n",
    "$1099511627776\r\n",
    "$2147483647\r\n",
    "*0\r\n",
    "*-1\r\n",
    "*1\r\n",
    "*2\r\n",
    "*3\r\n",
    "*2147483647\r\n",
    "*99999\r\n",
    "%0\r\n",
    "%1\r\n",
    "%2147483647\r\n",
    "~1\r\n",
    "~2\r\n",
    ">2\r\n",
    ">0\r\n",
    "_\r\n",
    "#t\r\n",
    "#x\r\n",
    ",1.5\r\n",
    ",nan\r\n",
    ",inf\r\n",
    "(123456789012345678901234567890\r\n",
    "=7\r\ntxt:abc\r\n",
    "=1\r\na\r\n",
    "!3\r\nERR\r\n",
    "|1\r\n",
    "@1\r\n",
    "\r\n",
    "\n",
    "\r",
    "*",
    "$",
    "+",
    "\u0000",
    "\u00ff"
  };

  private HostileBytes() {}

  /** A few pieces in any order, sometimes with one byte changed; or any bytes. */
  public static byte[] next(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i >= 0; i--) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    byte[] bytes = text.toString().getBytes(ISO_8859_1);
    switch (random.nextInt(4)) {
      case 0 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      case 1 -> {
        bytes = new byte[1 + random.nextInt(60)];
        random.nextBytes(bytes);
      }
      default -> {
        // As it is.
      }
    }
    return bytes;
  }

  /** The bytes, for a message. */
  public static String printable(byte[] bytes) {
    return new String(bytes, ISO_8859_1)
        .replace("\r", "\\r")
        .replace("\n", "\\n")
        .replaceAll("[^\\x20-\\x7e]", "?");
  }
}
