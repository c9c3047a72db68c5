package io.tenantredis.internal.pool;

import io.lettuce.core.ReadFrom;
import org.jspecify.annotations.Nullable;

/** What is known of Lettuce's settings for reads. */
public final class ReadFroms {

  private ReadFroms() {}

  /** Whether all reads go to the primary: Lettuce has several objects that say so. */
  public static boolean isPrimaryOnly(ReadFrom readFrom) {
    return readFrom.getClass() == ReadFrom.UPSTREAM.getClass();
  }

  /** Why it cannot be used, and what to use instead; null if it can be. */
  public static @Nullable String problemOf(ReadFrom readFrom) {
    return readFrom.getClass() == ReadFrom.LOWEST_LATENCY.getClass()
        ? "readFrom(LOWEST_LATENCY) cannot be kept, as latencies are not measured: use REPLICA_PREFERRED, ANY, or name"
            + " the nodes nearby with ReadFrom.subnet(...) or ReadFrom.regex(...)."
        : null;
  }
}
