package io.tenantredis.test.server;

import java.security.SecureRandom;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Whom a server's own connection logs in as.
 *
 * @param password null when it need not log in
 */
record Administrator(String user, @Nullable String password) {

  static Administrator withRandomPassword() {
    byte[] bytes = new byte[16];
    new SecureRandom().nextBytes(bytes);
    return new Administrator("tenant-redis-test-admin", HexFormat.of().formatHex(bytes));
  }

  /** Not the password. */
  @Override
  public String toString() {
    return user;
  }
}
