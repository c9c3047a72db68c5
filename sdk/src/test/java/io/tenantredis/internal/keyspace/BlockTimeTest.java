package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How long blocking commands may wait, as their arguments say. */
class BlockTimeTest {

  private static long nanos(String commandLine) {
    String[] words = commandLine.split(" ");
    List<byte[]> arguments =
        Arrays.stream(words).skip(1).map(word -> word.getBytes(StandardCharsets.UTF_8)).toList();
    return BlockTime.nanos(words[0], arguments);
  }

  @Test
  void theTimeIsFoundByItsPlaceInTheGrammar() {
    Stream.of(
            "BLPOP 9 8 1.5",
            "BRPOP 9 1.5",
            "BZPOPMIN 9 1.5",
            "BZPOPMAX 9 1.5",
            "BRPOPLPUSH 9 8 1.5",
            "BLMOVE 9 8 LEFT RIGHT 1.5",
            "BLMPOP 1.5 1 9 LEFT",
            "BZMPOP 1.5 1 9 MIN",
            "WAIT 9 1500",
            "WAITAOF 1 9 1500",
            "XREAD COUNT 9 BLOCK 1500 STREAMS BLOCK 8",
            "XREADGROUP GROUP BLOCK 7 NOACK block 1500 STREAMS s >")
        .forEach(
            line -> assertThat(nanos(line)).as(line).isEqualTo(Duration.ofMillis(1500).toNanos()));
  }

  @Test
  void zeroWaitsUntilSomethingHappens() {
    assertThat(nanos("BLPOP 1 0")).isEqualTo(BlockTime.UNBOUNDED);
    assertThat(nanos("BLMPOP 0.0 1 9 LEFT")).isEqualTo(BlockTime.UNBOUNDED);
    assertThat(nanos("XREAD BLOCK 0 STREAMS s 0")).isEqualTo(BlockTime.UNBOUNDED);
  }

  @Test
  void whatTheServerRefusesAddsNothing() {
    assertThat(nanos("BLPOP 1 x")).isZero();
    assertThat(nanos("BLPOP 1 -1")).isZero();
    assertThat(nanos("XREAD BLOCK x STREAMS s 0")).isZero();
    assertThat(nanos("XREAD STREAMS BLOCK 9")).isZero();
  }

  @Test
  void everyBlockingCommandOfTheTableIsNamed() {
    assertThat(CommandRules.standard().blockingNames())
        .contains("BLPOP", "BLMPOP", "XREAD", "XREADGROUP", "WAIT", "WAITAOF", "BZMPOP", "TS.READ");
  }
}
