package io.tenantredis.test;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Names that no two tests share, also in different JVMs on one server. */
final class RandomNames {

  private static final SecureRandom RANDOM = new SecureRandom();

  private RandomNames() {}

  /** 64 random bits in hexadecimal digits. */
  static String next() {
    byte[] bytes = new byte[8];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
