package io.tenantredis.benchmarks;

import java.util.Arrays;

/** Figures of several rounds. */
record Sample(double median, double low, double high) {

  /** The median and the quartiles; each of them between two figures where they do not hit one. */
  static Sample of(double[] figures) {
    double[] sorted = figures.clone();
    Arrays.sort(sorted);
    return new Sample(at(sorted, 0.5), at(sorted, 0.25), at(sorted, 0.75));
  }

  /** Of what one had in each round divided by what the other had in the same round. */
  static Sample ofRatios(double[] subject, double[] baseline) {
    double[] ratios = new double[subject.length];
    for (int round = 0; round < ratios.length; round++) {
      ratios[round] = subject[round] / baseline[round];
    }
    return of(ratios);
  }

  private static double at(double[] sorted, double part) {
    double position = part * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }
}
