package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.lettuce.core.protocol.CommandType;
import io.tenantredis.PrefixMode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandRulesTest {

  private static final String OWN =
      "MYMOD.GET | generic | mymod 1.0 | key { A | B . }* . | - | read idempotent | a note";

  @Test
  void a_row_is_read_whole() {
    CommandRule rule = CommandRules.of(List.of("# a comment", "", OWN)).find("mymod.get");
    assertThat(rule).isNotNull();
    assertThat(rule.name()).isEqualTo("MYMOD.GET");
    assertThat(rule.group()).isEqualTo("generic");
    assertThat(rule.since()).isEqualTo("mymod 1.0");
    assertThat(rule.signature()).isEqualTo("key { A | B . }* .");
    assertThat(rule.note()).isEqualTo("a note");
    assertThat(rule.isRead()).isTrue();
    assertThat(rule.isIdempotent()).isTrue();
    assertThat(rule.hasKeys()).isTrue();
    assertThat(
            rule.isWrite()
                || rule.isBlocking()
                || rule.isStateful()
                || rule.isScript()
                || rule.isPubSub())
        .isFalse();
  }

  @Test
  void lettuces_own_type_is_used_where_it_has_one() {
    assertThat(Fixtures.RULES.find("GET").type()).isSameAs(CommandType.GET);
    assertThat(Fixtures.RULES.find("XGROUP CREATE").type()).isSameAs(CommandType.XGROUP);
    assertThat(CommandRules.of(List.of(OWN)).find("MYMOD.GET").type()).hasToString("MYMOD.GET");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET | string | 1.0 | key | - | read",
        "get | string | 1.0 | key | - | read |",
        "A B C | string | 1.0 | key | - | read |",
        "GET | nosuch | 1.0 | key | - | read |",
        "GET | string | | key | - | read |",
        "GET | string | 1.0 | kez | - | read |",
        "GET | string | 1.0 | key | nosuch | read |",
        "GET | string | 1.0 | key | each:a | read |",
        "GET | string | 1.0 | key | info | read |",
        "GET | string | 1.0 | key | - | nosuch |",
        "GET | string | 1.0 | key | - | read write |",
        "GET | string | 1.0 | refused | - | |",
        "GET"
      })
  void a_row_that_cannot_be_read_is_refused_with_its_line(String row) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CommandRules.of(List.of("# first", row)))
        .withMessageStartingWith("Line 2 of the command table");
  }

  @Test
  void two_rows_for_one_command_are_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CommandRules.of(List.of(OWN, OWN)))
        .withMessageContaining("MYMOD.GET");
  }

  @Test
  void a_container_whose_own_row_takes_arguments_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                CommandRules.of(
                    List.of(
                        "A B | generic | 1 | key | - | read |",
                        "A | generic | 1 | .* | - | read |")))
        .withMessageContaining("subcommands");
  }

  @Test
  void an_applications_own_rules_are_added() {
    CommandRules extended = Fixtures.RULES.with(List.of(OWN));
    Guard guard =
        new Guard(
            Fixtures.ACME,
            Fixtures.prefixOf("{tenant}:", "acme"),
            PrefixMode.PREFIX,
            extended,
            GuardListener.NONE);
    assertThat(Fixtures.sent(guard, "MyMod.Get", "k", "B", "k", "k"))
        .containsExactly("MyMod.Get", "acme:k", "B", "k", "k");
    assertThat(Fixtures.RULES.find("MYMOD.GET")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET | string | 1.0 | .* | - | read |",
        "KEYS | generic | 1.0 | .* | - | read |",
        "CLIENT | connection | 1.0 | .* | - | read |",
        "CLIENT KILL | connection | 1.0 | .* | - | read |",
        "XGROUP NEW | stream | 1.0 | .* | - | read |",
        "GET NEW | stream | 1.0 | .* | - | read |",
      })
  void rules_can_be_added_but_not_replaced(String row) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Fixtures.RULES.with(List.of(row)))
        .withMessageContaining("not replaced");
  }

  @Test
  void rules_can_be_narrowed_but_not_widened() {
    CommandRules narrowed =
        Fixtures.RULES.narrowed(rule -> rule.name().equals("GET") || rule.name().equals("KEYS"));
    assertThat(narrowed.find("GET").isRefused()).isFalse();
    assertThat(narrowed.find("SET").isRefused()).isTrue();
    assertThat(narrowed.find("SET").isNarrowed()).isTrue();
    assertThat(narrowed.find("KEYS").isRefused()).isTrue();
    assertThat(narrowed.find("KEYS").isNarrowed()).isFalse();
    assertThat(narrowed.narrowed(rule -> true).find("SET").isRefused()).isTrue();
    assertThat(narrowed.all()).hasSameSizeAs(Fixtures.RULES.all());
  }

  @Test
  void the_shipped_table_is_parsed_once_and_has_a_reason_for_each_refusal() {
    assertThat(CommandRules.standard()).isSameAs(CommandRules.standard());
    assertThat(CommandRules.standard().all())
        .hasSizeGreaterThan(500)
        .allSatisfy(
            rule -> {
              if (rule.isRefused()) {
                assertThat(rule.note()).as(rule.name()).contains("; instead: ");
                assertThat(rule.flags()).as(rule.name()).isEmpty();
              }
            });
  }
}
