package io.tenantredis.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which replicas of those that a Sentinel names are read from. */
class ReplicaLookupTest {

  private static Map<String, String> replica(String ip, String port, String flags, String link) {
    return Map.of("ip", ip, "port", port, "flags", flags, "master-link-status", link);
  }

  @Test
  void thoseThatAreUpAndFollowTheirPrimaryAreUsedInTheirOrder() {
    assertThat(
            ReplicaLookup.usable(
                List.of(
                    replica("10.0.0.2", "6379", "slave", "ok"),
                    replica("replica.internal", "6380", "slave", "ok"),
                    replica("::1", "6381", "slave", "ok"),
                    replica("10.0.0.2", "6379", "slave", "ok"))))
        .containsExactly(
            new NodeAddress("10.0.0.2", 6379),
            new NodeAddress("replica.internal", 6380),
            new NodeAddress("::1", 6381));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "10.0.0.2 6379 slave,s_down ok",
        "10.0.0.2 6379 s_down,slave,o_down ok",
        "10.0.0.2 6379 slave,disconnected ok",
        "10.0.0.2 6379 slave err",
        "10.0.0.2 6379 master ok",
        "10.0.0.2 0 slave ok",
        "10.0.0.2 none slave ok",
        "? 6379 slave ok"
      })
  void thoseThatAreNotAreLeftOut(String ip, String port, String flags, String link) {
    assertThat(ReplicaLookup.usable(List.of(replica(ip, port, flags, link)))).isEmpty();
  }

  @Test
  void oneOfWhichLittleIsSaidIsLeftOut() {
    assertThat(ReplicaLookup.usable(List.of(Map.of(), Map.of("ip", "10.0.0.2", "port", "6379"))))
        .isEmpty();
  }
}
