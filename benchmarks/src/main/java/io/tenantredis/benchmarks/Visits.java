package io.tenantredis.benchmarks;

import java.util.Arrays;
import java.util.Random;

/**
 * In which order the calls of a scenario go to its tenants, fixed so that all clients do the same.
 */
final class Visits {

  private static final int MANY = 1 << 16;
  private static final long SEED = 1;

  private final int[] tenants;

  private Visits(int[] tenants) {
    this.tenants = tenants;
  }

  /** Each as often as any other, one after the other. */
  static Visits roundRobin(int tenants) {
    int[] visits = new int[tenants];
    Arrays.setAll(visits, i -> i);
    return new Visits(visits);
  }

  /** The tenant of rank n is visited with a probability in proportion to 1 / n. */
  static Visits zipf(int tenants) {
    double[] upTo = new double[tenants];
    double sum = 0;
    for (int i = 0; i < tenants; i++) {
      sum += 1.0 / (i + 1);
      upTo[i] = sum;
    }
    Random random = new Random(SEED);
    int[] visits = new int[MANY];
    for (int i = 0; i < MANY; i++) {
      int found = Arrays.binarySearch(upTo, random.nextDouble() * sum);
      visits[i] = Math.min(tenants - 1, found < 0 ? -found - 1 : found);
    }
    return new Visits(visits);
  }

  /** Whom the call with this number is for. */
  int tenant(int call) {
    return tenants[Math.floorMod(call, tenants.length)];
  }
}
