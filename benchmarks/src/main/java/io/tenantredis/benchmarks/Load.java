package io.tenantredis.benchmarks;

import org.jspecify.annotations.Nullable;

/** How a scenario issues its operations: from how many threads, how many at a time. */
interface Load {

  /**
   * What to run with a peer.
   *
   * @return the work, or null if the peer has no such interface
   */
  @Nullable Work of(Peer peer, Task task);

  /** Why there is no such load here, or null if there is. */
  default @Nullable String obstacle() {
    return null;
  }

  /** Operations issued until the time is over. */
  @FunctionalInterface
  interface Work {

    /**
     * Runs for about this time. Blocks until all operations ended.
     *
     * @return operations in a second
     * @throws IllegalStateException if an operation failed: figures of failures mean nothing
     */
    double run(long nanos);
  }
}
