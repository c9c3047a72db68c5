package io.tenantredis.test.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RespFramerTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "+OK;",
        "-ERR no;",
        ":1;",
        "$0;;",
        "$2;\r\n;",
        "$-1;",
        "*-1;",
        "*0;",
        "*2;:1;*2;$1;a;$-1;",
        "_;",
        ",1.5;",
        "#t;",
        "(123456789123456789123456789;",
        "!5;ERR a;",
        "=5;txt:a;",
        "~2;:1;:2;",
        "%1;+k;*1;+v;",
        "%0;",
        ">2;+message;+a;",
        "|1;+k;+v;:7;",
        "*1;|1;+k;+v;:7;",
        "*3;*0;%1;*0;~0;+end;"
      })
  void aFrameEndsWhereTheValueEndsWhereverItIsCut(String value) {
    byte[] frame = lines(value);
    byte[] stream = (new String(frame, US_ASCII) + "+NEXT\r\n").getBytes(US_ASCII);
    for (int cut = 0; cut < frame.length; cut++) {
      RespFramer framer = new RespFramer();
      assertThat(framer.frameEnd(stream, 0, cut)).isEqualTo(RespFramer.INCOMPLETE);
      assertThat(framer.frameEnd(stream, 0, stream.length)).isEqualTo(frame.length);
      assertThat(framer.atBoundary()).isTrue();
      assertThat(framer.frameEnd(stream, frame.length, stream.length)).isEqualTo(stream.length);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"?1;", "$x;", "$-2;", "*;", "*9999999999;", "%-2;", "*1;!;"})
  void whatIsNotRespIsSaidToBeSo(String value) {
    byte[] bytes = lines(value);
    assertThat(new RespFramer().frameEnd(bytes, 0, bytes.length)).isEqualTo(RespFramer.NOT_RESP);
  }

  @Test
  void anEndlessLineIsNotResp() {
    byte[] bytes = ("+" + "x".repeat(70_000)).getBytes(US_ASCII);
    assertThat(new RespFramer().frameEnd(bytes, 0, bytes.length)).isEqualTo(RespFramer.NOT_RESP);
  }

  /** A semicolon stands for the end of a line. */
  private static byte[] lines(String value) {
    return value.replace(";", "\r\n").getBytes(US_ASCII);
  }
}
