package io.tenantredis.benchmarks;

import java.util.List;

/**
 * Those who take part in a scenario, ready to begin.
 *
 * @param contestants the one that the others are compared with first
 * @param end gives back what was opened for this scenario alone
 */
record Contest(List<Contestant> contestants, Runnable end) implements AutoCloseable {

  @Override
  public void close() {
    end.run();
  }
}
