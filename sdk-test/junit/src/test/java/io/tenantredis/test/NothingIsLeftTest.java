package io.tenantredis.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** JVMs with tests of the fixture that end, or are ended. */
class NothingIsLeftTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  @Test
  void ofAJvmThatIsKilledInTheMiddleOfATest() throws Exception {
    Process jvm = start("wait");
    try (BufferedReader out = jvm.inputReader()) {
      Left left = Left.read(out);
      assertThat(ProcessHandle.of(left.pid())).isPresent();
      assertThat(left.directory()).exists();
      assertThat(left.portIsOpen()).isTrue();

      jvm.destroyForcibly();

      left.awaitNothing();
    } finally {
      jvm.destroyForcibly();
    }
  }

  @Test
  void ofAJvmWhoseTestsHaveEnded() throws Exception {
    Process jvm = start("end");
    try (BufferedReader out = jvm.inputReader()) {
      Left left = Left.read(out);
      // Without System.exit: a thread that goes on would keep the JVM.
      assertThat(Left.next(out, "threads: ")).isEqualTo("[]");
      assertThat(jvm.waitFor()).isZero();
      left.awaitNothing();
    } finally {
      jvm.destroyForcibly();
    }
  }

  private static Process start(String mode) throws IOException {
    return new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-D" + AbandonedTests.MODE + "=" + mode,
                "-D" + BINARY + "=" + System.getProperty(BINARY, ""),
                "-cp",
                System.getProperty("java.class.path"),
                AbandonedTests.class.getName()))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static final String BINARY = "tenantredis.server.binary";

  private record Left(long pid, Path directory, int port) {

    static Left read(BufferedReader out) throws IOException {
      return new Left(
          Long.parseLong(next(out, "pid: ")),
          Path.of(next(out, "directory: ")),
          Integer.parseInt(next(out, "port: ")));
    }

    /** Behind what may have been logged. */
    static String next(BufferedReader out, String what) throws IOException {
      String line = out.readLine();
      while (line != null && !line.startsWith(what)) {
        line = out.readLine();
      }
      assertThat(line).as(what).isNotNull();
      return line.substring(what.length());
    }

    boolean portIsOpen() {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
        return true;
      } catch (IOException closed) {
        return false;
      }
    }

    void awaitNothing() {
      await().atMost(SOON).until(() -> ProcessHandle.of(pid).isEmpty());
      await().atMost(SOON).until(() -> !Files.exists(directory));
      await().atMost(SOON).until(() -> !portIsOpen());
    }
  }
}
