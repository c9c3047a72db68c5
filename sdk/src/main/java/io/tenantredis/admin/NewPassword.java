package io.tenantredis.admin;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;

/**
 * A password that was just made: 256 random bits as 43 letters, digits, {@code -} and {@code _}.
 * Servers get its hash only; what is not taken from here is lost.
 *
 * <p>Thread-safe.
 */
public final class NewPassword implements AutoCloseable {

  private static final int BYTES = 32;

  private final char[] characters;
  private final AclPassword stored;
  private boolean closed;

  private NewPassword(char[] characters) {
    this.characters = characters;
    this.stored = AclPassword.of(characters);
  }

  /**
   * A new password.
   *
   * @param random where it comes from
   * @return the password
   */
  public static NewPassword generate(SecureRandom random) {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    byte[] encoded = Base64.getUrlEncoder().withoutPadding().encode(bytes);
    char[] characters = new char[encoded.length];
    for (int i = 0; i < encoded.length; i++) {
      characters[i] = (char) encoded[i];
    }
    Arrays.fill(bytes, (byte) 0);
    Arrays.fill(encoded, (byte) 0);
    return new NewPassword(characters);
  }

  /**
   * The password itself.
   *
   * @return a new array
   * @throws IllegalStateException after {@link #close()}
   */
  public synchronized char[] reveal() {
    if (closed) {
      throw new IllegalStateException("The password was erased when this was closed.");
    }
    return characters.clone();
  }

  /**
   * What servers keep of it.
   *
   * @return its hash
   */
  public AclPassword stored() {
    return stored;
  }

  /** Erases the password from memory. */
  @Override
  public synchronized void close() {
    closed = true;
    Arrays.fill(characters, '\0');
  }

  /** Says that there is a password, and nothing of it. */
  @Override
  public String toString() {
    return "NewPassword[hidden]";
  }
}
