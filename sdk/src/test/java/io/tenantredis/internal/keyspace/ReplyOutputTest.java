package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.MultiOutput;
import io.tenantredis.PrefixMode;
import io.tenantredis.internal.keyspace.Fixtures.Recorder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What passes between the decoder and the application's output, event by event. */
class ReplyOutputTest {

  private final RecordingOutput target = new RecordingOutput();
  private final ReplyOutput<String, String, List<Object>> output = new ReplyOutput<>(target);

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(Fixtures.utf8(text));
  }

  private static List<Consumer<CommandOutput<?, ?, ?>>> events() {
    return List.of(
        to -> to.set(bytes("bulk")),
        to -> to.setSingle(bytes("status")),
        to -> to.setBigNumber(bytes("12")),
        to -> to.set(7),
        to -> to.set(1.5),
        to -> to.set(true),
        to -> to.multi(0),
        to -> to.multiArray(1),
        to -> to.multiPush(2),
        to -> to.multiMap(3),
        to -> to.multiSet(4),
        to -> to.setError(bytes("ERR inner")),
        to -> to.setError("ERR inner"),
        to -> to.complete(1));
  }

  private static final List<String> SEEN =
      List.of(
          "set bulk",
          "single status",
          "big 12",
          "long 7",
          "double 1.5",
          "boolean true",
          "multi 0",
          "array 1",
          "push 2",
          "map 3",
          "setof 4",
          "error ERR inner",
          "error ERR inner",
          "end 1");

  @Test
  void whatIsNoErrorOfTheWholeReplyIsPassedOn() {
    events().forEach(event -> event.accept(output));
    assertThat(target.events).isEqualTo(SEEN);
    assertThat(output.hasBegun()).isTrue();
    assertThat(output.isWithheld()).isFalse();
  }

  @Test
  void nothingReachesTheTargetOnceDetached() {
    output.detach();
    events().forEach(event -> event.accept(output));
    output.complete(0);
    output.release();
    assertThat(target.events).isEmpty();
    assertThat(output.hasBegun()).isFalse();
  }

  @Test
  void whoeverBeginsFirstKeepsTheTarget() {
    output.set(1);
    output.detach();
    output.set(2);
    assertThat(target.events).as("detached in the middle").containsExactly("long 1");
    assertThat(output.hasBegun()).isTrue();
  }

  @Test
  void eachAggregateWithElementsIsOneDeeper() {
    assertThat(output.depth()).isZero();
    output.multi(0);
    assertThat(output.depth()).isZero();
    output.multi(1);
    output.multiArray(1);
    output.multiPush(1);
    output.multiMap(1);
    output.multiSet(1);
    assertThat(output.depth()).isEqualTo(5);
    output.complete(2);
    assertThat(output.depth()).isEqualTo(2);
  }

  @Test
  void anErrorThatIsTheWholeReplyIsHeldUntilReleasedAndThenEnds() {
    output.setError(bytes("ERR whole"));
    output.complete(0);
    assertThat(target.events).isEmpty();
    assertThat(output.heldError()).isEqualTo("ERR whole");
    assertThat(output.hasError()).isTrue();
    assertThat(output.getError()).isEqualTo("ERR whole");
    output.release();
    assertThat(target.events).containsExactly("error ERR whole", "end 0");
  }

  @Test
  void anErrorWithoutATextIsAnEmptyOne() {
    output.setError((ByteBuffer) null);
    assertThat(output.heldError()).isEmpty();
  }

  @Test
  void withoutAnErrorTheTargetsIsAsked() {
    assertThat(output.hasError()).isFalse();
    assertThat(output.getError()).isNull();
  }

  @Test
  void theEndOfAReplyWithoutDataIsNotPassedOn() {
    output.complete(0);
    assertThat(target.events).isEmpty();
    output.set(1);
    output.complete(0);
    assertThat(target.events).containsExactly("long 1", "end 0");
  }

  @Test
  void theOutputOfExecEndsAtOnceAlsoWithAnError() {
    List<String> ends = new ArrayList<>();
    MultiOutput<String, String> exec =
        new MultiOutput<>(StringCodec.UTF8) {
          @Override
          public void complete(int depth) {
            ends.add("end " + depth);
          }
        };
    ReplyOutput<String, String, ?> output = new ReplyOutput<>(exec);
    output.setError("EXECABORT x");
    output.complete(0);
    assertThat(ends).containsExactly("end 0");
    output.release();
    assertThat(ends).as("not a second time").containsExactly("end 0");
    assertThat(exec.getError()).isEqualTo("EXECABORT x");
  }

  @Test
  void theStateIsShownWithoutTheData() {
    assertThat(output).hasToString("ReplyOutput[begun=false, error=false]");
    output.setError("s3cret");
    assertThat(output).hasToString("ReplyOutput[begun=false, error=true]");
    ReplyOutput<String, String, List<Object>> begun = new ReplyOutput<>(target);
    begun.set(1);
    assertThat(begun).hasToString("ReplyOutput[begun=true, error=false]");
  }

  /** Everything that a decoder can bring a name by. */
  @Test
  void aNameLosesItsPrefixAsWhateverItArrives() {
    Recorder recorder = new Recorder();
    Guard guard = Fixtures.guard(PrefixMode.PREFIX, recorder);
    CommandRule each = Fixtures.RULES.find("PUBSUB CHANNELS");
    NameReplyOutput<String, String, List<Object>> names =
        new NameReplyOutput<>(target, guard, each, 1);
    names.set(bytes("tenant:acme:a"));
    names.setSingle(bytes("tenant:acme:b"));
    names.setBigNumber(bytes("tenant:acme:1"));
    assertThat(target.events).containsExactly("set a", "single b", "big 1");
    assertThat(names.isWithheld()).isFalse();
  }

  @Test
  void onceAForeignNameWasWithheldNothingMoreIsPassedOn() {
    Recorder recorder = new Recorder();
    Guard guard = Fixtures.guard(PrefixMode.PREFIX, recorder);
    for (Consumer<CommandOutput<?, ?, ?>> foreign :
        List.<Consumer<CommandOutput<?, ?, ?>>>of(
            to -> to.set(bytes("other")),
            to -> to.setSingle(bytes("other")),
            to -> to.setBigNumber(bytes("other")))) {
      RecordingOutput target = new RecordingOutput();
      NameReplyOutput<String, String, List<Object>> names =
          new NameReplyOutput<>(target, guard, Fixtures.RULES.find("BLPOP"), 1);
      names.multi(2);
      foreign.accept(names);
      names.complete(1);
      assertThat(names.isWithheld()).isTrue();
      assertThat(names.isOpen()).isFalse();
      assertThat(names.heldError()).startsWith("VIOLATION");
      names.set(bytes("secret"));
      names.set((ByteBuffer) null);
      names.set(3);
      names.complete(1);
      names.complete(0);
      assertThat(target.events).containsExactly("multi 2");
      names.release();
      assertThat(target.events).hasSize(3).last().isEqualTo("end 0");
    }
    assertThat(recorder.violations).containsExactly("BLPOP 1", "BLPOP 1", "BLPOP 1");
  }

  /** One output goes over a transaction's QUEUED, and then over the reply. */
  @Test
  void theNextReplyIsCountedFromItsBeginning() {
    Recorder recorder = new Recorder();
    Guard guard = Fixtures.guard(PrefixMode.PREFIX, recorder);
    NameReplyOutput<String, String, List<Object>> names =
        new NameReplyOutput<>(target, guard, Fixtures.RULES.find("XREAD"), 1);
    String map = "%1|$13|tenant:acme:a|*1|*2|$13|tenant:acme:i|*2|$1|f|$1|v|";
    String list = "*1|*2|$13|tenant:acme:a|*1|*2|$13|tenant:acme:i|*2|$1|f|$1|v|";
    for (String reply : List.of(map, list, map, list)) {
      target.events.clear();
      Fixtures.decode(names, reply);
      assertThat(target.events).contains("set a", "set tenant:acme:i").doesNotContain("set i");
    }
    assertThat(recorder.violations).isEmpty();
  }

  @Test
  void aForeignNameThatWasLeftOutStillCountsAsAnElement() {
    Recorder recorder = new Recorder();
    Guard guard = Fixtures.guard(PrefixMode.PREFIX, recorder);
    NameReplyOutput<String, String, List<Object>> scan =
        new NameReplyOutput<>(target, guard, Fixtures.RULES.find("SCAN"), 1);
    Fixtures.decode(scan, "*2|$1|0|*2|$5|other|$13|tenant:acme:b|");
    assertThat(target.events)
        .containsExactly(
            "array 2", "set 0", "end 1", "array 2", "set b", "end 2", "end 1", "end 0");
    assertThat(scan.depth()).isZero();
    assertThat(recorder.violations).containsExactly("SCAN 1");
  }

  private String names(String command, String reply) {
    Guard guard = Fixtures.guard(PrefixMode.PREFIX, new Recorder());
    RecordingOutput target = new RecordingOutput();
    NameReplyOutput<String, String, List<Object>> names =
        new NameReplyOutput<>(target, guard, Fixtures.RULES.find(command), 1);
    Fixtures.decode(names, reply);
    return target.events.stream()
        .filter(event -> event.startsWith("set "))
        .map(event -> event.substring(4))
        .toList()
        .toString();
  }

  /** A name is one by its place, whatever else there reads like one. */
  @Test
  void whatStandsElsewhereKeepsItsPrefix() {
    String name = "$13|tenant:acme:a|";
    assertThat(names("XREAD", "*2|" + name + "*2|" + name + name))
        .as("a map sent as a list: keys and values in turns")
        .isEqualTo("[a, tenant:acme:a, tenant:acme:a]");
    assertThat(names("XREAD", "*1|*2|" + name + name)).isEqualTo("[a, tenant:acme:a]");
    assertThat(names("TS.INFO", "*4|$11|keySelfName|" + name + "$9|sourceKey|" + name))
        .isEqualTo("[keySelfName, a, sourceKey, a]");
    assertThat(names("TS.INFO", "*2|$6|labels|*1|*2|" + name + name))
        .isEqualTo("[labels, tenant:acme:a, tenant:acme:a]");
    assertThat(names("TS.INFO", "*2|$5|rules|*2|" + name + "*2|" + name + name))
        .as("a map sent as a list")
        .isEqualTo("[rules, a, tenant:acme:a, tenant:acme:a]");
    assertThat(names("TS.INFO", "*4|$5|rules|*0|$6|labels|*1|*2|" + name + name))
        .isEqualTo("[rules, labels, tenant:acme:a, tenant:acme:a]");
  }
}
