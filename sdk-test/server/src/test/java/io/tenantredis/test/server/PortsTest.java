package io.tenantredis.test.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PortsTest {

  @Test
  void twoProcessesAreNeverGivenTheSamePort() {
    Ports one = new Ports();
    Ports other = new Ports();
    Set<Integer> ofOne = new HashSet<>();
    Set<Integer> ofOther = new HashSet<>();

    for (int i = 0; i < 1_000; i++) {
      ofOne.add(one.next());
      ofOther.add(other.next());
    }

    assertThat(ofOne).doesNotContainAnyElementsOf(ofOther);
  }

  @Test
  void aPortComesBackOnlyAfterAllOthersOfItsBlock() {
    Ports ports = new Ports();
    Set<Integer> proposed = new HashSet<>();

    for (int i = 0; i < 300; i++) {
      assertThat(proposed.add(ports.next())).isTrue();
    }
  }
}
