package io.tenantredis.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SampleTest {

  @Test
  void theMedianOfAnOddNumberIsTheMiddleFigure() {
    assertThat(Sample.of(new double[] {9, 1, 5, 7, 3})).isEqualTo(new Sample(5, 3, 7));
  }

  @Test
  void betweenTwoFiguresLiesWhatHitsNone() {
    assertThat(Sample.of(new double[] {4, 1, 3, 2})).isEqualTo(new Sample(2.5, 1.75, 3.25));
  }

  @Test
  void oneFigureIsItsOwnMedianAndQuartiles() {
    assertThat(Sample.of(new double[] {7})).isEqualTo(new Sample(7, 7, 7));
  }

  @Test
  void theFiguresStayInTheirOrder() {
    double[] figures = {3, 1, 2};
    Sample.of(figures);
    assertThat(figures).containsExactly(3, 1, 2);
  }

  @Test
  void ratiosAreThoseOfTheSameRoundAndNotOfTheMedians() {
    double[] subject = {10, 200, 30};
    double[] baseline = {5, 100, 60};
    assertThat(Sample.ofRatios(subject, baseline)).isEqualTo(new Sample(2, 1.25, 2));
  }
}
