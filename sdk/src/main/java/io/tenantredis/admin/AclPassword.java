package io.tenantredis.admin;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A password of an ACL user as the server keeps it: its SHA-256, without salt. Short or guessable
 * passwords can be found from it, so {@link #toString()} does not show it either.
 *
 * <p>Immutable and thread-safe; a value.
 */
public final class AclPassword {

  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

  private static final int MOST_BYTES_OF_A_CHAR = 3;

  private final String hash;

  private AclPassword(String hash) {
    this.hash = hash;
  }

  /**
   * What the server keeps of a password.
   *
   * @param password the password, not empty; the array is neither kept nor changed
   * @return its hash
   * @throws IllegalArgumentException if the password is empty or no well-formed text
   */
  public static AclPassword of(char[] password) {
    if (password.length == 0) {
      throw new IllegalArgumentException("The password is empty: pass one, at best a random one.");
    }
    ByteBuffer encoded = ByteBuffer.allocate(password.length * MOST_BYTES_OF_A_CHAR);
    byte[] bytes = encoded.array();
    try {
      if (StandardCharsets.UTF_8
          .newEncoder()
          .encode(CharBuffer.wrap(password), encoded, true)
          .isError()) {
        throw new IllegalArgumentException(
            "The password is no text: it holds one half of a surrogate pair.");
      }
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(bytes, 0, encoded.position());
      return new AclPassword(HexFormat.of().formatHex(sha256.digest()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /**
   * A password whose hash is known.
   *
   * @param sha256 64 lower-case hexadecimal digits
   * @return the password
   * @throws IllegalArgumentException for another text, which the message does not repeat
   */
  public static AclPassword ofHash(String sha256) {
    if (!SHA_256.matcher(sha256).matches()) {
      throw new IllegalArgumentException(
          "Not the hash of a password: pass 64 lower-case hexadecimal digits.");
    }
    return new AclPassword(sha256);
  }

  /** The rule that gives a user this password: {@code #} and the hash. */
  String rule() {
    return "#" + hash;
  }

  /** The hash, as ACL GETUSER shows it. */
  String hash() {
    return hash;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AclPassword that && hash.equals(that.hash);
  }

  @Override
  public int hashCode() {
    return hash.hashCode();
  }

  /** Says that there is a password, and nothing of it. */
  @Override
  public String toString() {
    return "AclPassword[hidden]";
  }
}
