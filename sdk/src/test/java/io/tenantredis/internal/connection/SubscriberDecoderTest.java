package io.tenantredis.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server sends to a subscriber, in both protocols. */
class SubscriberDecoderTest {

  static final int MAX_BYTES = 100;

  static final String STREAM =
      "@3|$9|subscribe|$3|a:b|:1|"
          + "@3|$10|ssubscribe|$3|a:c|:1|"
          + "@3|$8|smessage|$3|a:c|$4|\r\n\r\n|"
          + "@4|$8|pmessage|$3|a:*|$3|a:d|$0||"
          + "@3|$7|message|$3|a:b|$4|:1*3|"
          + "-NOPERM no|"
          + "@2|$4|pong|$3|n-1|"
          + "@3|$12|punsubscribe|$-1|:0|";

  static final List<String> READ =
      List.of(
          "SUBSCRIBE null a:b  1",
          "SSUBSCRIBE null a:c  1",
          "SMESSAGE null a:c \r\n\r\n 0",
          "PMESSAGE a:* a:d  0",
          "MESSAGE null a:b :1*3 0",
          "ERROR null null NOPERM no 0",
          "PONG null null n-1 0",
          "PUNSUBSCRIBE null null  0");

  private static ByteBuf wire(String text, char type) {
    String resp = text.replace("|", "\r\n").replace('@', type);
    return Unpooled.copiedBuffer(resp, StandardCharsets.ISO_8859_1);
  }

  private static String text(byte[] bytes) {
    return bytes == null ? "null" : new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static String shown(SubscriberReply reply) {
    return String.join(
        " ",
        reply.kind().name(),
        text(reply.pattern()),
        text(reply.name()),
        text(reply.payload()),
        Long.toString(reply.count()));
  }

  @ParameterizedTest
  @ValueSource(chars = {'*', '>'})
  void eachReplySaysItselfWhatItIs(char type) throws Exception {
    SubscriberDecoder decoder = new SubscriberDecoder(MAX_BYTES);
    ByteBuf in = wire(STREAM, type);
    List<String> read = new ArrayList<>();
    for (SubscriberReply reply = decoder.next(in); reply != null; reply = decoder.next(in)) {
      read.add(shown(reply));
    }
    assertThat(read).isEqualTo(READ);
    assertThat(in.isReadable()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(chars = {'*', '>'})
  void repliesMayArriveByteByByte(char type) throws Exception {
    SubscriberDecoder decoder = new SubscriberDecoder(MAX_BYTES);
    ByteBuf whole = wire(STREAM, type);
    ByteBuf in = Unpooled.buffer();
    List<String> read = new ArrayList<>();
    while (whole.isReadable()) {
      in.writeByte(whole.readByte());
      SubscriberReply reply = decoder.next(in);
      if (reply != null) {
        read.add(shown(reply));
      }
    }
    assertThat(read).isEqualTo(READ);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ":1|",
        "%1|$1|a|:1|",
        "*1|$4|pong|",
        "*5|$7|message|",
        "*3|$6|monkey|$1|a|$1|b|",
        "*4|$7|message|$1|a|$1|b|$1|c|",
        "*3|$7|message|:1|$1|b|",
        "*3|$7|message|$-1|$1|b|",
        "*3|$7|message|$1|a|$101|",
        "*3|$7|message|$1|a|$-2|",
        "*3|$7|message|$1|aXX$1|b|",
        "*3|$9|subscribe|$1|a|$1|1|",
        "*99999999999999999999999",
        "*x|",
        "*|"
      })
  void anythingElseIsRefused(String sent) {
    SubscriberDecoder decoder = new SubscriberDecoder(MAX_BYTES);
    assertThatThrownBy(() -> decoder.next(wire(sent, '*'))).isInstanceOf(ProtocolException.class);
  }

  @Test
  void aReplyShowsNeitherNameNorMessage() throws Exception {
    SubscriberReply reply =
        new SubscriberDecoder(MAX_BYTES).next(wire("*3|$7|message|$4|name|$6|secret|", '*'));
    assertThat(String.valueOf(reply)).doesNotContain("name").doesNotContain("secret");
  }
}
