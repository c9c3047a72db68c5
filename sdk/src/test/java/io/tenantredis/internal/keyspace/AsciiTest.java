package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AsciiTest {

  @ParameterizedTest
  @CsvSource({"97,65", "122,90", "96,96", "123,123", "65,65", "-33,-33", "-1,-1", "48,48"})
  void only_the_letters_of_ascii_have_a_case(byte given, byte upper) {
    assertThat(Ascii.upper(given)).isEqualTo(upper);
  }

  @Test
  void what_is_shown_is_upper_case_and_printable() {
    byte[] bytes = {'x', 'a', ' ', '!', '~', 127, -1, 'z', 'y'};
    assertThat(Ascii.shown(bytes, 1, 8)).isEqualTo("A?!~??Z");
    assertThat(Ascii.shown(bytes, 3, 3)).isEmpty();
  }

  @Test
  void what_is_shown_is_short() {
    byte[] bytes = Fixtures.utf8("-" + "k".repeat(33));
    assertThat(Ascii.shown(bytes, 1, 33)).isEqualTo("K".repeat(32));
    assertThat(Ascii.shown(bytes, 1, 34)).isEqualTo("K".repeat(32) + "...");
  }
}
