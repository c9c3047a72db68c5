package io.tenantredis.admin;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The digest that files of this package use. */
final class Digests {

  private Digests() {}

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
