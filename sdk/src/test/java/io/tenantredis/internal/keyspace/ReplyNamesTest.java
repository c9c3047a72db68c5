package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tenantredis.internal.keyspace.ReplyNames.Place;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyNamesTest {

  @ParameterizedTest
  @CsvSource({
    "-,NOWHERE,false",
    "each,EACH,true",
    "first,FIRST,true",
    "scan,SCAN,true",
    "entries,ENTRIES,true",
    "pairs,PAIRS,true",
    "search,SEARCH,true",
    "tsinfo,SERIES,true",
    "pubsub,MESSAGES,false"
  })
  void a_word_names_a_place(String word, Place place, boolean any) {
    ReplyNames names = ReplyNames.parse(word);
    assertThat(names.place()).isEqualTo(place);
    assertThat(names.fields()).isEmpty();
    assertThat(names.any()).isEqualTo(any);
  }

  @Test
  void fields_are_listed_behind_a_colon() {
    assertThat(ReplyNames.parse("info:Prefixes, b"))
        .isEqualTo(new ReplyNames(Place.FIELDS, Set.of("prefixes", "b")));
    assertThat(ReplyNames.parse("rows:__key"))
        .isEqualTo(new ReplyNames(Place.ROWS, Set.of("__key")));
    assertThat(ReplyNames.parse("rows:x").any()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nosuch", "info", "rows", "each:a", ":a", "EACH", "-:a"})
  void anything_else_is_refused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ReplyNames.parse(text))
        .withMessage("no such reply: '" + text + "'");
  }

  @Test
  void a_call_counts_the_elements_of_a_document() {
    assertThat(CallFlags.documentElements(0)).isEqualTo(2);
    assertThat(CallFlags.documentElements(CallFlags.BARE)).isEqualTo(1);
    assertThat(CallFlags.documentElements(CallFlags.BLOCKING | CallFlags.ONCE)).isEqualTo(2);
    int all = 0;
    for (int step = 0; step < 8; step++) {
      assertThat(CallFlags.documentElements(CallFlags.step(step))).isEqualTo(3);
      assertThat(CallFlags.step(step) & (CallFlags.BLOCKING | CallFlags.ONCE | CallFlags.BARE))
          .isZero();
      all |= CallFlags.step(step);
    }
    assertThat(CallFlags.documentElements(all | CallFlags.BARE)).isEqualTo(9);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CallFlags.step(8))
        .withMessageContaining("at most 8");
  }

  @ParameterizedTest
  @CsvSource({
    "KEY,key,true,false",
    "NAME,name,false,false",
    "CHANNEL,channel,false,false",
    "SHARD_CHANNEL,shardchannel,true,false",
    "KEY_PATTERN,keypattern,false,true",
    "CHANNEL_PATTERN,channelpattern,false,true",
    "LOOKUP,lookup,false,false",
    "INDEX,index,false,false"
  })
  void a_kind_of_name_has_a_word_and_says_what_is_done_with_it(
      NameKind kind, String word, boolean routed, boolean pattern) {
    assertThat(NameKind.ofWord(word)).isEqualTo(kind);
    assertThat(kind.word()).isEqualTo(word);
    assertThat(kind.isRouted()).isEqualTo(routed);
    assertThat(kind.isPattern()).isEqualTo(pattern);
    assertThat(NameKind.ofWord("nosuch")).isNull();
  }
}
