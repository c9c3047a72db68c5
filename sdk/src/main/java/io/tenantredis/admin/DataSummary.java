package io.tenantredis.admin;

import java.util.Map;
import java.util.TreeMap;

/**
 * How much a tenant has.
 *
 * @param keys how many keys
 * @param keysByType how many of each type, as the server names it
 * @param estimatedBytes what they take in the server's memory, estimated from a sample; 0 without
 *     keys
 * @param sampled how many keys were measured
 */
public record DataSummary(
    long keys, Map<String, Long> keysByType, long estimatedBytes, long sampled) {

  /** Copies the map. */
  public DataSummary {
    keysByType = new TreeMap<>(keysByType);
  }

  /**
   * This summary for programs.
   *
   * @return a JSON object: {@code keys}, {@code keysByType}, {@code estimatedBytes}, {@code
   *     sampled}
   */
  public String toJson() {
    return Json.pretty(
        Json.object(
            "keys", keys,
            "keysByType", keysByType,
            "estimatedBytes", estimatedBytes,
            "sampled", sampled));
  }
}
