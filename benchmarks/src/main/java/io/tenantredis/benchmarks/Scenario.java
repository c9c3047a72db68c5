package io.tenantredis.benchmarks;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One workload, from which one or several figures are taken. */
interface Scenario {

  /** What it yields. */
  List<Measure> measures();

  /** Opens those who take part. */
  Contest open();

  /** How many rounds are worth their time at most: fewer where one takes seconds. */
  default int mostRounds() {
    return Integer.MAX_VALUE;
  }

  /** How many slices of time one turn takes. */
  default int slices() {
    return 1;
  }

  /** Whether it fits into a quick run that does not ask for it by name. */
  default boolean isQuick() {
    return true;
  }

  /** Why it cannot run here, or null if it can. */
  default @Nullable String obstacle() {
    return null;
  }
}
