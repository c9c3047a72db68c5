package io.tenantredis.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.TenantId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whose turn it is to connect. */
class ConnectGateTest {

  private static final int MANY = 100;

  private final List<String> started = new ArrayList<>();
  private final Map<String, ConnectGate.Ticket> tickets = new HashMap<>();

  private static ConnectGate gate(int maxAttempts, boolean severalEndpoints) {
    return new ConnectGate(maxAttempts, 1_000, severalEndpoints, Runnable::run, tenant -> {});
  }

  private void enter(ConnectGate gate, String endpoint, int tenant) {
    String name = endpoint + tenant;
    tickets.put(name, gate.enter(endpoint, TenantId.of(name), () -> started.add(name)));
  }

  private void enterMany(ConnectGate gate, String endpoint) {
    for (int tenant = 0; tenant < MANY; tenant++) {
      enter(gate, endpoint, tenant);
    }
  }

  private long startedTo(String endpoint) {
    return started.stream().filter(name -> name.startsWith(endpoint)).count();
  }

  @Test
  void theOnlyEndpointTakesAllAttempts() {
    enterMany(gate(64, false), "a");
    assertThat(started).hasSize(64);
  }

  @Test
  void eachEndpointThatHangsLeavesAsManyAttemptsToOthersAsItTakes() {
    ConnectGate gate = gate(64, true);
    List<Integer> shares = List.of(32, 16, 8, 4, 2, 1, 1, 0);
    for (int i = 0; i < shares.size(); i++) {
      String endpoint = String.valueOf((char) ('a' + i));
      enterMany(gate, endpoint);
      assertThat(startedTo(endpoint)).as(endpoint).isEqualTo(shares.get(i).longValue());
    }
    assertThat(started).hasSize(64);
  }

  @Test
  void anEndpointWhoseAttemptsEndGetsFurtherOnes() {
    ConnectGate gate = gate(8, true);
    enterMany(gate, "a");
    assertThat(started).hasSize(4);
    for (int i = 0; i < MANY; i++) {
      tickets.get("a" + i).connected();
    }
    assertThat(startedTo("a")).isEqualTo(MANY);
    enterMany(gate, "b");
    assertThat(startedTo("b")).isEqualTo(4);
  }

  @Test
  void aSingleAttemptIsMadeWhoeverWaits() {
    ConnectGate gate = gate(1, true);
    enter(gate, "a", 0);
    enter(gate, "b", 0);
    assertThat(started).containsExactly("a0");
    tickets.get("a0").gone();
    assertThat(started).containsExactly("a0", "b0");
  }

  @Test
  void endpointsTakeTurnsAndSoDoTheTenantsOfEach() {
    ConnectGate gate = gate(1, true);
    enter(gate, "a", 0);
    enter(gate, "a", 1);
    enter(gate, "a", 2);
    enter(gate, "b", 0);
    enter(gate, "b", 1);
    for (int i = 0; i < 5; i++) {
      tickets.get(started.get(i)).gone();
    }
    assertThat(started).containsExactly("a0", "a1", "b0", "a2", "b1");
  }

  @Test
  void whoLeavesTheQueueIsNotStartedAndKeepsNobodyWaiting() {
    ConnectGate gate = gate(1, true);
    enter(gate, "a", 0);
    enter(gate, "b", 0);
    enter(gate, "c", 0);
    assertThat(tickets.get("b0").isWaiting()).isTrue();
    tickets.get("b0").gone();
    tickets.get("b0").gone();
    tickets.get("a0").gone();
    assertThat(started).containsExactly("a0", "c0");
    assertThat(tickets.get("c0").isWaiting()).isFalse();
  }
}
