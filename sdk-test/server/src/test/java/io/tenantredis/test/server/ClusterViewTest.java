package io.tenantredis.test.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClusterViewTest {

  private static final String A =
      "aaa 127.0.0.1:1@2 myself,master - 0 0 1 connected 0-99 200 [5->-b]";
  private static final String B = "bbb 127.0.0.1:3@4 slave aaa 0 0 1 connected";
  private static final Set<String> BOTH = Set.of("aaa", "bbb");

  @Test
  void readsRolesAndSlots() {
    ClusterView view = ClusterView.parse(A + "\n" + B + "\n");
    BitSet slots = new BitSet();
    slots.set(0, 100);
    slots.set(200);
    assertThat(view.slotsOf("aaa")).isEqualTo(slots);
    assertThat(view.isMaster("aaa")).isTrue();
    assertThat(view.isMaster("bbb")).isFalse();
    assertThat(view.masterOf("bbb")).isEqualTo("aaa");
    assertThat(view.holds(BOTH)).isTrue();
  }

  @Test
  void opinionsDifferWithSlotsAndRolesButNotWithTheNodeThatIsAsked() {
    String opinion = opinion(A, B);
    assertThat(opinion(A.replace("myself,", ""), B.replace("slave", "myself,slave")))
        .isEqualTo(opinion);
    assertThat(opinion(A.replace(" 200 ", " 201 "), B)).isNotEqualTo(opinion);
    assertThat(opinion(A, B.replace("slave aaa", "master -"))).isNotEqualTo(opinion);
  }

  @Test
  void aNodeThatIsMissingSilentOrStrangeIsNotHeld() {
    assertThat(ClusterView.parse(A).holds(BOTH)).isFalse();
    for (String trouble : new String[] {"slave,fail", "slave,fail?", "handshake", "slave,noaddr"}) {
      assertThat(ClusterView.parse(A + "\n" + B.replace("slave", trouble)).holds(BOTH)).isFalse();
    }
    assertThat(ClusterView.parse(A + "\n" + B.replace("connected", "disconnected")).holds(BOTH))
        .isFalse();
    assertThat(ClusterView.parse(A + "\n" + B).holds(Set.of("aaa"))).isFalse();
    assertThat(ClusterView.parse(A + "\n" + B.replace("slave", "slave,fail")).holds(Set.of("aaa")))
        .isTrue();
  }

  private static String opinion(String... lines) {
    return ClusterView.parse(String.join("\n", lines)).opinion(BOTH);
  }
}
