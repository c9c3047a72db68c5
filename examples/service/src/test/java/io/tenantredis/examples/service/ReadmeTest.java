package io.tenantredis.examples.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenantredis.test.server.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** The lines of the README print what stands below them, in the shop that it says how to start. */
class ReadmeTest {

  private static final Pattern BLOCK =
      Pattern.compile("```(console|sse)\\n(.*?)```", Pattern.DOTALL);
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir private Path directory;

  static boolean curlIsThere() {
    try {
      return new ProcessBuilder("curl", "--version")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException notThere) {
      return false;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Test
  @Timeout(300)
  @EnabledIf(value = "curlIsThere", disabledReason = "there is no curl on this machine")
  void theLinesOfTheReadmeWorkAsPrinted() throws Exception {
    RedisServer server;
    try (ConfigurableApplicationContext shop = start()) {
      server = shop.getBean(RedisServer.class);
      Process stream = null;
      Path streamed = directory.resolve("stream");
      String expectedOfStream = "";
      Matcher block = BLOCK.matcher(Files.readString(Path.of("README.md")));
      int lines = 0;
      try {
        while (block.find()) {
          if (block.group(1).equals("sse")) {
            expectedOfStream += block.group(2);
            awaitLines(streamed, expectedOfStream);
            continue;
          }
          for (Line line : lines(block.group(2))) {
            lines++;
            String command = line.command().replace("localhost:8080", "localhost:" + port(shop));
            if (command.contains(" -sN ")) {
              stream = start(command, streamed);
              expectedOfStream = line.output();
              awaitLines(streamed, expectedOfStream);
            } else {
              assertThat(printedBy(command)).as(line.command()).isEqualTo(line.output());
            }
          }
        }
        assertThat(lines).isGreaterThan(10);
        assertThat(stream).isNotNull();
        // Closing the shop ends the stream, too: nobody waits for it.
      } finally {
        shop.close();
        if (stream != null && !stream.waitFor(60, TimeUnit.SECONDS)) {
          stream.destroyForcibly();
          throw new AssertionError("the stream of events outlived the shop");
        }
      }
    }
    assertThat(server.isRunning()).isFalse();
  }

  private static ConfigurableApplicationContext start() {
    return SpringApplication.from(ShopApplication::main)
        .with(TestShop.Redis.class)
        .run("--server.port=0")
        .getApplicationContext();
  }

  private static String port(ConfigurableApplicationContext shop) {
    return shop.getEnvironment().getRequiredProperty("local.server.port");
  }

  private record Line(String command, String output) {}

  private static List<Line> lines(String block) {
    List<Line> lines = new ArrayList<>();
    for (String part : block.split("(?m)^\\$ ")) {
      if (!part.isEmpty()) {
        int end = part.indexOf('\n');
        lines.add(new Line(part.substring(0, end), part.substring(end + 1)));
      }
    }
    return lines;
  }

  /** Without the empty lines between the events, and without heartbeats. */
  private static void awaitLines(Path streamed, String expected) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(
                        Files.readString(streamed)
                            .lines()
                            .filter(line -> !line.isEmpty() && !line.equals(":")))
                    .isEqualTo(expected.lines().toList()));
  }

  private String printedBy(String command) throws IOException, InterruptedException {
    Path output = directory.resolve("output");
    Process shell = start(command, output);
    if (!shell.waitFor(90, TimeUnit.SECONDS)) {
      shell.destroyForcibly();
      throw new AssertionError("did not end: " + command);
    }
    String printed = Files.readString(output);
    return printed.isEmpty() || printed.endsWith("\n") ? printed : printed + "\n";
  }

  private Process start(String command, Path output) throws IOException {
    ProcessBuilder shell = new ProcessBuilder("sh", "-c", command);
    shell.environment().put("no_proxy", "*");
    return shell
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
  }
}
