package io.tenantredis.test.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RespConnectionTest {

  private final RedisServer server = RedisServer.start();
  private RespConnection connection;

  @AfterAll
  void stop() {
    server.close();
  }

  @BeforeEach
  void connect() {
    server.admin().command("FLUSHALL");
    connection = server.connect();
  }

  @AfterEach
  void disconnect() {
    connection.close();
  }

  @Test
  void repliesAreJavaValues() {
    assertThat(connection.command("SET", "a", "grün")).isEqualTo("OK");
    assertThat(connection.command("GET", "a")).isEqualTo("grün");
    assertThat(connection.command("GET", "none")).isNull();
    assertThat(connection.command("INCR", "n")).isEqualTo(1L);
    assertThat(connection.command("MGET", "n", "none")).isEqualTo(Arrays.asList("1", null));
  }

  @Test
  void repliesOfResp3AreJavaValues() {
    connection.resp3();
    connection.command("HSET", "h", "f", "v");
    connection.command("SADD", "s", "m");
    connection.command("ZADD", "z", "1.5", "m");
    assertThat(connection.command("HGETALL", "h")).isEqualTo(Map.of("f", "v"));
    assertThat(connection.command("SMEMBERS", "s")).isEqualTo(Set.of("m"));
    assertThat(connection.command("ZSCORE", "z", "m")).isEqualTo(1.5);
    assertThat(connection.command("GET", "none")).isNull();
    assertThat(connection.command("DEBUG", "PROTOCOL", "bignum"))
        .isEqualTo(new BigInteger("1234567999999999999999999999999999999"));
    assertThat(connection.command("DEBUG", "PROTOCOL", "true")).isEqualTo(true);
    assertThat(connection.command("DEBUG", "PROTOCOL", "verbatim"))
        .isEqualTo("This is a verbatim\nstring");
    assertThat(connection.command("DEBUG", "PROTOCOL", "attrib")).isInstanceOf(String.class);
  }

  @Test
  void bytesPassUnchanged() {
    byte[] every = new byte[256];
    for (int i = 0; i < every.length; i++) {
      every[i] = (byte) i;
    }
    connection.commandBytes("SET".getBytes(UTF_8), every, every);
    assertThat(connection.commandBytes("GET".getBytes(UTF_8), every)).isEqualTo(every);
    assertThatThrownBy(() -> connection.commandBytes("LPUSH".getBytes(UTF_8), every, every))
        .isInstanceOf(RespErrorException.class);
  }

  @Test
  void anErrorIsAnExceptionOrAValue() {
    assertThatThrownBy(() -> connection.command("NOSUCH"))
        .isInstanceOfSatisfying(
            RespErrorException.class,
            e -> {
              assertThat(e.code()).isEqualTo("ERR");
              assertThat(e.error().message()).isEqualTo(e.getMessage());
            });
    assertThat(connection.tryCommand("NOSUCH")).isInstanceOf(RespError.class);
    assertThat(connection.isOpen()).isTrue();
  }

  @Test
  void typedCommandsRefuseOtherReplies() {
    connection.command("SET", "n", "7");
    assertThat(connection.text("INCR", "n")).isEqualTo("8");
    assertThat(connection.integer("INCR", "n")).isEqualTo(9);
    assertThat(connection.list("MGET", "n")).containsExactly("9");
    assertThatThrownBy(() -> connection.text("GET", "none"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("null");
    assertThatThrownBy(() -> connection.integer("GET", "n"))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> connection.list("GET", "n")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aPipelineReturnsEveryReplyInOrder() {
    assertThat(
            connection.pipeline(
                List.of(
                    new String[] {"SET", "a", "1"},
                    new String[] {"LPUSH", "a", "1"},
                    new String[] {"INCR", "a"})))
        .satisfiesExactly(
            ok -> assertThat(ok).isEqualTo("OK"),
            error -> assertThat(((RespError) error).code()).isEqualTo("WRONGTYPE"),
            two -> assertThat(two).isEqualTo(2L));
  }

  @Test
  void pushesAreSetAside() {
    connection.resp3();
    connection.command("CLIENT", "TRACKING", "ON");
    connection.command("GET", "a");
    assertThat(connection.nextPush(Duration.ofMillis(20))).isNull();
    server.admin().command("SET", "a", "1");
    RespPush push = connection.nextPush(Duration.ofSeconds(5));
    assertThat(push.kind()).isEqualTo("invalidate");
    assertThat(push.elements()).containsExactly("invalidate", List.of("a"));
    assertThat(connection.command("GET", "a")).isEqualTo("1");
  }

  @Test
  void aSubscribedConnectionReceivesMessages() {
    connection.send("SUBSCRIBE", "news");
    assertThat(connection.receive()).isEqualTo(List.of("subscribe", "news", 1L));
    server.admin().command("PUBLISH", "news", "hello");
    assertThat(connection.receive()).isEqualTo(List.of("message", "news", "hello"));
  }

  @Test
  void rawBytesAreSentAsTheyAre() {
    connection.sendRaw("*1\r\n$4\r\nPI".getBytes(US_ASCII));
    connection.sendRaw("NG\r\n".getBytes(US_ASCII));
    assertThat(connection.receive()).isEqualTo("PONG");
    connection.sendRaw("*1\r\n$x\r\n".getBytes(US_ASCII));
    assertThat(connection.receive()).isInstanceOf(RespError.class);
    assertThatThrownBy(connection::receive).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void aTimeoutClosesTheConnection() {
    connection.timeout(Duration.ofMillis(30));
    assertThatThrownBy(() -> connection.command("BLPOP", "none", "0"))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("in time");
    assertThat(connection.isOpen()).isFalse();
    assertThatThrownBy(() -> connection.command("PING")).isInstanceOf(UncheckedIOException.class);
    assertThatThrownBy(() -> connection.timeout(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void nobodyListening() {
    RedisServer gone = RedisServer.start();
    gone.close();
    assertThatThrownBy(() -> RespConnection.connect("127.0.0.1", gone.port()))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("cannot connect");
  }

  @Test
  void whatIsNotRespFailsWithAnIoException() {
    for (String bytes :
        List.of(
            "",
            "?\r\n",
            "$5\r\nabc",
            "$x\r\n",
            "$-2\r\n",
            "*99999999999\r\n",
            ":1\n",
            "+a\rb",
            "=2\r\nab\r\n",
            ",x\r\n",
            "$1\r\nabc",
            "*1\r\n".repeat(100))) {
      assertThatThrownBy(
              () -> new RespReader(new ByteArrayInputStream(bytes.getBytes(US_ASCII))).read(true))
          .as(bytes)
          .isInstanceOf(IOException.class);
    }
  }
}
