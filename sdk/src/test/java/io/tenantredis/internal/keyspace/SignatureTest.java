package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignatureTest {

  /** The names found, as {@code kind:word}; or {@code no} if the words do not match. */
  private static String names(String signature, String words) {
    List<String> all = new ArrayList<>(List.of("CMD"));
    if (!words.isEmpty()) {
      all.addAll(List.of(words.split(" ")));
    }
    Scratch scratch = new Scratch();
    scratch.cleared().writeBytes(Fixtures.encoded(Fixtures.command(all.toArray(String[]::new))));
    assertThat(scratch.parse()).isTrue();
    if (!SignatureParser.parse(signature).match(scratch, 1)) {
      return scratch.refusedOption() == null ? "no" : "refused " + scratch.refusedOption();
    }
    List<String> found = new ArrayList<>();
    for (int i = 0; i < scratch.names(); i++) {
      found.add(scratch.nameKind(i).word() + ":" + all.get(scratch.nameIndex(i)));
    }
    if ((scratch.callFlags() & CallFlags.BLOCKING) != 0) {
      found.add("blocking");
    }
    if ((scratch.callFlags() & CallFlags.ONCE) != 0) {
      found.add("once");
    }
    return String.join(" ", found);
  }

  @ParameterizedTest(name = "{0} on {1}")
  @CsvSource(
      ignoreLeadingAndTrailingWhitespace = true,
      emptyValue = "",
      value = {
        // single elements and their repetitions
        "'',                '',          ''",
        "'',                a,           no",
        "key,               a,           key:a",
        "key,               '',          no",
        "key,               a b,         no",
        "key .,             a b,         key:a",
        "key .,             a,           no",
        "key .,             a b c,       no",
        "key .?,            a,           key:a",
        "key .?,            a b,         key:a",
        "key .?,            a b c,       no",
        "key .*,            a,           key:a",
        "key .*,            a b c,       key:a",
        "key .+,            a,           no",
        "key .+,            a b,         key:a",
        "key+,              '',          no",
        "key+,              a b,         key:a key:b",
        "key*,              '',          ''",
        "key? .,            a,           ''",
        "key? .,            a b,         key:a",
        "key+ .,            a,           no",
        "key+ .,            a b,         key:a",
        "key+ .,            a b c,       key:a key:b",
        ". key key+,        AND d a b,   key:d key:a key:b",
        "channel .,         a b,         channel:a",
        "name*,             a b,         name:a name:b",
        // literals, in any case, and only where the grammar has them
        "A key,             A b,         key:b",
        "A key,             a b,         key:b",
        "A key,             x b,         no",
        "A key,             A,           no",
        // optional pieces
        "key [ A key ] .,   k A b v,     key:k key:b",
        "key [ A key ] .,   k v,         key:k",
        "key [ A key ] .,   k A v,       no",
        "key [ . . ],       k a b,       key:k",
        "key [ . . ],       k a,         no",
        // alternatives
        "{ A key | B . },   A x,         key:x",
        "{ A key | B . },   b x,         ''",
        "{ A key | B . },   C x,         no",
        "{ A key | B . },   '',          no",
        "{ A key | B . }?,  '',          ''",
        "{ A key | B . }?,  A x B y,     no",
        "{ A key | B . }*,  A x B y A z, key:x key:z",
        "{ A key | B . }*,  A B B A,     key:B",
        "{ A key | B . }*,  x,           no",
        "{ A key | B . }*,  A,           no",
        "{ A . | #key },    A x,         ''",
        "{ A . | #key },    1 x,         key:x",
        "{ A . | #key },    x,           no",
        // counted lists
        "#key .*,           0,           ''",
        "#key .*,           0 a,         ''",
        "#key .*,           2 a b c,     key:a key:b",
        "#key .*,           2 a,         no",
        "#key .*,           -1 a,        no",
        "#key .*,           +1 a,        no",
        "#key .*,           01 a,        no",
        "#key .*,           1.0 a,       no",
        "#key .*,           x a,         no",
        "#key .*,           9999999999 a, no",
        "#(key .),          2 a 1 b 2,   key:a key:b",
        "#(key .),          2 a 1 b,     no",
        "#. key,            1 a b,       key:b",
        // groups
        "(key .)+,          a 1 b 2,     key:a key:b",
        "(key .)+,          a 1 b,       no",
        "(key .)+,          '',          no",
        "(key .)*,          '',          ''",
        "(A key)* .,        A x A y z,   key:x key:y",
        // half
        "S half(key),       S a b 1 2,   key:a key:b",
        "S half(key),       S a b 1,     no",
        "S half(key),       S,           no",
        // attributes
        "{ A^blocking . | B^once }*, A 1, blocking",
        "{ A^blocking . | B^once }*, A B, blocking",
        "{ A^blocking . | B^once }*, B,   once",
        "key { A^refused . | B }*,   k A 1, refused A",
        "key { A^refused . | B }*,   k B, key:k",
        "{ X | .^once },    X,           ''",
        "{ X | .^once },    Y,           once",
        "positive,          17,          ''",
        "positive,          0,           once",
        "positive,          -1,          once",
        "positive,          12345678901234567890, ''",
      })
  void names_are_found_by_position(String signature, String words, String expected) {
    assertThat(names(signature, words)).isEqualTo(expected);
  }

  @Test
  void a_word_is_never_searched_for() {
    String xreadgroup = "{ GROUP . . | COUNT . | BLOCK^blocking . | NOACK }* STREAMS half(key)";
    assertThat(names(xreadgroup, "GROUP STREAMS c STREAMS k >")).isEqualTo("key:k");
    assertThat(names(xreadgroup, "GROUP g STREAMS COUNT 1 STREAMS STREAMS >"))
        .isEqualTo("key:STREAMS");
    String radius = "key . . . { WITHDIST | COUNT . | STORE^once key }*";
    assertThat(names(radius, "k STORE 10 km")).isEqualTo("key:k");
    assertThat(names(radius, "k STORE 10 km STORE d")).isEqualTo("key:k key:d once");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kez",
        "key)",
        "(key",
        "(key)",
        "( )+",
        "[ ]",
        "[ key",
        "{ A | }",
        "{ . }*",
        "{ . | A }",
        "{ A | A }",
        "#",
        "#kez",
        "half(.)",
        "half key",
        "Key",
        "\"\"",
        "\"a",
        "A^",
        "A^never",
        "key ^once",
        "|",
        "key+^once",
        "#( .* )"
      })
  void a_text_that_is_no_signature_is_refused_with_the_position(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SignatureParser.parse(text))
        .withMessageContaining("at position")
        .withMessageContaining("signature");
  }

  @Test
  void the_text_is_kept() {
    assertThat(SignatureParser.parse(" key { A | B }* ")).hasToString("key { A | B }*");
  }
}
