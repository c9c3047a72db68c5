package io.tenantredis.benchmarks;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The names and values that every peer works on. All of them use the same names on the wire; made
 * once, so that no peer pays for making them.
 */
final class Data {

  /** How many different keys the scenarios touch; a power of two. */
  static final int KEYS = 1024;

  static final int MGET_KEYS = 100;
  static final int HASH_FIELDS = 20;
  static final int PIPELINE = 100;
  static final int TRANSACTION = 10;
  static final String VALUE = "v".repeat(64);
  static final Map<String, String> HASH = hash();

  private final String[] keys = new String[KEYS];
  private final String[] hashes = new String[KEYS];

  /**
   * Names for one peer.
   *
   * @param prefix what the peer does not put before names by itself
   */
  Data(String prefix) {
    for (int i = 0; i < KEYS; i++) {
      keys[i] = prefix + "key:" + i;
      hashes[i] = prefix + "hash:" + i;
    }
  }

  String key(int i) {
    return keys[i & (KEYS - 1)];
  }

  String hash(int i) {
    return hashes[i & (KEYS - 1)];
  }

  /** The keys of one MGET. */
  String[] mget(int i) {
    int from = Math.floorMod(i, KEYS - MGET_KEYS);
    return Arrays.copyOfRange(keys, from, from + MGET_KEYS);
  }

  private static Map<String, String> hash() {
    Map<String, String> fields = new LinkedHashMap<>();
    for (int i = 0; i < HASH_FIELDS; i++) {
      fields.put("field:" + i, "value-" + i);
    }
    return fields;
  }
}
