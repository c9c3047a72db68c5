package io.tenantredis;

import java.io.Serializable;

/**
 * The name of one tenant: 1 to {@value #MAX_LENGTH} ASCII letters, digits, {@code -}, {@code _} and
 * {@code .}, beginning with a letter or a digit.
 *
 * <p>The alphabet is closed on purpose. It holds no character with a meaning in a Redis glob
 * pattern, in an ACL rule, in a cluster hash tag or in a {@linkplain KeyPrefix key prefix
 * template}'s delimiter, and no character outside ASCII, so that no Unicode look-alike or
 * normalization can turn one tenant into another. Ids are case-sensitive.
 *
 * <p>Immutable and thread-safe; a value: two ids with the same text are equal.
 */
public final class TenantId implements Comparable<TenantId>, Serializable {

  private static final long serialVersionUID = 1L;

  /** The longest id accepted, in characters. */
  public static final int MAX_LENGTH = 128;

  private final String value;

  private TenantId(String value) {
    this.value = value;
  }

  /**
   * The id with this text.
   *
   * @param value the text of the id
   * @return the id
   * @throws InvalidTenantIdException if the text is null, empty, too long, or holds a character
   *     outside the alphabet; the message names the position and the code point, not the text
   */
  public static TenantId of(String value) {
    if (value == null) {
      throw new InvalidTenantIdException(
          "A tenant id must not be null: pass the id of the tenant that makes this call.");
    }
    if (value.isEmpty()) {
      throw new InvalidTenantIdException(
          "A tenant id must not be empty: pass the id of the tenant that makes this call.");
    }
    if (value.length() > MAX_LENGTH) {
      throw new InvalidTenantIdException(
          "A tenant id has at most "
              + MAX_LENGTH
              + " characters, this one has "
              + value.length()
              + ".");
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      boolean allowed = i == 0 ? isLetterOrDigit(c) : isAllowed(c);
      if (!allowed) {
        throw new InvalidTenantIdException(
            String.format(
                "Character U+%04X at index %d is not allowed in a tenant id%s. Use ASCII letters, digits, '-', '_' and '.';"
                    + " begin with a letter or a digit. Map other identifiers (an e-mail address, a URL) to such an id.",
                value.codePointAt(i), i, i == 0 && isAllowed(c) ? " as its first character" : ""));
      }
    }
    return new TenantId(value);
  }

  /**
   * Whether a character may stand in an id: what a key prefix template must not use as its
   * delimiter.
   */
  static boolean isAllowed(char c) {
    return isLetterOrDigit(c) || c == '-' || c == '_' || c == '.';
  }

  private static boolean isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  /**
   * The text of this id.
   *
   * @return the text as given to {@link #of(String)}
   */
  public String value() {
    return value;
  }

  @Override
  public int compareTo(TenantId other) {
    return value.compareTo(other.value);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TenantId that && value.equals(that.value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  /** The text of this id. */
  @Override
  public String toString() {
    return value;
  }
}
