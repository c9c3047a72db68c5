package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tenantredis.PrefixMode;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What signatures do at the end of the arguments, each piece by itself and inside others. */
class SignatureEdgesTest {

  /** The names found, as words; {@code no} if the words do not match. */
  private static String names(String signature, String words) {
    String[] all = ("CMD SUB " + words).trim().split(" ");
    Scratch scratch = new Scratch();
    scratch.cleared().writeBytes(Fixtures.encoded(Fixtures.command(all)));
    assertThat(scratch.parse()).isTrue();
    if (!SignatureParser.parse(signature).match(scratch, 2)) {
      return "no";
    }
    StringBuilder found = new StringBuilder();
    for (int i = 0; i < scratch.names(); i++) {
      found.append(i == 0 ? "" : " ").append(all[scratch.nameIndex(i)]);
    }
    return found.toString();
  }

  @ParameterizedTest(name = "{0} on {1}")
  @CsvSource(
      ignoreLeadingAndTrailingWhitespace = true,
      emptyValue = "",
      value = {
        // behind a command of two words
        "key,                  a,            a",
        "key,                  '',           no",
        "key,                  a b,          no",
        "key+,                 '',           no",
        "key+,                 a,            a",
        "key .,                a,            no",
        "key . .,              a b c,        a",
        "key . .,              a b,          no",
        "key .+,               a,            no",
        "key .*,               a,            a",
        "'',                   '',           ''",
        "'',                   a,            no",
        // literals
        "A key,                a b,          b",
        "A key,                a,            no",
        "A key,                '',           no",
        "A key,                b b,          no",
        "key A,                a,            no",
        // numbers
        "positive key,         1 a,          a",
        "positive,             '',           no",
        "positive .?,          '',           no",
        // counted lists
        "#key,                 '',           no",
        "#key,                 0,            ''",
        "#key,                 1,            no",
        "#key,                 1 a,          a",
        "#key,                 2 a,          no",
        "#key,                 2 a b,        a b",
        "#key,                 1 a b,        no",
        "#key .*,              1 a b,        a",
        "#key .*,              2 a b c,      a b",
        "#key .*,              3 a b,        no",
        "#(key .),             1 a x,        a",
        "#(key .),             2 a x b y,    a b",
        "#(key .),             2 a x b,      no",
        "#(key .),             1 a,          no",
        "#(key .) .*,          1 a x y,      a",
        "#(key A) .*,          1 a b,        no",
        "#(key A) .*,          2 a a b a,    a b",
        "#(key A) .*,          2 a a b b,    no",
        "#key,                 x a,          no",
        "#key,                 -1 a,         no",
        // groups
        "(key .)+,             a x,          a",
        "(key .)+,             a x b y,      a b",
        "(key .)+,             a x b,        no",
        "(key .)+,             '',           no",
        "(key .)*,             '',           ''",
        "(key .)*,             a,            no",
        "(A key)+ .,           a b x,        b",
        "(A key)+ .,           a b a c x,    b c",
        "(A key)+ .,           x,            no",
        "(A key)* .,           x,            ''",
        "(A key)* .,           a b x,        b",
        "(A key)* .*,          a,            no",
        "(A key)+ .*,          a b,          b",
        "[ (A .)+ key ],       a x b,        b",
        "[ (A .)+ key ],       '',           ''",
        "[ (A .)+ key ],       x b,          no",
        // optional pieces
        "[ A key ] .*,         a b,          b",
        "[ A key ] .*,         x b,          ''",
        "[ key . ],            a x,          a",
        "[ key . ],            a,            no",
        "[ key . ],            '',           ''",
        // alternatives
        "{ A key | B . },      a b,          b",
        "{ A key | B . },      b b,          ''",
        "{ A key | B . },      c b,          no",
        "{ A key | B . },      '',           no",
        "{ A key | B . }?,     '',           ''",
        "{ A key | B . }?,     a b a c,      no",
        "{ A key | B . }*,     a b a c,      b c",
        "{ A key | B . }*,     a b b a a c,  b c",
        "{ A key | B . }*,     a,            no",
        "{ A key | . },        x,            ''",
        "{ A key | . },        '',           no",
        "{ A key | key },      b,            b",
        "{ A key | key },      a c,          c",
        "{ A . . | key } .,    b x,          b",
        "{ A . . | key } .,    b,            no",
        "{ A . . | key } .,    a x y z,      ''",
        "{ A . . | key } .,    a x y,        no",
        // halves
        "A half(key),          a b c,        b",
        "A half(key),          a b c d e,    b c",
        "A half(key),          a,            no",
        "A half(key),          a b,          no",
        "A half(key),          a b c d,      no",
        // what follows a greedy piece keeps its arguments
        "key+ .,               a x,          a",
        "key+ .,               a,            no",
        "key+ . .,             a b x y,      a b",
        "key* .,               x,            ''",
        "key* .,               '',           no",
        ". key* .,             x a y,        a",
        "key? .,               x,            ''",
        "key? .,               a x,          a",
        "key+ A,               a a,          a",
        "key+ A,               a b,          no",
      })
  void names_are_found_by_position(String signature, String words, String expected) {
    assertThat(names(signature, words)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "key, true, false",
    "., false, false",
    ".*, false, false",
    "key*, true, false",
    "A, false, false",
    "#key, true, false",
    "#., false, false",
    "(. key)+, true, false",
    "(. .)*, false, false",
    "[ A key ], true, false",
    "[ A . ], false, false",
    "{ A | B key }, true, false",
    "{ A | B . }?, false, false",
    "half(key), true, false",
    "half(channel), false, true",
    "positive, false, false",
    "channel+, false, true",
    "#channel, false, true",
    "'', false, false"
  })
  void a_signature_mentions_what_stands_in_it(String text, boolean keys, boolean channels) {
    Signature signature = SignatureParser.parse(text);
    assertThat(signature.mentions(NameKind.KEY)).isEqualTo(keys);
    assertThat(signature.mentions(NameKind.CHANNEL)).isEqualTo(channels);
    assertThat(signature.mentions(NameKind.INDEX)).isFalse();
    assertThat(signature).hasToString(text);
    assertThat(signature.root()).isNotNull();
    assertThat(signature.takesNothing()).isEqualTo(text.isEmpty());
  }

  @Test
  void attributes_are_added_up() {
    Scratch scratch = new Scratch();
    scratch
        .cleared()
        .writeBytes(Fixtures.encoded(Fixtures.command("CMD", "a", "b", "c", "d", "e")));
    assertThat(scratch.parse()).isTrue();
    Signature signature =
        SignatureParser.parse("{ A^once^blocking | B^step | C^bare | D^step | E^once }*");
    assertThat(signature.match(scratch, 1)).isTrue();
    assertThat(scratch.callFlags())
        .isEqualTo(
            CallFlags.ONCE
                | CallFlags.BLOCKING
                | CallFlags.BARE
                | CallFlags.step(0)
                | CallFlags.step(1));
    Scratch refusing = new Scratch();
    refusing.cleared().writeBytes(Fixtures.encoded(Fixtures.command("CMD", "a")));
    assertThat(refusing.parse()).isTrue();
    assertThat(SignatureParser.parse("A^once^refused").match(refusing, 1)).isFalse();
    assertThat(refusing.refusedOption()).isEqualTo("A");
    assertThat(refusing.callFlags()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "'key \"\"',          a quoted literal has no end or is empty at position 4",
    "'key \"a',           a quoted literal has no end or is empty at position 4",
    "'key )',             unexpected ')' at position 4",
    "'key %',             unexpected '%' at position 4",
    "'Abc',               a literal is written in upper case: Abc at position 3",
    "'kez',               no such kind of argument: 'kez' at position 3",
    "'A^nix',             no such attribute: nix at position 5",
    "'(.)',               a group needs + or * behind it at position 3",
    "'(.*)+',             a repeated group must take at least one argument at position 4",
    "'[ .* ]',            an optional piece must take at least one argument when it is there at position 6",
    "'{ A | A }',         two alternatives begin with A at position 8",
    "'{ . | A }',         only the last alternative may begin with anything but a literal word at position 8",
    "'{ A | .* }',        an alternative must take at least one argument at position 9",
    "'{ A | . }*',        an alternative that repeats must begin with a literal word at position 10",
    "'#(.*)',             a counted group must take at least one argument at position 5",
    "'half(key',          expected ')' at position 8",
    "'half key',          expected '(' at position 4",
    "'{ A',               expected '}' at position 3",
    "'#',                 no such kind of argument: '' at position 1"
  })
  void a_mistake_is_reported_with_its_position(String text, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SignatureParser.parse(text))
        .withMessage(message + " of signature '" + text + "'");
  }

  @Test
  void a_quoted_literal_may_be_anything() {
    assertThat(names("\"0\" key", "0 a")).isEqualTo("a");
    assertThat(names("\"0\" key", "1 a")).isEqualTo("no");
    assertThat(names("\"a b\"", "0")).isEqualTo("no");
    assertThat(names("{ \"0\" | #key }", "0")).isEmpty();
    assertThat(names("{ \"0\" | #key }", "1 a")).isEqualTo("a");
  }

  @Test
  void a_rule_is_shown_with_its_grammar_and_flags() {
    CommandRule rule = Fixtures.RULES.find("XREAD");
    assertThat(rule).hasToString("XREAD { COUNT . | BLOCK^blocking^once . }* STREAMS half(key)");
    assertThat(rule.mayBlock()).isTrue();
    assertThat(rule.flags())
        .containsExactlyInAnyOrder(CommandRule.Flag.READ, CommandRule.Flag.IDEMPOTENT);
    assertThat(rule.hasKeys()).isTrue();
    assertThat(Fixtures.RULES.find("KEYS")).hasToString("KEYS refused");
    assertThat(Fixtures.RULES.find("GET").mayBlock()).isFalse();
    assertThat(Fixtures.RULES.find("BLPOP").mayBlock()).isTrue();
    assertThat(Fixtures.RULES.find("KEYS").mayBlock()).isFalse();
    assertThat(Fixtures.RULES.find("PING").hasKeys()).isFalse();
    assertThat(Fixtures.RULES.find("KEYS").hasKeys()).isFalse();
    CommandRule own =
        CommandRules.of(List.of("MYMOD.GET | generic | m 1 | key | - | read |")).find("MYMOD.GET");
    assertThat(own.type().getBytes()).isEqualTo(Fixtures.utf8("MYMOD.GET"));
    assertThat(own.words()).isEqualTo(1);
    assertThat(Fixtures.RULES.find("XGROUP CREATE").words()).isEqualTo(2);
  }

  @Test
  void words_are_found_however_many_share_the_table() {
    List<String> rows =
        IntStream.range(0, 300)
            .mapToObj(i -> "C" + i + " | generic | 1 | key | - | read |")
            .toList();
    CommandRules rules = CommandRules.of(rows);
    Guard guard =
        new Guard(
            Fixtures.ACME,
            Fixtures.prefixOf("t:{tenant}:", "acme"),
            PrefixMode.PREFIX,
            rules,
            GuardListener.NONE);
    for (int i = 0; i < 300; i++) {
      assertThat(guard.guard(Fixtures.command("c" + i, "k")).name()).isEqualTo("C" + i);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> rules.with(List.of("C17 SUB | generic | 1 | key | - | read |")));
    assertThat(rules.find("C300")).isNull();
    assertThat(CommandTable.shipped()).hasSizeGreaterThan(600);
  }
}
