package io.tenantredis.test.server;

import java.util.Arrays;

/** The slot of a key: CRC-16/XMODEM of the key or of its hash tag, modulo 16384. */
final class HashSlot {

  private static final int POLYNOMIAL = 0x1021;

  private HashSlot() {}

  static int of(byte[] key) {
    byte[] hashed = hashTag(key);
    int crc = 0;
    for (byte b : hashed) {
      crc ^= (b & 0xff) << 8;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 0x8000) != 0 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
      }
    }
    return (crc & 0xffff) % RedisCluster.SLOTS;
  }

  /**
   * What stands between the first opening brace and the next closing one, if that is not nothing.
   */
  private static byte[] hashTag(byte[] key) {
    int open = indexOf(key, '{', 0);
    int close = open < 0 ? -1 : indexOf(key, '}', open + 1);
    return close > open + 1 ? Arrays.copyOfRange(key, open + 1, close) : key;
  }

  private static int indexOf(byte[] bytes, char wanted, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }
}
