package io.tenantredis.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tenantredis.benchmarks.ReconnectStorm.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The model gives what can be worked out by hand, and docs/topologies.md shows what it gives. */
class SizingTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long EVER = 1_000_000 * SECOND;

  @Test
  void tenantsThatAskForTheSameAreInUseAsOftenAsBallsFallIntoBins() {
    Demand demand = new Demand(1_000, 10, 2, 500, 10, 0);

    assertThat(demand.tenantsInUse()).isCloseTo(1_000 * (1 - Math.exp(-1)), within(1e-6));
  }

  @Test
  void withManyRequestsEachInstanceHoldsTheTenantsThatAreSentToIt() {
    assertThat(new Demand(1_000, 10, 1e6, 600, 10, 1).tenantsInUse())
        .isCloseTo(1_000, within(1e-6));
    assertThat(new Demand(1_000, 10, 1e6, 600, 3, 1).tenantsInUse()).isCloseTo(300, within(1e-6));
  }

  @Test
  void withFewRequestsEachOneIsAnotherTenant() {
    assertThat(new Demand(1_000_000, 10, 0.001, 100, 10, 0).tenantsInUse())
        .isCloseTo(0.1, within(1e-6));
  }

  @Test
  void aSkewedDemandUsesFewerTenants() {
    assertThat(new Demand(10_000, 10, 10, 100, 10, 1).tenantsInUse())
        .isLessThan(new Demand(10_000, 10, 10, 100, 10, 0).tenantsInUse());
  }

  @Test
  void moreNodesTakeConnectionsOffEachOtherUnlessKeysAreSpread() {
    Demand demand = new Demand(1_000, 10, 1e6, 600, 10, 0);

    assertThat(Layout.SERVERS.connectionsOfServer(demand, 1_000, 4)).isEqualTo(2_500);
    assertThat(Layout.CLUSTER_TAGGED.connectionsOfServer(demand, 1_000, 4)).isEqualTo(2_500);
    assertThat(Layout.CLUSTER_SPREAD.connectionsOfServer(demand, 1_000, 4)).isEqualTo(10_000);
    assertThat(Layout.CLUSTER_SPREAD.connectionsOfInstance(1_000, 4)).isEqualTo(4_000);
    assertThat(Layout.SERVERS.usersOfServer(demand, 4)).isEqualTo(250);
    assertThat(Layout.CLUSTER_TAGGED.usersOfServer(demand, 4)).isEqualTo(1_000);
  }

  @Test
  void aServerThatIsAlwaysBusyTakesTheTimeOfAllConnects() {
    Outcome outcome = storm(10, 100, 8, 1_000, 0, EVER).play(1, EVER);

    assertThat(outcome.seconds()).isCloseTo(1.0, within(1e-9));
    assertThat(outcome.secondsOfMost()).isCloseTo(0.99, within(1e-9));
    assertThat(outcome.begun()).isEqualTo(1_000);
    assertThat(outcome.timedOut()).isZero();
    assertThat(outcome.wasted(1_000)).isZero();
  }

  @Test
  void whatStandsBeforeTheServerIsWhatAllInstancesMayBeginAtATime() {
    assertThat(storm(10, 100, 8, 1_000, 0, EVER).play(1, EVER).queueSeconds())
        .isCloseTo(0.08, within(1e-9));
    assertThat(storm(10, 4, 8, 1_000, 0, EVER).play(1, EVER).queueSeconds())
        .isCloseTo(0.04, within(1e-9));
  }

  @Test
  void oneAtATimePaysForTheNetworkWithEach() {
    Outcome outcome = storm(1, 100, 1, 1_000, SECOND / 100, EVER).play(1, EVER);

    assertThat(outcome.seconds()).isCloseTo(100 * (0.001 + 0.01), within(1e-9));
  }

  @Test
  void whoFindsTheServersQueueFullAsksAgainASecondLater() {
    Outcome outcome =
        new ReconnectStorm(1, 20, 20, 100, 10, 0, 0, EVER, SECOND / 20, 2 * SECOND).play(1, EVER);

    assertThat(outcome.queueSeconds()).isCloseTo(0.1, within(1e-9));
    assertThat(outcome.seconds()).isCloseTo(1.1, within(1e-9));
    assertThat(outcome.begun()).isEqualTo(20);
  }

  @Test
  void aTimeoutShorterThanTheWorkOfAllCostsWorkAndTime() {
    Outcome patient = storm(100, 100, 8, 1_000, 0, 11 * SECOND).play(1, EVER);
    Outcome impatient = storm(100, 100, 8, 1_000, 0, 8 * SECOND).play(1, 600 * SECOND);

    assertThat(patient.seconds()).isCloseTo(10, within(1e-9));
    assertThat(patient.wasted(10_000)).isZero();
    assertThat(impatient.timedOut()).isPositive();
    assertThat(impatient.wasted(10_000)).isPositive();
    assertThat(impatient.seconds()).isGreaterThan(10.1);
  }

  @Test
  void aServerThatIsSlowerThanTheTimeoutNeverMakesOne() {
    Outcome outcome = storm(1, 1, 1, 0.5, 0, SECOND).play(1, 60 * SECOND);

    assertThat(outcome.seconds()).isInfinite();
    assertThat(outcome.begun()).isGreaterThan(10);
  }

  @Test
  void theSameSeedGivesTheSame() {
    ReconnectStorm storm =
        new ReconnectStorm(
            10, 20, 64, 1_000_000, 1_000, SECOND, 0, 10 * SECOND, SECOND / 20, 2 * SECOND);

    assertThat(storm.play(7, EVER)).isEqualTo(storm.play(7, EVER));
    assertThat(storm.play(7, EVER)).isNotEqualTo(storm.play(8, EVER));
  }

  @Test
  void thePageShowsWhatTheModelGives() throws IOException {
    String page = Files.readString(Path.of("../docs/topologies.md"));

    assertThat(page).contains(Sizing.steadyState());
    assertThat(page).contains(Sizing.storms());
  }

  private static ReconnectStorm storm(
      int instances,
      int connections,
      int concurrent,
      double perSecond,
      long latency,
      long timeout) {
    return new ReconnectStorm(
        instances,
        connections,
        concurrent,
        perSecond,
        1_000_000,
        0,
        latency,
        timeout,
        SECOND / 20,
        2 * SECOND);
  }
}
