package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AbsenceOutputTest {

  private final RecordingOutput target = new RecordingOutput();
  private final AbsenceOutput<String, String, List<Object>> output = new AbsenceOutput<>(target);

  /** What an ordinary output passes on. */
  private static List<String> plain(String reply) {
    RecordingOutput target = new RecordingOutput();
    ReplyOutput<String, String, List<Object>> output = new ReplyOutput<>(target);
    Fixtures.decode(output, reply);
    output.release();
    return target.events;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$-1|",
        "_|",
        "*-1|",
        "*0|",
        "%0|",
        "~0|",
        ":0|",
        ":-2|",
        "+none|",
        "$0||",
        "*1|$-1|",
        "*3|$-1|_|*-1|",
        "*2|*0|$-1|"
      })
  void whatAnAbsentKeyGivesIsHeldBackUntilItIsReleased(String reply) {
    Fixtures.decode(output, reply);
    assertThat(target.events).isEmpty();
    assertThat(output.hasBegun()).isFalse();
    assertThat(output.absence("ANY")).isEqualTo(Absence.POSSIBLE);
    output.release();
    assertThat(target.events).isEqualTo(plain(reply));
    assertThat(output.absence("ANY")).isEqualTo(Absence.NO);
    output.release();
    assertThat(target.events).as("once").isEqualTo(plain(reply));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ":1|",
        ":-1|",
        "$1|x|",
        "+set|",
        "+OK|",
        ",0|",
        "#f|",
        "(0|",
        "*1|:0|",
        "*1|$0||",
        "*1|+none|",
        "*3|$-1|$1|x|$-1|",
        "*2|$-1|*1|$-1|",
        "%1|$1|a|$-1|",
        "~1|$1|a|",
        "*2|$-1|(7|",
        "*2|$-1|,7|",
        "*2|$-1|#t|",
        "*2|$-1|-ERR x|",
        "*2|$-1|+OK|",
        "*2|$1|x|*0|"
      })
  void whatIsThereGoesOnWithWhatStoodBeforeIt(String reply) {
    Fixtures.decode(output, reply);
    assertThat(target.events).isEqualTo(plain(reply));
    assertThat(output.hasBegun()).isTrue();
    assertThat(output.absence("GET")).isEqualTo(Absence.NO);
    output.release();
    assertThat(target.events).isEqualTo(plain(reply));
  }

  @ParameterizedTest
  @CsvSource({
    "GET, $-1|, CERTAIN",
    "GET, $0||, POSSIBLE",
    "GET, $4|none|, POSSIBLE",
    "GETRANGE, $0||, POSSIBLE",
    "HGET, $-1|, POSSIBLE",
    "TYPE, +none|, CERTAIN",
    "EXISTS, :0|, CERTAIN",
    "HGETALL, *0|, CERTAIN",
    "HGETALL, %0|, CERTAIN",
    "STRLEN, :0|, POSSIBLE",
    "TTL, :-2|, POSSIBLE",
  })
  void aReplyIsCertainOnlyWhereNothingThatExistsGivesIt(
      String command, String reply, Absence absence) {
    Fixtures.decode(output, reply);
    assertThat(output.absence(command)).isEqualTo(absence);
  }

  @Test
  void anErrorSaysNothingOfTheKey() {
    Fixtures.decode(output, "-WRONGTYPE x|");
    assertThat(output.absence("GET")).isEqualTo(Absence.NO);
    assertThat(target.events).isEmpty();
    output.release();
    assertThat(target.events).containsExactly("error WRONGTYPE x", "end 0");
  }

  @Test
  void aDetachedOutputReleasesNothing() {
    Fixtures.decode(output, "$-1|");
    output.detach();
    output.release();
    assertThat(target.events).isEmpty();
  }

  @Test
  void withoutAReplyNothingIsKnown() {
    assertThat(output.absence("GET")).isEqualTo(Absence.NO);
    output.release();
    assertThat(target.events).isEmpty();
    CommandOutput<String, String, List<Object>> same = output.target();
    assertThat(same).isSameAs(target);
  }

  /** Each event of a decoder, also those that Lettuce's own does not use. */
  @Test
  void everyEventIsHeldOrPassedOn() {
    output.multi(1);
    output.set((ByteBuffer) null);
    output.complete(1);
    assertThat(target.events).isEmpty();
    assertThat(output.depth()).isEqualTo(1);
    output.multiMap(1);
    output.multiSet(2);
    output.multi(3);
    output.multiArray(4);
    output.setSingle(ByteBuffer.wrap(Fixtures.utf8("OK")));
    output.setError("ERR inner");
    assertThat(target.events)
        .containsExactly(
            "multi 1",
            "set null",
            "end 1",
            "map 1",
            "setof 2",
            "multi 3",
            "array 4",
            "single OK",
            "error ERR inner");
  }

  @Test
  void aStatusByItselfIsPassedOn() {
    output.setSingle(ByteBuffer.wrap(Fixtures.utf8("OK")));
    output.complete(0);
    assertThat(target.events).containsExactly("single OK", "end 0");
  }
}
