package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.protocol.CommandType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.PrefixMode;
import io.tenantredis.TenantId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The names of channels, patterns and events in messages. */
class GuardChannelsTest {

  private static final TenantId ACME = TenantId.of("acme");

  private static Guard guard(String template, PrefixMode mode, CommandRules rules) {
    return new Guard(
        ACME, KeyPrefixTemplate.of(template).prefixOf(ACME), mode, rules, GuardListener.NONE);
  }

  private static Guard guard(PrefixMode mode) {
    return guard("t[1]:{tenant}:", mode, CommandRules.standard());
  }

  private static ByteBuffer bytes(String text) {
    // Not at the start of its array, as a slice of what was read is not either.
    ByteBuffer buffer = ByteBuffer.wrap(("__" + text).getBytes(StandardCharsets.UTF_8));
    return buffer.position(2);
  }

  private static @Nullable String text(@Nullable ByteBuffer bytes) {
    return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes).toString();
  }

  private static String wire(GuardedCommand<?, ?, ?> command) {
    ByteBuf buffer = Unpooled.buffer();
    command.encode(buffer);
    return buffer.toString(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @EnumSource(PrefixMode.class)
  void eventsAreThoseOfAllKeysOfTheTenantAndOfNoOther(PrefixMode mode) {
    String pattern = "__keyspace@12__:t\\[1\\]:acme:*";
    assertThat(wire(guard(mode).guardKeyEvents(CommandType.PSUBSCRIBE, 12)))
        .isEqualTo("*2\r\n$10\r\nPSUBSCRIBE\r\n$" + pattern.length() + "\r\n" + pattern + "\r\n");
    assertThat(guard(mode).guardKeyEvents(CommandType.PUNSUBSCRIBE, 0).name())
        .isEqualTo("PUNSUBSCRIBE");
  }

  @Test
  void eventsAreRefusedWherePatternsAreWithheld() {
    Guard narrowed =
        guard(
            "tenant:{tenant}:",
            PrefixMode.PREFIX,
            CommandRules.standard().narrowed(rule -> !rule.name().equals("PSUBSCRIBE")));
    assertThatThrownBy(() -> narrowed.guardKeyEvents(CommandType.PSUBSCRIBE, 0))
        .isInstanceOf(CommandRefusedException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "9", "15"})
  void whatStandsBeforeTheKeyOfAnEventIsTakenOff(String database) {
    ByteBuffer channel = bytes("__keyspace@" + database + "__:t[1]:acme:cart:7");
    assertThat(text(guard(PrefixMode.PREFIX).stripKeyEvent(channel))).isEqualTo("cart:7");
    assertThat(text(guard(PrefixMode.REQUIRE).stripKeyEvent(channel)))
        .isEqualTo("t[1]:acme:cart:7");
    assertThat(channel.position()).isEqualTo(2);
  }

  @Test
  void theKeyOfAnEventMayBeEmpty() {
    assertThat(text(guard(PrefixMode.PREFIX).stripKeyEvent(bytes("__keyspace@0__:t[1]:acme:"))))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "__keyspace@",
        "__keyspace@0",
        "__keyspace@0_",
        "__keyspace@0__",
        "__keyspace@__:t[1]:acme:cart",
        "__keyspace@0__:",
        "__keyspace@0__:t[1]:acme",
        "__keyspace@0__:t[1]:globex:cart",
        "__keyspace@0__:xt[1]:acme:cart",
        "__keyspace@0_x:t[1]:acme:cart",
        "__keyspace@0x_:t[1]:acme:cart",
        "__keyspace@0__;t[1]:acme:cart",
        "__keyspace@-1__:t[1]:acme:cart",
        "__keyspace@0:__:t[1]:acme:cart",
        "__keyspace@/__:t[1]:acme:cart",
        "__keyevent@0__:t[1]:acme:cart",
        "_keyspace@0__:t[1]:acme:cart",
        "t[1]:acme:cart"
      })
  void whatIsNoEventOfAKeyOfTheTenantIsForeign(String channel) {
    assertThat(guard(PrefixMode.PREFIX).stripKeyEvent(bytes(channel))).isNull();
    assertThat(guard(PrefixMode.REQUIRE).stripKeyEvent(bytes(channel))).isNull();
  }

  @Test
  void theEscapedPrefixIsTakenOffPatterns() {
    ByteBuffer pattern = bytes("t\\[1\\]:acme:n*");
    assertThat(text(guard(PrefixMode.PREFIX).stripPattern(pattern))).isEqualTo("n*");
    assertThat(text(guard(PrefixMode.REQUIRE).stripPattern(pattern))).isEqualTo("t\\[1\\]:acme:n*");
    assertThat(pattern.position()).isEqualTo(2);
    assertThat(text(guard(PrefixMode.PREFIX).stripPattern(bytes("t\\[1\\]:acme:")))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "*", "t[1]:acme:n*", "t\\[1\\]:acme", "t\\[1\\]:globex:n*"})
  void otherPatternsAreForeign(String pattern) {
    assertThat(guard(PrefixMode.PREFIX).stripPattern(bytes(pattern))).isNull();
    assertThat(guard(PrefixMode.REQUIRE).stripPattern(bytes(pattern))).isNull();
  }
}
