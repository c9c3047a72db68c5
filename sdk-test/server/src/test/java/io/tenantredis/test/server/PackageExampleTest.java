package io.tenantredis.test.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PackageExampleTest {

  @Test
  void theExampleOfThePackageWorks() {
    // example
    try (RedisServer server =
            RedisServer.builder()
                .user("tenant_acme", "on", ">s3cret", "~tenant:acme:*", "+@write", "+@read")
                .setting("maxmemory", "64mb")
                .appendOnly()
                .start();
        WireProxy proxy = WireProxy.to(server)) {

      // The server executes the second INCR, but its reply never arrives.
      WireFault lostReply = proxy.onCommand("INCR").skipping(1).once().dropReply();
      try (RespConnection acme = RespConnection.connect(proxy.host(), proxy.port())) {
        acme.auth("tenant_acme", "s3cret");
        assertThat(acme.integer("INCR", "tenant:acme:n")).isEqualTo(1);
        acme.timeout(Duration.ofSeconds(1));
        assertThatThrownBy(() -> acme.integer("INCR", "tenant:acme:n"))
            .isInstanceOf(UncheckedIOException.class);
      }
      assertThat(lostReply.hits()).isEqualTo(1);
      assertThat(proxy.commandsSeen("INCR")).isEqualTo(2);

      // The AOF knows both, even after SIGKILL.
      await().until(() -> server.admin().text("GET", "tenant:acme:n").equals("2"));
      server.kill9();
      server.restart();
      assertThat(server.admin().text("GET", "tenant:acme:n")).isEqualTo("2");

      try (ServerFault full = server.faults().outOfMemory()) {
        assertThat(server.admin().tryCommand("SET", "a", "1"))
            .isInstanceOfSatisfying(RespError.class, e -> assertThat(e.code()).isEqualTo("OOM"));
      }
    }
    // end of example
  }

  @Test
  void theExampleOfThePackageIsTheOneTestedHere() throws IOException {
    String folder = "java/io/tenantredis/test/server/";
    String test = Files.readString(Path.of("src/test", folder, "PackageExampleTest.java"));
    String documentation = Files.readString(Path.of("src/main", folder, "package-info.java"));
    String documented =
        between(documentation, "<pre>{@code\n", " * }</pre>")
            .lines()
            .map(line -> line.replaceFirst("^ \\* ?", ""))
            .collect(Collectors.joining("\n"));
    assertThat(between(test, "// example\n", "    // end of example").stripTrailing().stripIndent())
        .isEqualTo(documented);
  }

  private static String between(String text, String from, String to) {
    int start = text.indexOf(from) + from.length();
    return text.substring(start, text.indexOf(to, start));
  }
}
