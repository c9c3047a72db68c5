package io.tenantredis;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the name of every key and channel of one tenant begins with, such as {@code tenant:acme:}.
 *
 * <p>Made from a {@link KeyPrefixTemplate}, which guarantees that of two different tenants neither
 * prefix begins with the other. Immutable and thread-safe.
 */
public final class KeyPrefix {

  private final String text;
  private final byte[] bytes;
  private final byte[] globEscaped;

  KeyPrefix(String text) {
    this.text = text;
    this.bytes = text.getBytes(StandardCharsets.UTF_8);
    this.globEscaped = escapeGlob(bytes);
  }

  /**
   * The prefix as it stands before a name on the wire.
   *
   * @return a new array with the UTF-8 bytes
   */
  public byte[] bytes() {
    return bytes.clone();
  }

  /**
   * The prefix as it stands before a pattern on the wire: each character that has a meaning in a
   * Redis glob pattern ({@code * ? [ ] ^} and the backslash) is escaped with a backslash.
   *
   * @return a new array with the escaped UTF-8 bytes
   */
  public byte[] globEscapedBytes() {
    return globEscaped.clone();
  }

  private static byte[] escapeGlob(byte[] plain) {
    ByteArrayOutputStream escaped = new ByteArrayOutputStream(plain.length + 8);
    for (byte b : plain) {
      if (b == '*' || b == '?' || b == '[' || b == ']' || b == '^' || b == '\\') {
        escaped.write('\\');
      }
      escaped.write(b);
    }
    return escaped.toByteArray();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyPrefix that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** The prefix as text. */
  @Override
  public String toString() {
    return text;
  }
}
