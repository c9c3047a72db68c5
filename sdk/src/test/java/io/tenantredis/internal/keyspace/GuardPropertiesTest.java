package io.tenantredis.internal.keyspace;

import static io.tenantredis.internal.keyspace.Fixtures.ACME;
import static io.tenantredis.internal.keyspace.Fixtures.arguments;
import static io.tenantredis.internal.keyspace.Fixtures.encoded;
import static io.tenantredis.internal.keyspace.Fixtures.prefixOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.CommandRefusedException;
import io.tenantredis.PrefixMode;
import io.tenantredis.RefusalReason;
import io.tenantredis.internal.keyspace.ArgumentLists.Argument;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;

/**
 * Properties of the guard over argument lists that are generated from the shipped table's own
 * signatures, and over noise.
 */
class GuardPropertiesTest {

  private static final String TEMPLATE = "t[1]{tenant}:";
  private static final String PREFIX = "t[1]acme:";
  private static final String GLOB_PREFIX = "t\\[1\\]acme:";

  private final Guard guard =
      new Guard(
          ACME,
          prefixOf(TEMPLATE, "acme"),
          PrefixMode.PREFIX,
          CommandRules.standard(),
          GuardListener.NONE);
  private final Guard require =
      new Guard(
          ACME,
          prefixOf(TEMPLATE, "acme"),
          PrefixMode.REQUIRE,
          CommandRules.standard(),
          GuardListener.NONE);

  record Call(CommandRule rule, List<Argument> arguments) {

    List<String> name() {
      return List.of(rule.name().split(" "));
    }

    String[] words() {
      List<String> words = new ArrayList<>(name());
      arguments.forEach(argument -> words.add(argument.word()));
      return words.toArray(String[]::new);
    }

    /** What must be sent, computed the plain way. */
    List<String> expected(boolean insert) {
      List<String> words = new ArrayList<>(name());
      arguments.forEach(argument -> words.add(insert ? prefixed(argument) : argument.word()));
      boolean pattern =
          arguments.stream()
              .anyMatch(argument -> argument.kind() != null && argument.kind().isPattern());
      if (rule.isScoped() && !pattern) {
        if (rule.hasMatch()) {
          words.add("MATCH");
        }
        words.add(GLOB_PREFIX + "*");
      }
      return words;
    }

    private static String prefixed(Argument argument) {
      NameKind kind = argument.kind();
      if (kind == null || (kind == NameKind.LOOKUP && !argument.word().contains("*"))) {
        return argument.word();
      }
      return (kind.isPattern() ? GLOB_PREFIX : PREFIX) + argument.word();
    }
  }

  @Provide
  Arbitrary<Call> calls() {
    List<CommandRule> allowed =
        CommandRules.standard().all().stream().filter(rule -> !rule.isRefused()).toList();
    return Arbitraries.of(allowed)
        .flatMap(
            rule ->
                ArgumentLists.matching(rule.grammar()).map(arguments -> new Call(rule, arguments)));
  }

  @Property(seed = "1", tries = 5_000, shrinking = ShrinkingMode.BOUNDED)
  void exactly_the_names_get_the_prefix(@ForAll("calls") Call call) {
    byte[] wire;
    try {
      wire = encoded(guard.guard(Fixtures.command(call.words())));
    } catch (CommandRefusedException refused) {
      assertThat(call.rule().name()).as(refused.getMessage()).isIn(ArgumentLists.AMBIGUOUS);
      return;
    }
    assertThat(arguments(wire)).extracting(Fixtures::text).isEqualTo(call.expected(true));
  }

  @Property(seed = "1", tries = 3_000, shrinking = ShrinkingMode.BOUNDED)
  void in_require_mode_what_prefix_mode_sends_is_sent_and_the_relative_call_is_refused(
      @ForAll("calls") Call call) {
    if (ArgumentLists.AMBIGUOUS.contains(call.rule().name())) {
      return;
    }
    List<String> whole = call.expected(true);
    List<byte[]> sent =
        arguments(encoded(require.guard(Fixtures.command(whole.toArray(String[]::new)))));
    assertThat(sent).extracting(Fixtures::text).isEqualTo(whole);
    boolean foreign =
        call.arguments().stream()
            .anyMatch(
                argument ->
                    argument.kind() != null
                        && !Call.prefixed(argument).equals(argument.word())
                        && !argument
                            .word()
                            .startsWith(argument.kind().isPattern() ? GLOB_PREFIX : PREFIX));
    if (foreign) {
      assertThat(refusal(require, call.words())).isEqualTo(RefusalReason.FOREIGN_NAME);
    }
  }

  @Property(seed = "1", tries = 2_000)
  void cutting_an_argument_off_or_adding_one_never_moves_the_prefix_to_something_else(
      @ForAll("calls") Call call, @ForAll boolean cut) {
    List<String> words = new ArrayList<>(List.of(call.words()));
    if (cut && !call.arguments().isEmpty()) {
      words.remove(words.size() - 1);
    } else {
      words.add("extra");
    }
    try {
      List<byte[]> sent =
          arguments(encoded(guard.guard(Fixtures.command(words.toArray(String[]::new)))));
      assertThat(sent).hasSizeGreaterThanOrEqualTo(words.size());
    } catch (CommandRefusedException refused) {
      assertThat(refused.reason()).isIn(RefusalReason.SYNTAX, RefusalReason.OPTION);
    }
  }

  @Property(seed = "1", tries = 2_000)
  void noise_as_arguments_is_confined_or_refused(
      @ForAll("names") String name, @ForAll("noise") List<String> noise) {
    List<String> words = new ArrayList<>(List.of(name.split(" ")));
    words.addAll(noise);
    try {
      guard.guard(Fixtures.command(words.toArray(String[]::new)));
    } catch (CommandRefusedException refused) {
      assertThat(refused.reason()).isNotNull();
    }
  }

  @Provide
  Arbitrary<String> names() {
    return Arbitraries.of(CommandRules.standard().all().stream().map(CommandRule::name).toList());
  }

  @Provide
  Arbitrary<List<String>> noise() {
    return Arbitraries.of(
            "",
            "0",
            "1",
            "2",
            "-1",
            "99999999999",
            "STREAMS",
            "STORE",
            "BY",
            "GET",
            "MATCH",
            "PREFIX",
            "LIMIT",
            "*",
            "x")
        .list()
        .ofMaxSize(8);
  }

  @Property(seed = "1", tries = 8_000)
  void whatever_bytes_a_command_encodes_to_only_a_refusal_comes_out(@ForAll("wires") byte[] wire) {
    try {
      byte[] sent = encoded(guard.guard(Fixtures.raw(wire)));
      assertThat(arguments(sent)).isNotEmpty();
    } catch (CommandRefusedException refused) {
      assertThat(refused.reason()).isNotNull();
    }
  }

  /**
   * Pieces of the protocol in any order, and whole commands with one byte changed, cut or doubled.
   */
  @Provide
  Arbitrary<byte[]> wires() {
    Arbitrary<String> piece =
        Arbitraries.of(
            "*",
            "$",
            "\r\n",
            "\r",
            "\n",
            "0",
            "1",
            "2",
            "3",
            "-1",
            "GET",
            "$3\r\nGET\r\n",
            "*2\r\n",
            "$1\r\na\r\n",
            "+OK\r\n",
            ":1\r\n",
            "2147483647",
            "PING",
            "\u0000");
    Arbitrary<byte[]> pieces =
        piece.list().ofMaxSize(12).map(list -> Fixtures.utf8(String.join("", list)));
    Arbitrary<byte[]> anything = Arbitraries.bytes().array(byte[].class).ofMaxSize(40);
    Arbitrary<byte[]> damaged =
        Combinators.combine(
                calls(),
                Arbitraries.integers().between(0, 2),
                Arbitraries.integers().between(0, 1 << 20),
                Arbitraries.bytes())
            .as(
                (call, how, where, value) ->
                    damage(encoded(Fixtures.command(call.words())), how, where, value));
    return Arbitraries.frequencyOf(
        Tuple.of(3, damaged), Tuple.of(2, pieces), Tuple.of(1, anything));
  }

  private static byte[] damage(byte[] wire, int how, int where, byte value) {
    int at = where % wire.length;
    ByteArrayOutputStream damaged = new ByteArrayOutputStream();
    damaged.write(wire, 0, at);
    if (how == 0) {
      damaged.write(value);
    } else if (how == 1) {
      damaged.write(wire[at]);
      damaged.write(value);
    }
    damaged.write(wire, at + 1, wire.length - at - 1);
    return damaged.toByteArray();
  }

  private static RefusalReason refusal(Guard guard, String... words) {
    try {
      guard.guard(Fixtures.command(words));
      throw new AssertionError("was not refused");
    } catch (CommandRefusedException refused) {
      return refused.reason();
    }
  }
}
