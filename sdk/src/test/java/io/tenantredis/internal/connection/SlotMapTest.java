package io.tenantredis.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which replies to CLUSTER SLOTS are believed. */
class SlotMapTest {

  private static final NodeAddress SPEAKER = new NodeAddress("speaker", 6379);

  private static SlotMap range(long from, long to) {
    return SlotMap.parse(
        List.of(List.of(from, to, List.of("a".getBytes(StandardCharsets.US_ASCII), 6379L, "id"))),
        SPEAKER);
  }

  @Test
  void aRangeGoesFromItsFirstSlotToItsLast() {
    SlotMap map = range(5, 7);
    assertThat(map.owner(4)).isNull();
    assertThat(map.owner(5)).isEqualTo(new NodeAddress("a", 6379));
    assertThat(map.owner(7)).isEqualTo(new NodeAddress("a", 6379));
    assertThat(map.owner(8)).isNull();
    assertThat(range(0, 16_383).owner(16_383)).isNotNull();
    assertThat(range(9, 9).owner(9)).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 5",
    "-5, -1",
    "0, -1",
    "7, 6",
    "0, 16384",
    "16384, 16384",
    "16384, 16383",
    "2147483647, 16383",
    "2147483648, 16383",
    "-2147483649, 16383",
    "4294967295, 16383",
    "4294967296, 16383",
    "9223372036854775807, 16383",
    "0, 4294967296",
    "0, 9223372036854775807",
    "-9223372036854775808, 9223372036854775807"
  })
  void aRangeOfSlotsThatThereAreNotIsNoTable(long from, long to) {
    assertThatThrownBy(() -> range(from, to))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("CLUSTER SLOTS");
  }
}
