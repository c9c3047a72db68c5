package io.tenantredis.internal.keyspace;

import static io.tenantredis.internal.keyspace.Fixtures.arguments;
import static io.tenantredis.internal.keyspace.Fixtures.encoded;
import static io.tenantredis.internal.keyspace.Fixtures.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.PrefixMode;
import io.tenantredis.RefusalReason;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The ways in which clients that prefix keys are known to let one through, or to change what is
 * none. With the shipped table.
 */
class KnownMistakesTest {

  private final Guard guard = guard("t:{tenant}:");

  private static Guard guard(String template) {
    return new Guard(
        Fixtures.ACME,
        Fixtures.prefixOf(template, "acme"),
        PrefixMode.PREFIX,
        CommandRules.standard(),
        GuardListener.NONE);
  }

  /** The command as it is sent, as one line. */
  private String sent(String command) {
    return String.join(" ", Fixtures.sent(guard, command.split(" ")));
  }

  @ParameterizedTest
  @CsvSource({
    "SORT l STORE d,                          SORT t:acme:l STORE t:acme:d",
    "SUNIONSTORE d a b,                       SUNIONSTORE t:acme:d t:acme:a t:acme:b",
    "SINTERSTORE d a,                         SINTERSTORE t:acme:d t:acme:a",
    "SDIFFSTORE d a,                          SDIFFSTORE t:acme:d t:acme:a",
    "ZUNIONSTORE d 2 a b WEIGHTS 2 3,         ZUNIONSTORE t:acme:d 2 t:acme:a t:acme:b WEIGHTS 2 3",
    "ZINTERSTORE d 1 a AGGREGATE MIN,         ZINTERSTORE t:acme:d 1 t:acme:a AGGREGATE MIN",
    "ZDIFFSTORE d 2 a b,                      ZDIFFSTORE t:acme:d 2 t:acme:a t:acme:b",
    "ZRANGESTORE d s 0 -1,                    ZRANGESTORE t:acme:d t:acme:s 0 -1",
    "BITOP AND d a b,                         BITOP AND t:acme:d t:acme:a t:acme:b",
    "PFMERGE d a b,                           PFMERGE t:acme:d t:acme:a t:acme:b",
    "GEORADIUS g 1 2 3 km STORE d,            GEORADIUS t:acme:g 1 2 3 km STORE t:acme:d",
    "GEORADIUS g 1 2 3 km STOREDIST d,        GEORADIUS t:acme:g 1 2 3 km STOREDIST t:acme:d",
    "GEOSEARCHSTORE d s FROMMEMBER m BYRADIUS 1 km, GEOSEARCHSTORE t:acme:d t:acme:s FROMMEMBER m BYRADIUS 1 km",
    "COPY a b REPLACE,                        COPY t:acme:a t:acme:b REPLACE",
    "RENAME a b,                              RENAME t:acme:a t:acme:b",
    "SMOVE a b m,                             SMOVE t:acme:a t:acme:b m",
    "LMOVE a b LEFT RIGHT,                    LMOVE t:acme:a t:acme:b LEFT RIGHT",
    "RPOPLPUSH a b,                           RPOPLPUSH t:acme:a t:acme:b",
  })
  void destinations_are_not_left_raw(String command, String expected) {
    assertThat(sent(command)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "EVAL s 2 a b c,            EVAL s 2 t:acme:a t:acme:b c",
    "EVALSHA s 1 a b,           EVALSHA s 1 t:acme:a b",
    "EVAL_RO s 1 a b,           EVAL_RO s 1 t:acme:a b",
    "FCALL f 1 a b,             FCALL f 1 t:acme:a b",
    "EVAL s 0 a b,              EVAL s 0 a b",
    "LMPOP 2 a b LEFT,          LMPOP 2 t:acme:a t:acme:b LEFT",
    "BLMPOP 1 2 a b LEFT,       BLMPOP 1 2 t:acme:a t:acme:b LEFT",
    "SINTERCARD 2 a b LIMIT 3,  SINTERCARD 2 t:acme:a t:acme:b LIMIT 3",
  })
  void keys_of_scripts_and_counted_lists_are_not_left_raw_and_arguments_are_left_alone(
      String command, String expected) {
    assertThat(sent(command)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"EVAL s 2 a", "EVAL s -1 a", "EVAL s one a", "EVAL s 01 a", "LMPOP 3 a b LEFT"})
  void a_count_that_does_not_fit_is_refused(String command) {
    assertThatThrownBy(() -> sent(command)).isInstanceOf(CommandRefusedException.class);
  }

  @Test
  void sort_by_and_get_do_not_reach_into_other_tenants_keys() {
    assertThat(sent("SORT l BY w:* GET o:*->f GET # STORE d"))
        .isEqualTo("SORT t:acme:l BY t:acme:w:* GET t:acme:o:*->f GET # STORE t:acme:d");
    assertThat(sent("SORT_RO l BY nosort GET *"))
        .isEqualTo("SORT_RO t:acme:l BY nosort GET t:acme:*");
  }

  @Test
  void a_scan_without_match_does_not_walk_through_everybodys_keys() {
    assertThat(sent("SCAN 0")).isEqualTo("SCAN 0 MATCH t:acme:*");
    assertThat(sent("SCAN 0 TYPE hash COUNT 5"))
        .isEqualTo("SCAN 0 TYPE hash COUNT 5 MATCH t:acme:*");
    assertThat(sent("HSCAN h 0 MATCH f*")).isEqualTo("HSCAN t:acme:h 0 MATCH f*");
  }

  @Test
  void a_glob_character_in_the_prefix_matches_only_itself() {
    assertThat(Fixtures.sent(guard("cache[ab]{tenant}:"), "SCAN", "0", "MATCH", "x*"))
        .containsExactly("SCAN", "0", "MATCH", "cache\\[ab\\]acme:x*");
  }

  @Test
  void a_word_that_reads_like_an_option_is_not_taken_for_one() {
    assertThat(sent("XREADGROUP GROUP STREAMS c STREAMS k >"))
        .isEqualTo("XREADGROUP GROUP STREAMS c STREAMS t:acme:k >");
    assertThat(sent("XREADGROUP GROUP g STREAMS STREAMS STREAMS >"))
        .isEqualTo("XREADGROUP GROUP g STREAMS STREAMS t:acme:STREAMS >");
    assertThat(sent("GEORADIUSBYMEMBER k STORE 10 km"))
        .isEqualTo("GEORADIUSBYMEMBER t:acme:k STORE 10 km");
    assertThat(sent("GEORADIUSBYMEMBER k STORE 10 km STORE STORE"))
        .isEqualTo("GEORADIUSBYMEMBER t:acme:k STORE 10 km STORE t:acme:STORE");
    assertThat(sent("SORT BY BY LIMIT")).isEqualTo("SORT t:acme:BY BY LIMIT");
    assertThat(sent("SET KEEPTTL NX")).isEqualTo("SET t:acme:KEEPTTL NX");
  }

  @Test
  void the_server_reads_a_group_named_streams_as_the_guard_does() {
    try (RedisServer server = RedisServer.start();
        RespConnection redis = server.connectAsAdministrator()) {
      redis.command("XGROUP", "CREATE", "t:acme:k", "STREAMS", "$", "MKSTREAM");
      redis.command("XADD", "t:acme:k", "1-0", "f", "v");
      Object reply =
          redis.command(
              Fixtures.sent(guard, "XREADGROUP", "GROUP", "STREAMS", "c", "STREAMS", "k", ">")
                  .toArray(String[]::new));
      assertThat(reply).hasToString("[[t:acme:k, [[1-0, [f, v]]]]]");
    }
  }

  @Test
  void every_key_of_a_blocking_pop_is_one_and_the_timeout_is_none() {
    assertThat(sent("BZPOPMIN k1 k2 0")).isEqualTo("BZPOPMIN t:acme:k1 t:acme:k2 0");
    assertThat(sent("BLPOP k1 k2 k3 0")).isEqualTo("BLPOP t:acme:k1 t:acme:k2 t:acme:k3 0");
    assertThatThrownBy(() -> sent("BZPOPMIN k1")).isInstanceOf(CommandRefusedException.class);
  }

  @Test
  void publishing_and_subscribing_meet_in_the_tenants_channels() {
    assertThat(sent("PUBLISH c m")).isEqualTo("PUBLISH t:acme:c m");
    assertThat(sent("SUBSCRIBE c d")).isEqualTo("SUBSCRIBE t:acme:c t:acme:d");
    assertThat(sent("PSUBSCRIBE c*")).isEqualTo("PSUBSCRIBE t:acme:c*");
    assertThat(sent("UNSUBSCRIBE c")).isEqualTo("UNSUBSCRIBE t:acme:c");
    assertThat(sent("SPUBLISH c m")).isEqualTo("SPUBLISH t:acme:c m");
    assertThat(sent("SSUBSCRIBE c")).isEqualTo("SSUBSCRIBE t:acme:c");
    assertThat(sent("PUBSUB NUMSUB c")).isEqualTo("PUBSUB NUMSUB t:acme:c");
  }

  @Test
  void the_names_of_several_streams_are_all_found_and_the_ids_are_not_names() {
    assertThat(sent("XREAD COUNT 2 STREAMS a b 0 0"))
        .isEqualTo("XREAD COUNT 2 STREAMS t:acme:a t:acme:b 0 0");
    assertThatThrownBy(() -> sent("XREAD STREAMS a b 0"))
        .isInstanceOf(CommandRefusedException.class);
  }

  @Test
  void a_raw_dispatch_is_confined_by_its_bytes() {
    CommandArgs<byte[], byte[]> args = new CommandArgs<>(ByteArrayCodec.INSTANCE).add("k").add("v");
    Command<byte[], byte[], String> raw =
        new Command<>(CommandType.SET, new StatusOutput<>(ByteArrayCodec.INSTANCE), args);
    assertThat(arguments(encoded(guard.guard(raw))))
        .extracting(Fixtures::text)
        .containsExactly("SET", "t:acme:k", "v");
  }

  @Test
  void hash_fields_that_a_codec_encodes_as_keys_are_left_alone() {
    CommandArgs<String, String> args =
        new CommandArgs<>(new Shouting())
            .addKey("h")
            .addKey("field")
            .addValue("value")
            .addKey("t:acme:field")
            .addValue("t:acme:v");
    Command<String, String, String> hset =
        new Command<>(CommandType.HSET, new ValueOutput<>(new Shouting()), args);
    assertThat(arguments(encoded(guard.guard(hset))))
        .extracting(Fixtures::text)
        .containsExactly("HSET", "t:acme:H!", "FIELD!", "value", "T:ACME:FIELD!", "t:acme:v");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "FLUSHDB",
        "FLUSHALL",
        "FLUSHDB ASYNC",
        "SWAPDB 0 1",
        "SELECT 1",
        "MOVE k 1",
        "KEYS *",
        "RANDOMKEY",
        "DBSIZE",
        "MONITOR",
        "CONFIG GET *",
        "DEBUG SLEEP 0",
        "SHUTDOWN",
        "SCRIPT FLUSH",
        "FUNCTION FLUSH",
        "CLIENT KILL ID 1",
        "CLIENT LIST",
        "AUTH a b",
        "HELLO 3",
        "RESET",
        "MIGRATE h 1 k 0 1",
        "ACL LIST"
      })
  void what_is_not_confined_to_a_tenant_does_not_pass(String command) {
    assertThatThrownBy(() -> sent(command))
        .isInstanceOfSatisfying(
            CommandRefusedException.class,
            refused -> assertThat(refused.reason()).isEqualTo(RefusalReason.REFUSED));
  }

  @Test
  void the_prefix_is_not_stripped_from_a_value() {
    Command<String, String, String> get =
        new Command<>(
            CommandType.GET,
            new ValueOutput<>(StringCodec.UTF8),
            new CommandArgs<>(StringCodec.UTF8).addKey("k"));
    GuardedCommand<String, String, String> guarded = guard.guard(get);
    Fixtures.decode(guarded.getOutput(), "$8|t:acme:v|");
    assertThat(guarded.getOutput().get()).isEqualTo("t:acme:v");
  }

  @Test
  void a_prefix_of_one_tenant_never_opens_another_tenants_keys() {
    assertThat(guard.strip(ByteBuffer.wrap(utf8("t:acme2:k")))).isNull();
    assertThat(guard.strip(ByteBuffer.wrap(utf8("t:acme")))).isNull();
    assertThat(List.of(guard.strip(ByteBuffer.wrap(utf8("t:acme:k")))))
        .containsExactly(ByteBuffer.wrap(utf8("k")));
  }

  /** A codec that changes keys and leaves values alone. */
  private static final class Shouting implements RedisCodec<String, String> {
    @Override
    public String decodeKey(ByteBuffer bytes) {
      return StringCodec.UTF8.decodeKey(bytes);
    }

    @Override
    public String decodeValue(ByteBuffer bytes) {
      return StringCodec.UTF8.decodeValue(bytes);
    }

    @Override
    public ByteBuffer encodeKey(String key) {
      return ByteBuffer.wrap(utf8(key.toUpperCase(java.util.Locale.ROOT) + "!"));
    }

    @Override
    public ByteBuffer encodeValue(String value) {
      return ByteBuffer.wrap(utf8(value));
    }
  }
}
