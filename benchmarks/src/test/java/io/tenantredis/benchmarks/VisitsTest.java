package io.tenantredis.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class VisitsTest {

  @Test
  void inTurnEachTenantIsVisitedAsOften() {
    Visits visits = Visits.roundRobin(3);
    assertThat(IntStream.range(0, 7).map(visits::tenant)).containsExactly(0, 1, 2, 0, 1, 2, 0);
    assertThat(visits.tenant(-1)).isEqualTo(2);
  }

  @Test
  void byZipfsLawTheSecondIsVisitedHalfAsOftenAsTheFirst() {
    Visits visits = Visits.zipf(100);
    int[] counts = new int[100];
    IntStream.range(0, 1 << 16).forEach(call -> counts[visits.tenant(call)]++);
    assertThat((double) counts[1] / counts[0]).isCloseTo(0.5, within(0.03));
    assertThat((double) counts[9] / counts[0]).isCloseTo(0.1, within(0.02));
    assertThat(counts[99]).isPositive();
  }

  @Test
  void allClientsVisitInTheSameOrder() {
    Visits one = Visits.zipf(1_000);
    Visits other = Visits.zipf(1_000);
    assertThat(IntStream.range(0, 10_000).map(one::tenant))
        .containsExactlyElementsOf(IntStream.range(0, 10_000).map(other::tenant).boxed().toList());
  }
}
