package io.tenantredis.internal.keyspace;

import static io.tenantredis.internal.keyspace.Fixtures.arguments;
import static io.tenantredis.internal.keyspace.Fixtures.command;
import static io.tenantredis.internal.keyspace.Fixtures.encoded;
import static io.tenantredis.internal.keyspace.Fixtures.guard;
import static io.tenantredis.internal.keyspace.Fixtures.sent;
import static io.tenantredis.internal.keyspace.Fixtures.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.PrefixMode;
import io.tenantredis.RefusalReason;
import io.tenantredis.internal.keyspace.Fixtures.Recorder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuardTest {

  private final Recorder recorder = new Recorder();
  private final Guard guard = guard(PrefixMode.PREFIX, recorder);

  @Nested
  class Prefix_mode {

    @Test
    void puts_the_prefix_before_each_key_and_leaves_everything_else_alone() {
      assertThat(sent(guard, "GET", "a")).containsExactly("GET", "tenant:acme:a");
      assertThat(sent(guard, "MSET", "a", "a", "b", "tenant:acme:b"))
          .containsExactly("MSET", "tenant:acme:a", "a", "tenant:acme:b", "tenant:acme:b");
      assertThat(sent(guard, "HSET", "h", "h", "h", "tenant:acme:h", ""))
          .containsExactly("HSET", "tenant:acme:h", "h", "h", "tenant:acme:h", "");
    }

    @Test
    void a_key_that_begins_with_the_prefix_already_gets_it_all_the_same() {
      assertThat(sent(guard, "GET", "tenant:acme:a"))
          .containsExactly("GET", "tenant:acme:tenant:acme:a");
    }

    @Test
    void an_empty_key_becomes_the_prefix() {
      assertThat(sent(guard, "GET", "")).containsExactly("GET", "tenant:acme:");
    }

    @ParameterizedTest
    @ValueSource(
        ints = {0, 1, 8, 9, 10, 86, 87, 88, 99, 100, 986, 987, 988, 1000, 70_000, 1_000_000})
    void the_length_is_right_whatever_digits_it_has(int size) {
      String key = "k".repeat(size);
      assertThat(sent(guard, "MGET", key, "x", key))
          .containsExactly("MGET", "tenant:acme:" + key, "tenant:acme:x", "tenant:acme:" + key);
    }

    @Test
    void the_number_of_keys_is_not_limited() {
      String[] words =
          IntStream.rangeClosed(0, 20_000)
              .mapToObj(i -> i == 0 ? "MGET" : "k" + i)
              .toArray(String[]::new);
      assertThat(sent(guard, words)).hasSize(20_001).last().isEqualTo("tenant:acme:k20000");
    }

    @Test
    void binary_keys_and_values_are_kept_to_the_byte() {
      byte[] key = {0, -1, '\r', '\n', '$', 127, -128};
      byte[] value = {'*', '1', '\r', '\n', 0, -1};
      List<byte[]> words =
          arguments(encoded(guard.guard(Fixtures.binary(List.of(utf8("SET"), key, value)))));
      assertThat(words.get(1))
          .startsWith(utf8("tenant:acme:"))
          .endsWith(key)
          .hasSize(12 + key.length);
      assertThat(words.get(2)).isEqualTo(value);
    }

    @Test
    void the_rule_is_found_by_the_bytes_in_any_case_and_not_by_the_declared_type() {
      assertThat(sent(guard, "gEt", "a")).containsExactly("gEt", "tenant:acme:a");
      Command<String, String, String> liar =
          new Command<>(
              CommandType.PING,
              new StatusOutput<>(StringCodec.UTF8),
              new CommandArgs<>(StringCodec.UTF8)) {
            @Override
            public void encode(io.netty.buffer.ByteBuf buffer) {
              buffer.writeBytes(utf8("*2\r\n$3\r\nGET\r\n$1\r\na\r\n"));
            }
          };
      GuardedCommand<String, String, String> guarded = guard.guard(liar);
      assertThat(guarded.name()).isEqualTo("GET");
      assertThat(guarded.getType()).isEqualTo(CommandType.GET);
      assertThat(new String(encoded(guarded)))
          .isEqualTo("*2\r\n$3\r\nGET\r\n$13\r\ntenant:acme:a\r\n");
    }

    @Test
    void patterns_get_the_prefix_glob_escaped() {
      Guard odd =
          new Guard(
              Fixtures.ACME,
              Fixtures.prefixOf("c[ab]?\\^{tenant}:", "acme"),
              PrefixMode.PREFIX,
              Fixtures.RULES,
              recorder);
      assertThat(sent(odd, "SCAN", "0", "MATCH", "x[12]*"))
          .containsExactly("SCAN", "0", "MATCH", "c\\[ab\\]\\?\\\\\\^acme:x[12]*");
      assertThat(sent(odd, "SCAN", "0"))
          .containsExactly("SCAN", "0", "MATCH", "c\\[ab\\]\\?\\\\\\^acme:*");
      assertThat(sent(odd, "GET", "x")).containsExactly("GET", "c[ab]?\\^acme:x");
      assertThat(sent(odd, "PSUBSCRIBE", "n*"))
          .containsExactly("PSUBSCRIBE", "c\\[ab\\]\\?\\\\\\^acme:n*");
    }

    @Test
    void a_scan_without_a_pattern_gets_one_over_the_tenants_keys() {
      assertThat(sent(guard, "SCAN", "0", "COUNT", "10"))
          .containsExactly("SCAN", "0", "COUNT", "10", "MATCH", "tenant:acme:*");
      assertThat(sent(guard, "SCAN", "MATCH", "TYPE", "MATCH"))
          .containsExactly("SCAN", "MATCH", "TYPE", "MATCH", "MATCH", "tenant:acme:*");
      assertThat(sent(guard, "PUBSUB", "CHANNELS"))
          .containsExactly("PUBSUB", "CHANNELS", "tenant:acme:*");
      assertThat(sent(guard, "PUBSUB", "CHANNELS", "n*"))
          .containsExactly("PUBSUB", "CHANNELS", "tenant:acme:n*");
    }

    @Test
    void each_pattern_of_a_scan_is_rewritten_because_the_server_takes_the_last() {
      assertThat(sent(guard, "SCAN", "0", "MATCH", "a", "MATCH", "b"))
          .containsExactly("SCAN", "0", "MATCH", "tenant:acme:a", "MATCH", "tenant:acme:b");
    }

    @Test
    void what_sort_looks_up_gets_the_prefix_raw_unless_it_names_no_key() {
      assertThat(
              sent(
                  guard, "SORT", "l", "BY", "w:*->f", "GET", "#", "GET", "o:*", "BY", "nosort",
                  "STORE", "d"))
          .containsExactly(
              "SORT",
              "tenant:acme:l",
              "BY",
              "tenant:acme:w:*->f",
              "GET",
              "#",
              "GET",
              "tenant:acme:o:*",
              "BY",
              "nosort",
              "STORE",
              "tenant:acme:d");
    }

    @Test
    void the_application_sees_how_its_call_may_be_treated() {
      assertThat(guard.guard(command("GET", "a")))
          .matches(GuardedCommand::isReadOnly)
          .matches(GuardedCommand::isIdempotent);
      assertThat(guard.guard(command("SET", "a", "NX")).isIdempotent()).isTrue();
      assertThat(guard.guard(command("SET", "a", "1", "nx")).isIdempotent()).isFalse();
      assertThat(guard.guard(command("GETEX", "a", "EX", "10")).isIdempotent()).isTrue();
      assertThat(guard.guard(command("GETEX", "a", "EX", "-10")).isIdempotent()).isFalse();
      assertThat(guard.guard(command("XREAD", "STREAMS", "BLOCK", "0")).isBlocking()).isFalse();
      assertThat(guard.guard(command("XREAD", "BLOCK", "0", "STREAMS", "s", "0")).isBlocking())
          .isTrue();
      assertThat(guard.guard(command("BLPOP", "a", "0")).isBlocking()).isTrue();
      assertThat(guard.guard(command("MULTI")).isStateful()).isTrue();
      assertThat(guard.guard(command("EVAL", "s", "0")).isScript()).isTrue();
    }

    @Test
    void lettuce_sees_only_the_first_key_that_a_cluster_routes_by() {
      assertThat(
              guard
                  .guard(command("EVAL", "secret", "2", "a", "b", "secret"))
                  .getArgs()
                  .getFirstEncodedKey())
          .isEqualTo(ByteBuffer.wrap(utf8("tenant:acme:a")));
      assertThat(guard.guard(command("SPUBLISH", "s", "m")).getArgs().getFirstEncodedKey())
          .isEqualTo(ByteBuffer.wrap(utf8("tenant:acme:s")));
      assertThat(guard.guard(command("PUBLISH", "s", "m")).getArgs().getFirstEncodedKey()).isNull();
      assertThat(guard.guard(command("SCAN", "0")).getArgs().count()).isZero();
      assertThat(guard.guard(command("SET", "a", "secret")).getArgs().toCommandString())
          .doesNotContain("secret");
    }
  }

  @Nested
  class Require_mode {

    private final Guard require = guard(PrefixMode.REQUIRE, recorder);

    @Test
    void names_inside_the_prefix_are_sent_as_they_are() {
      assertThat(sent(require, "MGET", "tenant:acme:a", "tenant:acme:"))
          .containsExactly("MGET", "tenant:acme:a", "tenant:acme:");
      assertThat(sent(require, "SCAN", "0", "MATCH", "tenant:acme:*"))
          .containsExactly("SCAN", "0", "MATCH", "tenant:acme:*");
      assertThat(sent(require, "SCAN", "0")).containsExactly("SCAN", "0", "MATCH", "tenant:acme:*");
      assertThat(
              sent(
                  require,
                  "SORT",
                  "tenant:acme:l",
                  "BY",
                  "nosort",
                  "GET",
                  "#",
                  "GET",
                  "tenant:acme:*"))
          .containsExactly(
              "SORT", "tenant:acme:l", "BY", "nosort", "GET", "#", "GET", "tenant:acme:*");
      assertThat(require.guard(command("GET", "tenant:acme:a")).getArgs().getFirstEncodedKey())
          .isEqualTo(ByteBuffer.wrap(utf8("tenant:acme:a")));
    }

    @Test
    void
        a_name_outside_the_prefix_is_refused_and_the_message_says_which_argument_but_not_what_it_holds() {
      assertThatExceptionOfType(CommandRefusedException.class)
          .isThrownBy(() -> require.guard(command("MGET", "tenant:acme:a", "tenant:globex:b")))
          .withMessageContaining("Argument 2 of MGET")
          .withMessageContaining("'tenant:acme:'")
          .withMessageNotContaining("globex")
          .satisfies(refused -> assertThat(refused.reason()).isEqualTo(RefusalReason.FOREIGN_NAME));
      assertRefused(require, RefusalReason.FOREIGN_NAME, "GET", "tenant:acme");
      assertRefused(require, RefusalReason.FOREIGN_NAME, "GET", "");
      assertRefused(require, RefusalReason.FOREIGN_NAME, "SCAN", "0", "MATCH", "*");
      assertRefused(require, RefusalReason.FOREIGN_NAME, "SCAN", "0", "MATCH", "tenant:????:x");
      assertRefused(require, RefusalReason.FOREIGN_NAME, "SORT", "tenant:acme:l", "BY", "w_*");
      assertRefused(require, RefusalReason.FOREIGN_NAME, "XGROUP", "CREATE", "s", "g", "$");
      assertThat(recorder.refusals).contains("MGET FOREIGN_NAME", "XGROUP CREATE FOREIGN_NAME");
    }

    @Test
    void a_pattern_must_have_the_prefix_glob_escaped() {
      Guard odd =
          new Guard(
              Fixtures.ACME,
              Fixtures.prefixOf("c[ab]{tenant}:", "acme"),
              PrefixMode.REQUIRE,
              Fixtures.RULES,
              recorder);
      assertRefused(odd, RefusalReason.FOREIGN_NAME, "SCAN", "0", "MATCH", "c[ab]acme:*");
      assertThat(sent(odd, "SCAN", "0", "MATCH", "c\\[ab\\]acme:*")).endsWith("c\\[ab\\]acme:*");
    }
  }

  @Nested
  class Refusals {

    @Test
    void a_command_without_a_rule_is_refused() {
      assertRefused(guard, RefusalReason.NO_RULE, "NOSUCH", "a");
      assertRefused(guard, RefusalReason.NO_RULE, "GE", "a");
      assertRefused(guard, RefusalReason.NO_RULE, "", "a");
      assertRefused(guard, RefusalReason.NO_RULE, "X".repeat(5000), "a");
      assertRefused(guard, RefusalReason.NO_RULE, "XGROUP", "NOSUCH", "a");
      assertRefused(guard, RefusalReason.NO_RULE, "XGROUP");
      assertThat(recorder.refusals).containsOnly("unknown NO_RULE");
    }

    @Test
    void a_name_from_the_application_is_shown_short_and_printable() {
      assertThatThrownBy(() -> guard.guard(command("no\n\u0000such" + "x".repeat(99))))
          .hasMessageContaining("NO??SUCH")
          .satisfies(
              refused ->
                  assertThat(refused.getMessage()).hasSizeLessThan(400).doesNotContain("\n"));
    }

    @Test
    void an_unknown_subcommand_gets_the_rule_of_its_container() {
      assertRefused(guard, RefusalReason.REFUSED, "CLIENT", "KILL", "ID", "1");
      assertThat(recorder.refusals).containsOnly("CLIENT REFUSED");
      assertThat(sent(guard, "client", "id")).containsExactly("client", "id");
    }

    @Test
    void a_refused_command_says_why_and_what_to_use() {
      assertThatThrownBy(() -> guard.guard(command("KEYS", "*")))
          .isInstanceOf(CommandRefusedException.class)
          .hasMessageContaining("shows every tenant's keys")
          .hasMessageContaining("instead: SCAN");
    }

    @Test
    void a_refused_option_is_refused_and_the_command_without_it_is_not() {
      assertThat(sent(guard, "COPY", "a", "DB", "REPLACE"))
          .containsExactly("COPY", "tenant:acme:a", "tenant:acme:DB", "REPLACE");
      assertThatThrownBy(() -> guard.guard(command("COPY", "a", "b", "db", "1")))
          .isInstanceOfSatisfying(
              CommandRefusedException.class,
              refused -> assertThat(refused.reason()).isEqualTo(RefusalReason.OPTION))
          .hasMessageContaining("option DB of COPY");
    }

    @Test
    void arguments_that_do_not_follow_the_grammar_are_refused_without_repeating_them() {
      assertThatThrownBy(() -> guard.guard(command("GET", "s3cret", "s3cret")))
          .isInstanceOfSatisfying(
              CommandRefusedException.class,
              refused -> assertThat(refused.reason()).isEqualTo(RefusalReason.SYNTAX))
          .hasMessageNotContaining("s3cret");
      assertRefused(guard, RefusalReason.SYNTAX, "GET");
      assertRefused(guard, RefusalReason.SYNTAX, "MSET", "a", "1", "b");
      assertRefused(guard, RefusalReason.SYNTAX, "EVAL", "s", "2", "a");
      assertRefused(guard, RefusalReason.SYNTAX, "SORT", "l", "STORE\u0000", "other");
    }

    @Test
    void what_the_application_took_away_is_refused_for_that_reason() {
      Guard narrow =
          new Guard(
              Fixtures.ACME,
              Fixtures.prefixOf("{tenant}:", "acme"),
              PrefixMode.PREFIX,
              Fixtures.RULES.narrowed(CommandRule::isRead),
              recorder);
      assertRefused(narrow, RefusalReason.NARROWED, "SET", "a", "1");
      assertRefused(narrow, RefusalReason.REFUSED, "KEYS", "*");
      assertThat(sent(narrow, "GET", "a")).containsExactly("GET", "acme:a");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "*",
          "*1",
          "*1\r\n",
          "*0\r\n",
          "*-1\r\n",
          "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n",
          "*1\r\n$4\r\nPING\r\n ",
          " *1\r\n$4\r\nPING\r\n",
          "*2\r\n$4\r\nPING\r\n",
          "*1\r\n$4\r\nPING\r",
          "*1\r\n$4\r\nPINGXX",
          "*1\r\n$5\r\nPING\r\n",
          "*1\r\n$3\r\nPING\r\n",
          "*1\r\n$-1\r\n",
          "*1\r\n$04\r\nPING\r\n",
          "*01\r\n$4\r\nPING\r\n",
          "*+1\r\n$4\r\nPING\r\n",
          "*1\n$4\r\nPING\r\n",
          "*1\r\n+PING\r\n",
          "*1\r\n:4\r\nPING\r\n",
          "*1\r\n$4\rxPING\r\n",
          "*1\r\n$ 4\r\nPING\r\n",
          "PING\r\n",
          "*2\r\n$4\r\nPING\r\n$2147483647\r\nx\r\n",
          "*2147483647\r\n$4\r\nPING\r\n",
          "*9999999999999\r\n$4\r\nPING\r\n"
        })
    void anything_but_one_array_of_bulk_strings_is_malformed(String bytes) {
      assertThatThrownBy(() -> guard.guard(Fixtures.raw(utf8(bytes))))
          .isInstanceOfSatisfying(
              CommandRefusedException.class,
              refused -> assertThat(refused.reason()).isEqualTo(RefusalReason.MALFORMED));
      assertThat(recorder.refusals).containsOnly("unknown MALFORMED");
    }

    @Test
    void a_command_without_an_output_is_refused() {
      Command<String, String, Object> mute = new Command<>(CommandType.PING, null);
      assertThatThrownBy(() -> guard.guard(mute))
          .isInstanceOfSatisfying(
              CommandRefusedException.class,
              refused -> assertThat(refused.reason()).isEqualTo(RefusalReason.MALFORMED))
          .hasMessageContaining("give it an output");
    }

    @Test
    void a_guarded_command_cannot_be_guarded_again() {
      GuardedCommand<String, String, List<Object>> guarded = guard.guard(command("GET", "a"));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> guard.guard(guarded))
          .withMessageContaining("twice");
    }

    @Test
    void what_a_codec_throws_is_thrown_and_the_guard_works_on() {
      CommandArgs<String, String> args = new CommandArgs<>(new Failing()).addKey("a");
      Command<String, String, String> failing =
          new Command<>(CommandType.GET, new StatusOutput<>(StringCodec.UTF8), args);
      assertThatThrownBy(() -> guard.guard(failing))
          .isInstanceOf(UnsupportedOperationException.class);
      assertThat(sent(guard, "GET", "a")).containsExactly("GET", "tenant:acme:a");
    }
  }

  @Test
  void a_codec_that_uses_the_guard_itself_gets_its_own_working_memory() {
    CommandArgs<String, String> args = new CommandArgs<>(new Reentrant()).addKey("outer");
    Command<String, String, String> command =
        new Command<>(CommandType.GET, new StatusOutput<>(StringCodec.UTF8), args);
    assertThat(arguments(encoded(guard.guard(command))))
        .last()
        .isEqualTo(utf8("tenant:acme:outer"));
  }

  @Test
  void wrapped_commands_are_guarded_like_bare_ones() {
    assertThat(arguments(encoded(guard.guard(new AsyncCommand<>(command("GET", "a"))))))
        .last()
        .isEqualTo(utf8("tenant:acme:a"));
  }

  @Test
  void a_name_from_a_message_is_stripped_and_a_foreign_one_is_not_given() {
    ByteBuffer name = ByteBuffer.wrap(utf8("xtenant:acme:news"));
    name.position(1);
    assertThat(guard.strip(name)).isEqualTo(ByteBuffer.wrap(utf8("news")));
    assertThat(name.position()).isEqualTo(1);
    assertThat(guard.strip(ByteBuffer.wrap(utf8("tenant:acme:"))))
        .isEqualTo(ByteBuffer.allocate(0));
    assertThat(guard.strip(ByteBuffer.wrap(utf8("tenant:acme")))).isNull();
    assertThat(guard.strip(ByteBuffer.wrap(utf8("tenant:globex:news")))).isNull();
    Guard require = guard(PrefixMode.REQUIRE, recorder);
    assertThat(require.strip(ByteBuffer.wrap(utf8("tenant:acme:news"))))
        .isEqualTo(ByteBuffer.wrap(utf8("tenant:acme:news")));
    assertThat(require.strip(ByteBuffer.wrap(utf8("tenant:globex:news")))).isNull();
  }

  private static void assertRefused(Guard guard, RefusalReason reason, String... words) {
    assertThatThrownBy(() -> guard.guard(command(words)))
        .isInstanceOfSatisfying(
            CommandRefusedException.class,
            refused -> assertThat(refused.reason()).isEqualTo(reason));
  }

  private abstract static class Codec implements io.lettuce.core.codec.RedisCodec<String, String> {
    @Override
    public String decodeKey(ByteBuffer bytes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public String decodeValue(ByteBuffer bytes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public ByteBuffer encodeValue(String value) {
      throw new UnsupportedOperationException();
    }
  }

  private static final class Failing extends Codec {
    @Override
    public ByteBuffer encodeKey(String key) {
      throw new UnsupportedOperationException();
    }
  }

  private final class Reentrant extends Codec {
    @Override
    public ByteBuffer encodeKey(String key) {
      assertThat(sent(guard, "GET", "inner")).containsExactly("GET", "tenant:acme:inner");
      return ByteBuffer.wrap(utf8(key));
    }
  }
}
