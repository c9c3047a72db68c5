package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * No password that a test uses, and none of the values that stand for a customer's, is in anything
 * that the whole run of this module's tests wrote: the log at all levels, standard output and
 * error, messages and stack traces of failures. Runs by itself, after all others.
 */
@EnabledIfSystemProperty(named = "tenantredis.output.check", matches = "true")
class OutputSecretsTest {

  /** How tests give a password to a server, to a client, or to the one who checks. */
  private static final List<Pattern> PASSWORDS =
      List.of(
          Pattern.compile("\"[>#]([^\" ][^\"]{7,})\""),
          Pattern.compile("adminUser\\(\"[^\"]+\", \"([^\" ][^\"]{7,})\"\\)"),
          Pattern.compile("requirePass\\(\"([^\" ][^\"]{7,})\"\\)"),
          Pattern.compile("TenantCredentials\\.of\\([^;]*?, \"([^\" ][^\"]{7,})\"\\)"));

  private static final List<String> VALUES =
      List.of(
          "card-number-4111",
          "patient-7781",
          Tenants.password("acme"),
          Tenants.password("globex"),
          "typed-the-password-here");

  @Test
  void nothingSecretIsInTheOutputOfTheWholeTestRun() throws IOException {
    Set<String> secrets = new TreeSet<>(VALUES);
    for (Path source : files(Path.of("src/test/java"), ".java")) {
      String code = Files.readString(source);
      for (Pattern pattern : PASSWORDS) {
        Matcher password = pattern.matcher(code);
        while (password.find()) {
          secrets.add(password.group(1));
        }
      }
    }
    List<Path> output = new ArrayList<>(files(Path.of("target/surefire-reports"), ".xml"));
    output.addAll(files(Path.of("target/surefire-reports"), ".txt"));
    List<Path> logs =
        files(Path.of("target/test-log"), ".log").stream()
            .filter(log -> log.getFileName().toString().startsWith("everything"))
            .toList();
    output.addAll(logs);
    assertThat(secrets).hasSizeGreaterThan(8);
    assertThat(logs).anySatisfy(log -> assertThat(Files.size(log)).isPositive());

    Map<String, String> found = new TreeMap<>();
    for (Path file : output) {
      // Bytes of the tests' own may be no text.
      for (String line :
          new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).split("\n")) {
        if (isOfTheBuild(line)) {
          continue;
        }
        for (String secret : secrets) {
          if (line.contains(secret)) {
            found.putIfAbsent(secret, file + ": " + line.strip());
          }
        }
      }
    }
    assertThat(found).isEmpty();
  }

  /** Surefire writes down the properties of the JVM and the names of tests. */
  private static boolean isOfTheBuild(String line) {
    String stripped = line.strip();
    return stripped.startsWith("<property ") || stripped.startsWith("<testcase ");
  }

  private static List<Path> files(Path root, String ending) {
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(file -> file.toString().endsWith(ending)).toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
