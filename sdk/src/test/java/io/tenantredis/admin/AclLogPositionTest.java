package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What is new in an ACL log whose entries have no ids, where a server cannot be made to show it.
 */
class AclLogPositionTest {

  private final AclLogPosition position = new AclLogPosition("localhost:6379");

  private static AclLogEntry entry(double ageSeconds) {
    return new AclLogEntry(
        null, 1, "key", "toplevel", "foreign", "tenant_acme", ageSeconds, "id=7 addr=127.0.0.1:1");
  }

  private long advance(double gapSeconds, long denials, AclLogEntry... entries) {
    return position
        .advance(new AclLogSnapshot("run", List.of(entries), denials, denials, false, gapSeconds))
        .fresh()
        .size();
  }

  @Test
  void anEntryThatTheServersCoarseClockMakesTooYoungIsNotReportedTwice() {
    assertThat(advance(0, 1, entry(0.001))).isEqualTo(1);
    assertThat(advance(0.0042, 1, entry(0.004))).isZero();
  }

  @Test
  void anEntryThatIsYoungerThanTheLastReadingIsNew() {
    assertThat(advance(0, 1, entry(0.001))).isEqualTo(1);
    assertThat(advance(5, 2, entry(3))).isEqualTo(1);
  }
}
