package io.tenantredis.test.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NothingSurvivesTheJvmTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  @ParameterizedTest
  @ValueSource(strings = {"running", "frozen"})
  void aJvmKilledWithSigkillLeavesNoProcessAndNoFiles(String mode) throws Exception {
    Process jvm = startJvm(mode);
    try (BufferedReader out = jvm.inputReader()) {
      long pid = Long.parseLong(out.readLine());
      Path directory = Path.of(out.readLine());
      Path certificates = Path.of(out.readLine());
      assertThat(ProcessHandle.of(pid)).isPresent();
      assertThat(directory).exists();
      assertThat(certificates).exists();

      jvm.destroyForcibly();

      await().atMost(SOON).until(() -> ProcessHandle.of(pid).isEmpty());
      await().atMost(SOON).until(() -> !directory.toFile().exists());
      await().atMost(SOON).until(() -> !certificates.toFile().exists());
    } finally {
      jvm.destroyForcibly();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = "exit")
  void aJvmThatEndsWithoutClosingLeavesNoProcessAndNoFiles(String mode) throws Exception {
    Process jvm = startJvm(mode);
    try (BufferedReader out = jvm.inputReader()) {
      long pid = Long.parseLong(out.readLine());
      Path directory = Path.of(out.readLine());
      assertThat(jvm.waitFor()).isZero();
      assertThat(ProcessHandle.of(pid)).isEmpty();
      assertThat(directory).doesNotExist();
    } finally {
      jvm.destroyForcibly();
    }
  }

  private static Process startJvm(String mode) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            List.of(
                java,
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                AbandonedServerMain.class.getName(),
                mode))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }
}
