package io.tenantredis.internal.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tenantredis.ErrorCode;
import io.tenantredis.Outcome;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.test.server.RedisServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of error replies. */
class ServerErrorTest {

  private static final TenantId ACME = TenantId.of("acme");

  /** The server's program holds its error replies in the form {@code -WORD text}. */
  @Test
  void everyErrorWordInTheServersProgramIsInTheTable() throws IOException {
    Set<String> words = new TreeSet<>();
    for (Path program : programOfTheServer()) {
      Matcher errors =
          Pattern.compile("\\x00-([A-Z]{2,}) [\\x20-\\x7e]")
              .matcher(Files.readString(program, StandardCharsets.ISO_8859_1));
      while (errors.find()) {
        words.add(errors.group(1));
      }
    }
    assertThat(words).hasSizeGreaterThan(20);
    assertThat(Arrays.stream(ServerError.values()).map(Enum::name)).containsAll(words);
  }

  private static List<Path> programOfTheServer() throws IOException {
    assumeTrue(Files.isDirectory(Path.of("/proc/self")), "only Linux shows what a process runs");
    try (RedisServer server = RedisServer.start();
        Stream<String> maps = Files.lines(Path.of("/proc/" + server.pid() + "/maps"))) {
      return maps.filter(line -> line.contains("/"))
          .map(line -> line.substring(line.indexOf('/')))
          .filter(path -> path.matches(".*/(redis|valkey)[^/]*"))
          .distinct()
          .map(Path::of)
          .toList();
    }
  }

  @ParameterizedTest
  @EnumSource(ServerError.class)
  void aReplyBecomesAFailureWithTheCodeAndOutcomeOfItsRow(ServerError error) {
    RuntimeException failure = Failures.ofReply(ACME, "SET", error.name() + " some text", false);
    assertThat(failure)
        .hasMessageStartingWith(error.name() + " some text")
        .isInstanceOfSatisfying(
            TenantRedisFailure.class,
            typed -> {
              assertThat(typed.code()).isEqualTo(error.code());
              assertThat(typed.outcome()).isEqualTo(error.errorClass().outcome());
            });
  }

  @ParameterizedTest
  @EnumSource(ServerError.class)
  void whateverAScriptAnswersItsOutcomeIsUnknown(ServerError error) {
    assertThat(Failures.ofReply(ACME, "EVAL", error.name() + " some text", true))
        .isInstanceOfSatisfying(
            TenantRedisFailure.class,
            typed -> assertThat(typed.outcome()).isEqualTo(Outcome.UNKNOWN));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ERR max number of clients reached",
        "ERR max number of clients + cluster connections reached"
      })
  void tooManyClientsPassesByItselfThoughItsWordIsErr(String line) {
    assertThat(ServerError.classOf(line)).isEqualTo(ErrorClass.RETRY_SAFE);
    assertThat(ServerError.codeOf(line)).isEqualTo(ErrorCode.TR002);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "NEWWORD some text", "LOADINGS text", "loading text", "-", "Err x"})
  void aWordThatIsNotInTheTableIsPermanent(String line) {
    assertThat(ServerError.classOf(line)).isEqualTo(ErrorClass.PERMANENT);
    assertThat(ServerError.codeOf(line)).isEqualTo(ErrorCode.TR001);
  }

  @Test
  void theArgumentsThatAServerQuotesAreNotRepeated() {
    assertThat(
            Failures.ofReply(
                ACME,
                "SET",
                "ERR unknown command 'SOT', with args beginning with: 'key' 'secret' ",
                false))
        .hasMessageNotContaining("secret");
  }
}
