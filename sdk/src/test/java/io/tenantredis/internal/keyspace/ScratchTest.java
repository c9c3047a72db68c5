package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScratchTest {

  private final Scratch scratch = new Scratch();

  private boolean parse(String bytes) {
    scratch.cleared().writeBytes(Fixtures.utf8(bytes.replace("|", "\r\n")));
    return scratch.parse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*1|$4|PING|",
        "*1|$0||",
        "*2|$3|GET|$0||",
        "*2|$3|GET|$10|0123456789|",
        "*10|$1|a|$1|b|$1|c|$1|d|$1|e|$1|f|$1|g|$1|h|$1|i|$1|j|",
        "*3|$0||$0||$0||"
      })
  void oneArrayOfBulkStringsIsACommand(String bytes) {
    assertThat(parse(bytes)).isTrue();
    assertThat(scratch.count()).isEqualTo(Integer.parseInt(bytes.substring(1, bytes.indexOf('|'))));
    assertThat(scratch.length()).isEqualTo(bytes.replace("|", "\r\n").length());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*",
        "*1",
        "*1\r",
        "*|",
        "*0|",
        "*-1|",
        "*01|$4|PING|",
        "*+1|$4|PING|",
        "*1 |$4|PING|",
        "*1\n$4|PING|",
        "*1\r\r$4|PING|",
        "$4|PING|",
        "PING|",
        "*1|",
        "*2|$4|PING|",
        "*1|$4|PING|x",
        "*1|$4|PING|*1|$4|PING|",
        "*1|$4|PIN|",
        "*1|$4|PINGX|",
        "*1|$3|PING|",
        "*1|$4|PING",
        "*1|$4|PING\r",
        "*1|$04|PING|",
        "*1|$-1|",
        "*1|$|PING|",
        "*1|+4|PING|",
        "*1|:4|PING|",
        "*1|$4\nPING|",
        "*1|$4:PING|",
        "*1|$a|PING|",
        "*a|$4|PING|",
        "*1/|$4|PING|",
        "*1|$:|0123456789|",
        "*1|$/|x|",
        "*1|$4|PING\r\r",
        "*1|$4|PING\n\n",
        "*1|$1000000000|x|",
        "*1000000000|$4|PING|",
        "*9999999|$4|PING|",
        "*1|$2147483647|x|",
        "*1|$999999999|x|",
        "*2|$3|GET|",
        "*2|$3|GET|$",
        "*2|$3|GET|$1",
        "*2|$3|GET|$1|",
        "*2|$3|GET|$1|a",
        "*2|$3|GET|$1|a\r",
        "*2|$3|GET|x1|a|"
      })
  void anythingElseIsNone(String bytes) {
    assertThat(parse(bytes)).isFalse();
  }

  @Test
  void whatWasReadBeforeIsNotTakenForACommand() {
    ByteBuf buffer = scratch.cleared();
    buffer.writeBytes(Fixtures.utf8("x*1\r\n$4\r\nPING\r\n")).skipBytes(1);
    assertThat(scratch.parse()).isFalse();
  }

  @Test
  void theArgumentsAreWhereTheyStand() {
    assertThat(parse("*3|$3|SET|$1|k|$5|value|")).isTrue();
    List<String> words = List.of("SET", "k", "value");
    for (int i = 0; i < 3; i++) {
      assertThat(new String(scratch.bytes(), scratch.start(i), scratch.end(i) - scratch.start(i)))
          .isEqualTo(words.get(i));
    }
    assertThat(scratch.isWord(0, Fixtures.utf8("SET"))).isTrue();
    assertThat(scratch.isWord(0, Fixtures.utf8("SEX"))).isFalse();
    assertThat(scratch.isWord(0, Fixtures.utf8("SE"))).isFalse();
    assertThat(scratch.startsWith(2, Fixtures.utf8("val"))).isTrue();
    assertThat(scratch.startsWith(2, Fixtures.utf8("value"))).isTrue();
    assertThat(scratch.startsWith(2, Fixtures.utf8("values"))).isFalse();
    assertThat(scratch.startsWith(1, Fixtures.utf8("k\r\n"))).isFalse();
    assertThat(scratch.startsWith(2, Fixtures.utf8("vaL"))).isFalse();
    assertThat(scratch.holds(2, 'v')).isTrue();
    assertThat(scratch.holds(2, 'e')).isTrue();
    assertThat(scratch.holds(1, '\r')).as("not what follows").isFalse();
    assertThat(scratch.holds(1, '\n')).as("not what stands before").isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "0,0,false",
    "1,1,true",
    "9,9,true",
    "10,10,true",
    "100,100,true",
    "999999999,999999999,true",
    "1000000000,-1,true",
    "01,-1,false",
    "-1,-1,false",
    "+1,-1,false",
    "1a,-1,false",
    "a1,-1,false",
    "/,-1,false",
    ":,-1,false",
    "1/,-1,false",
    "1:,-1,false",
    "'',-1,false",
    "12345678901234567890,-1,true"
  })
  void aNumberIsOneInCanonicalFormOnly(String text, int number, boolean positive) {
    assertThat(parse("*2|$1|x|$" + text.length() + "|" + text + "|")).isTrue();
    assertThat(scratch.number(1)).isEqualTo(number);
    assertThat(scratch.isPositive(1)).isEqualTo(positive);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 63, 64, 65, 200})
  void thereMayBeAnyNumberOfArgumentsAndNames(int count) {
    assertThat(parse("*" + count + "|" + "$1|a|".repeat(count))).isTrue();
    for (int i = 0; i < count; i++) {
      scratch.addName(i, i % 2 == 0 ? NameKind.KEY : NameKind.CHANNEL);
    }
    assertThat(scratch.names()).isEqualTo(count);
    for (int i = 0; i < count; i++) {
      assertThat(scratch.nameIndex(i)).isEqualTo(i);
      assertThat(scratch.nameKind(i)).isEqualTo(i % 2 == 0 ? NameKind.KEY : NameKind.CHANNEL);
    }
    assertThat(scratch.hasPattern()).isFalse();
    scratch.addName(0, NameKind.KEY_PATTERN);
    assertThat(scratch.hasPattern()).isTrue();
  }

  @Test
  void clearedItHoldsNothingOfTheCommandBefore() {
    parse("*1|$4|PING|");
    scratch.addName(0, NameKind.KEY);
    scratch.addCallFlags(CallFlags.ONCE);
    scratch.addCallFlags(CallFlags.BLOCKING);
    scratch.refuseOption("DB");
    scratch.noteRoutingKey(3, 5);
    scratch.noteRoutingKey(7, 9);
    assertThat(scratch.callFlags()).isEqualTo(CallFlags.ONCE | CallFlags.BLOCKING);
    assertThat(scratch.routingFrom()).as("the first").isEqualTo(3);
    assertThat(scratch.routingTo()).isEqualTo(5);
    assertThat(scratch.cleared().readableBytes()).isZero();
    assertThat(scratch.names()).isZero();
    assertThat(scratch.callFlags()).isZero();
    assertThat(scratch.refusedOption()).isNull();
    assertThat(scratch.routingFrom()).isZero();
    assertThat(scratch.routingTo()).isZero();
  }

  @Test
  void oneThatGrewLargeIsNotKept() {
    assertThat(scratch.isKept()).isTrue();
    ByteBuf buffer = scratch.cleared();
    buffer.writeZero(Scratch.MAX_KEPT_BYTES);
    assertThat(buffer.capacity()).isEqualTo(Scratch.MAX_KEPT_BYTES);
    assertThat(scratch.isKept()).isTrue();
    buffer.writeByte(0);
    assertThat(scratch.isKept()).isFalse();
    Scratch manyArguments = new Scratch();
    manyArguments.cleared().writeBytes(command(4096));
    assertThat(manyArguments.parse()).isTrue();
    assertThat(manyArguments.isKept()).isTrue();
    manyArguments.cleared().writeBytes(command(4097));
    assertThat(manyArguments.parse()).isTrue();
    assertThat(manyArguments.isKept()).isFalse();
  }

  private static byte[] command(int arguments) {
    return Fixtures.utf8("*" + arguments + "\r\n" + "$1\r\na\r\n".repeat(arguments));
  }

  /** Codecs that do not know the size of what they encode ask for a second buffer. */
  @Test
  void aSecondBufferIsLentToOneAtATimeAndComesBack() {
    ByteBuf own = scratch.cleared();
    ByteBuf second = own.alloc().buffer(8);
    ByteBuf third = own.alloc().buffer(8);
    assertThat(third).isNotSameAs(second);
    assertThat(own.alloc().directBuffer(8).isDirect()).isFalse();
    assertThat(own.alloc().isDirectBufferPooled()).isFalse();
    second.writeInt(7);
    assertThat(second.release()).isTrue();
    ByteBuf again = own.alloc().heapBuffer(8);
    assertThat(again).isSameAs(second);
    assertThat(again.readableBytes()).as("nothing is left in it").isZero();
    again.writeZero(Scratch.MAX_KEPT_BYTES);
    again.release();
    assertThat(own.alloc().heapBuffer(8)).isSameAs(second);
    second.writeZero(Scratch.MAX_KEPT_BYTES + 1);
    second.release();
    assertThat(own.alloc().heapBuffer(8)).as("it grew too large").isNotSameAs(second);
  }

  @Test
  void aPoolGivesAScratchBackToTheThreadThatGaveIt() {
    ScratchPool pool = new ScratchPool(1);
    Scratch first = pool.take();
    assertThat(pool.take()).as("in use").isNotSameAs(first);
    pool.give(first);
    assertThat(pool.take()).isSameAs(first);
    first.cleared().writeZero(Scratch.MAX_KEPT_BYTES + 1);
    pool.give(first);
    assertThat(pool.take()).as("it grew too large").isNotSameAs(first);
  }

  @Test
  void threadsHaveSlotsOfTheirOwn() throws InterruptedException {
    ScratchPool pool = new ScratchPool(64);
    Scratch[] mine = new Scratch[2];
    Thread[] threads = new Thread[2];
    // Consecutive ids: with 64 slots they do not collide.
    for (int i = 0; i < 2; i++) {
      int at = i;
      threads[i] = new Thread(() -> mine[at] = keptAfterOwnTake(pool));
    }
    for (Thread thread : threads) {
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(mine[0]).isNotNull().isNotSameAs(mine[1]);
    assertThat(new ScratchPool(0).take()).isNotNull();
    assertThat(new ScratchPool(1000).take()).isNotNull();
  }

  private static Scratch keptAfterOwnTake(ScratchPool pool) {
    Scratch scratch = pool.take();
    pool.give(scratch);
    return scratch == pool.take() ? scratch : null;
  }
}
