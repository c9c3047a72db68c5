package io.tenantredis.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoundsTest {

  private static final Measure RATE = new Measure(Group.CALLS, "rate", "", Unit.OPERATIONS);
  private static final Measure MEMORY = new Measure(Group.TENANTS, "memory", "", Unit.BYTES);

  private final List<String> turns = new ArrayList<>();

  @Test
  void turnsAlternateAndEachRoundTurnsTheOrderAround() {
    new Rounds(3, 1).run(List.of(RATE), List.of(always("a", 1), always("b", 1), always("c", 1)));
    assertThat(turns).containsExactly("a", "b", "c", "a", "b", "c", "c", "b", "a", "a", "b", "c");
  }

  @Test
  void theFirstTurnOfEachDoesNotCount() {
    List<Result> results =
        new Rounds(2, 1)
            .run(List.of(RATE), List.of(counting("a", 1_000, 4, 4), counting("b", 1, 2, 2)));
    assertThat(results).hasSize(1);
    assertThat(results.get(0).figures()).containsEntry("a", new Sample(4, 4, 4));
    assertThat(results.get(0).ratios()).isEqualTo(Map.of("b", new Sample(2, 2, 2)));
  }

  @Test
  void aRatioIsThatOfTheSameRoundThoughTheOrderChanges() {
    Result result =
        new Rounds(3, 1)
            .run(
                List.of(RATE), List.of(counting("a", 0, 10, 300, 20), counting("b", 0, 5, 100, 20)))
            .get(0);
    assertThat(result.ratios().get("b")).isEqualTo(new Sample(2, 1.5, 2.5));
  }

  @Test
  void theFirstContestantIsTheSubjectOfEachMeasure() {
    List<Result> results =
        new Rounds(1, 1)
            .run(
                List.of(RATE, MEMORY),
                List.of(
                    new Contestant("a", nanos -> new double[] {6, 100}),
                    new Contestant("b", nanos -> new double[] {3, 400})));
    assertThat(results).extracting(Result::subject).containsExactly("a", "a");
    assertThat(results)
        .extracting(result -> result.ratios().get("b"))
        .containsExactly(new Sample(2, 2, 2), new Sample(0.25, 0.25, 0.25));
  }

  @Test
  void aTurnIsToldHowLongItIs() {
    List<Long> told = new ArrayList<>();
    Contestant asking =
        new Contestant(
            "a",
            nanos -> {
              told.add(nanos);
              return new double[] {1};
            });
    new Rounds(1, 42).run(List.of(RATE), List.of(asking));
    assertThat(told).containsExactly(42L, 42L);
  }

  private Contestant always(String name, double figure) {
    return counting(name, figure);
  }

  /** Answers with one figure after the other, and then with the last. */
  private Contestant counting(String name, double... figures) {
    int[] next = {0};
    return new Contestant(
        name,
        nanos -> {
          turns.add(name);
          return new double[] {figures[Math.min(next[0]++, figures.length - 1)]};
        });
  }
}
