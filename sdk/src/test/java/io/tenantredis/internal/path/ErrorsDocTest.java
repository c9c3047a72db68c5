package io.tenantredis.internal.path;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.tenantredis.ErrorCode;
import io.tenantredis.Outcome;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.internal.error.ServerError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/errors.md says what the code says. {@code -Dtenantredis.docs.write=true} writes it. */
class ErrorsDocTest {

  private static final Path DOCUMENT = Path.of("..", "docs", "errors.md");
  private static final Path SOURCES = Path.of("src", "main", "java", "io", "tenantredis");

  @Test
  void theDocumentIsWhatTheCodeSays() throws IOException {
    String document = document();
    if (Boolean.getBoolean("tenantredis.docs.write")) {
      Files.writeString(DOCUMENT, document);
    }
    assertThat(Files.readString(DOCUMENT))
        .as("write it: mvn -pl sdk -am test -Dtest=ErrorsDocTest -Dtenantredis.docs.write=true")
        .isEqualTo(document);
  }

  private static String document() throws IOException {
    StringBuilder text = new StringBuilder(INTRODUCTION);
    codes(text);
    text.append(EXCEPTIONS);
    exceptions(text);
    text.append(REPLIES);
    replies(text);
    return text.append(NOT_IN_THE_TABLE).toString();
  }

  private static void row(StringBuilder text, Object... cells) {
    for (Object cell : cells) {
      text.append("| ").append(cell).append(' ');
    }
    text.append("|\n");
  }

  private static void codes(StringBuilder text) throws IOException {
    row(text, "Code", "Label", "Meaning", "Sent again", "Circuit breaker");
    row(text, "---", "---", "---", "---", "---");
    Map<String, String> meanings = meaningsOfCodes();
    for (ErrorCode code : ErrorCode.values()) {
      row(
          text,
          code,
          code.label(),
          meanings.getOrDefault(code.name(), ""),
          sentAgain(code),
          breaker(code));
    }
  }

  private static String sentAgain(ErrorCode code) {
    assertThat(RetryRule.permits(code, Outcome.UNKNOWN, false)).isFalse();
    boolean notSent = RetryRule.permits(code, Outcome.NOT_SENT, false);
    if (RetryRule.permits(code, Outcome.UNKNOWN, true)) {
      assertThat(notSent && RetryRule.permits(code, Outcome.REJECTED, false)).isTrue();
      return "if it had no effect or may run twice";
    }
    return notSent ? "if it was not sent" : "never";
  }

  private static String breaker(ErrorCode code) {
    return switch (RetryRule.healthAfter(code, Outcome.UNKNOWN)) {
      case SICK -> "a failure";
      case GOOD -> "a success: the server answered";
      case UNKNOWN -> "does not count";
    };
  }

  private static void exceptions(StringBuilder text) throws IOException {
    row(text, "Exception", "Extends", "Raised when");
    row(text, "---", "---", "---");
    List<JavaClass> types =
        new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.tenantredis")
                .stream()
                .filter(type -> type.isAssignableTo(TenantRedisFailure.class))
                .filter(type -> !type.isInterface())
                .sorted(Comparator.comparing(JavaClass::getSimpleName))
                .toList();
    assertThat(types).hasSizeGreaterThan(10);
    for (JavaClass type : types) {
      Path source =
          SOURCES.resolve(
              type.getName().substring("io.tenantredis.".length()).replace('.', '/') + ".java");
      row(
          text,
          "`" + type.getSimpleName() + "`",
          "`" + type.getRawSuperclass().orElseThrow().getSimpleName() + "`",
          firstSentence(javadocOfType(Files.readString(source))));
    }
  }

  private static void replies(StringBuilder text) {
    row(text, "Error", "From", "Meaning", "Code", "Outcome", "Policy");
    row(text, "---", "---", "---", "---", "---", "---");
    for (ServerError error : ServerError.values()) {
      reply(text, error.name(), error.source().text(), error.meaning(), error.name() + " text");
    }
    reply(
        text,
        "ERR max number of clients ...",
        ServerError.Source.ANY.text(),
        "maxclients is reached",
        "ERR max number of clients reached");
  }

  private static void reply(
      StringBuilder text, String error, String source, String meaning, String line) {
    row(
        text,
        "`" + error + "`",
        source,
        meaning,
        ServerError.codeOf(line),
        ServerError.classOf(line).outcome(),
        ServerError.classOf(line).policy());
  }

  private static Map<String, String> meaningsOfCodes() throws IOException {
    Matcher constants =
        Pattern.compile("/\\*\\*((?:(?!\\*/).)*)\\*/\\s*([A-Z]+\\d+)\\(", Pattern.DOTALL)
            .matcher(Files.readString(SOURCES.resolve("ErrorCode.java")));
    Map<String, String> meanings = new LinkedHashMap<>();
    while (constants.find()) {
      meanings.put(constants.group(2), plain(constants.group(1)));
    }
    return meanings;
  }

  private static String javadocOfType(String source) {
    Matcher matcher =
        Pattern.compile(
                "/\\*\\*((?:(?!\\*/).)*)\\*/\\s*(?:@[^\\n]*\\n)*(?:public )?(?:final )?class ",
                Pattern.DOTALL)
            .matcher(source);
    assertThat(matcher.find()).isTrue();
    return plain(matcher.group(1));
  }

  private static String plain(String javadoc) {
    return javadoc
        .replaceAll("\\s*\\n\\s*\\*", " ")
        .replaceAll("\\{@(?:link|code) #?([^}]*)}", "`$1`")
        .replaceAll("\\s+", " ")
        .trim();
  }

  private static String firstSentence(String text) {
    Matcher end = Pattern.compile("\\.(?: |$)").matcher(text);
    return end.find() ? text.substring(0, end.start() + 1) : text;
  }

  private static final String INTRODUCTION =
      """
      # Errors

      <!-- Written by ErrorsDocTest from the code. Do not edit. -->

      Every failure of a command is an exception that implements `TenantRedisFailure`. It carries a stable code, the tenant,
      the command and the outcome, never a key's value, a password or a URL with a secret. It extends what plain Lettuce
      raises for the same failure, so existing catch blocks keep working. Two kinds of failure stay what they are in plain
      Lettuce: `RedisCommandInterruptedException` for an interrupted caller, `CancellationException` for a command that the
      application cancelled.

      The outcome answers the question that matters after a failure, whether the command had an effect:

      - `NOT_SENT`: not a byte of it left. It had none.
      - `REJECTED`: the server answered with an error instead of executing it. It had none.
      - `UNKNOWN`: it may have been executed, wholly or in part, or not at all. Check before you repeat a command that must
        not run twice. Of several attempts at a write this is the outcome if any of them may have been executed; the exception is then
        that one's, and the last one's is suppressed in it.

      A transaction's commands end with `EXEC`: if its reply is lost all of them are `UNKNOWN`, and if the server did not get it they are `NOT_SENT`. If the
      server refuses `MULTI`, what was sent behind it without waiting for that was executed by itself: `EXEC` fails, and they are `UNKNOWN`. After a
      command of a transaction was refused only `DISCARD` ends it. To cancel `MULTI`, `EXEC`, `DISCARD` or a command of a transaction ends the waiting and not
      the command.

      ## Codes

      What "may run twice" is decided by the command table: `GET` and `SET` may, `INCR` and `LPUSH` may not. An application
      that knows better says so with `TenantClient.retrying(RetryMode.ALWAYS)`; with `RetryMode.NEVER` nothing is sent again.
      In any case a command ends at its deadline, is sent `maxAttempts` times at most, and is not sent again once its reply
      has begun to arrive.

      """;

  private static final String EXCEPTIONS =
      """

      ## Exceptions

      """;

  private static final String REPLIES =
      """

      ## Error replies of servers

      The first word of an error decides. A word that is not in the table is treated like `ERR`. The words are those of
      Redis 7 and 8, Valkey 8, Redis Cluster and Sentinel; a test reads the server's own program for words that are missing.

      """;

  private static final String NOT_IN_THE_TABLE =
      """

      The word of an error proves nothing where a script raised it: scripts run other commands, whose effects stay, and can
      make up errors. Whatever a script or a function answers, its outcome is `UNKNOWN`, and it is sent again only with
      `RetryMode.ALWAYS`.

      Modules (JSON, search, Bloom filters, time series, vector sets) raise errors with other words, or without one, such as
      `Index already exists`: they are treated like `ERR`. A module's write that fails so has the outcome `UNKNOWN`, because a
      module does not say whether it undid what it had begun; one that only reads has `REJECTED`. `ERR unknown command`,
      `ERR wrong number of arguments` and the other words of the table mean for a module's command what they mean for any other.
      """;
}
