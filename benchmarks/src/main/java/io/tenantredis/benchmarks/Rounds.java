package io.tenantredis.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Has all contestants of a scenario take turns: a short slice each, in an order that is turned
 * around from round to round, so that whatever else goes on in the machine meets all of them.
 */
final class Rounds {

  private final int rounds;
  private final long sliceNanos;

  Rounds(int rounds, long sliceNanos) {
    this.rounds = rounds;
    this.sliceNanos = sliceNanos;
  }

  /** One result for each measure. A first turn of each contestant does not count. */
  List<Result> run(List<Measure> measures, List<Contestant> contestants) {
    List<Score> scores = new ArrayList<>();
    for (Contestant contestant : contestants) {
      scores.add(new Score(contestant, new double[measures.size()][rounds]));
    }
    List<Score> order = new ArrayList<>(scores);
    order.forEach(score -> score.contestant.turn().take(sliceNanos));
    for (int round = 0; round < rounds; round++) {
      for (Score score : order) {
        double[] figures = score.contestant.turn().take(sliceNanos);
        for (int measure = 0; measure < figures.length; measure++) {
          score.figures[measure][round] = figures[measure];
        }
      }
      Collections.reverse(order);
    }
    List<Result> results = new ArrayList<>();
    for (int measure = 0; measure < measures.size(); measure++) {
      results.add(result(measures.get(measure), measure, scores));
    }
    return results;
  }

  private static Result result(Measure measure, int at, List<Score> scores) {
    Map<String, Sample> figures = new LinkedHashMap<>();
    Map<String, Sample> ratios = new LinkedHashMap<>();
    Score subject = scores.get(0);
    for (Score score : scores) {
      figures.put(score.contestant.name(), Sample.of(score.figures[at]));
    }
    for (Score baseline : scores.subList(1, scores.size())) {
      ratios.put(
          baseline.contestant.name(), Sample.ofRatios(subject.figures[at], baseline.figures[at]));
    }
    return new Result(measure, subject.contestant.name(), figures, ratios);
  }

  /** The figures of a contestant, by measure and round. */
  private static final class Score {

    private final Contestant contestant;
    private final double[][] figures;

    Score(Contestant contestant, double[][] figures) {
      this.contestant = contestant;
      this.figures = figures;
    }
  }
}
