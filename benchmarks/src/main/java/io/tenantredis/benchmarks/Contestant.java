package io.tenantredis.benchmarks;

/**
 * One of those that a scenario compares.
 *
 * @param name its name in the results
 * @param turn what it does when it is its turn
 */
record Contestant(String name, Turn turn) {

  /** The work of one turn. */
  @FunctionalInterface
  interface Turn {

    /**
     * Works for about this time, or for as long as the work takes where its amount is fixed.
     *
     * @return a figure for each measure of the scenario, in their order
     * @throws IllegalStateException if an operation failed: figures of failures mean nothing
     */
    double[] take(long nanos);
  }
}
