package io.tenantredis;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The user name and password with which a tenant's connections authenticate.
 *
 * <p>Immutable and thread-safe. {@link #toString()} never shows the password.
 */
public final class TenantCredentials {

  private final String username;
  private final char[] password;

  private TenantCredentials(String username, char[] password) {
    this.username = username;
    this.password = password;
  }

  /**
   * Credentials.
   *
   * @param username the ACL user, not empty
   * @param password its password; empty credentials do not authenticate at all, and the identity
   *     check then refuses the connection
   * @return the credentials
   * @throws IllegalArgumentException if the user name is empty
   */
  public static TenantCredentials of(String username, String password) {
    return of(username, password.toCharArray());
  }

  /**
   * Credentials.
   *
   * @param username the ACL user, not empty
   * @param password its password; the array is copied
   * @return the credentials
   * @throws IllegalArgumentException if the user name is empty
   */
  public static TenantCredentials of(String username, char[] password) {
    if (username.isEmpty()) {
      throw new IllegalArgumentException(
          "The user name of a tenant's credentials is empty: pass the tenant's ACL user.");
    }
    return new TenantCredentials(username, password.clone());
  }

  /**
   * The ACL user.
   *
   * @return its name
   */
  public String username() {
    return username;
  }

  /**
   * The password.
   *
   * @return a new array
   */
  public char[] password() {
    return password.clone();
  }

  /** Whether the other are credentials with the same user name and password. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TenantCredentials that
        && username.equals(that.username)
        && Arrays.equals(password, that.password);
  }

  @Override
  public int hashCode() {
    return username.hashCode();
  }

  /** The user name; never the password. */
  @Override
  public String toString() {
    return "TenantCredentials[username=" + username + "]";
  }
}
