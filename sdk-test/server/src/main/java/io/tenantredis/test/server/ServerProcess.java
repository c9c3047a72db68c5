package io.tenantredis.test.server;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One run of a server binary, as a child of this JVM. */
final class ServerProcess {

  private static final Duration SIGNAL_TIMEOUT = Duration.ofSeconds(5);

  private final Process process;

  private ServerProcess(Process process) {
    this.process = process;
  }

  /** Starts the command in the directory, with its output appended to the log. */
  static ServerProcess launch(List<String> command, ScratchDirectory directory, Path log) {
    List<String> gated =
        new ArrayList<>(List.of("/bin/sh", "-c", "read -r go && exec \"$@\" </dev/null", "sh"));
    gated.addAll(command);
    try {
      Process process =
          new ProcessBuilder(gated)
              .directory(directory.path().toFile())
              .redirectErrorStream(true)
              .redirectOutput(Redirect.appendTo(log.toFile()))
              .start();
      // The shell becomes the server only when told to, after the watchdog knows its id: at no
      // moment can the JVM die
      // and leave a server that nobody guards.
      directory.guard(process.pid());
      var unused = process.onExit().thenRun(directory::unguard);
      try (OutputStream gate = process.getOutputStream()) {
        gate.write("go\n".getBytes(StandardCharsets.US_ASCII));
      }
      return new ServerProcess(process);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + command.get(0), e);
    }
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  int exitStatus() {
    return process.exitValue();
  }

  /** SIGTERM: the server saves what it is configured to save and exits. */
  void terminate() {
    process.destroy();
  }

  /** SIGKILL, and waits until the process is gone. */
  void kill() {
    // A child that writes a snapshot or rewrites the AOF would go on writing into the directory.
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    if (!awaitExit(SIGNAL_TIMEOUT)) {
      throw new RedisServerException(
          "process " + pid() + " survived SIGKILL for " + SIGNAL_TIMEOUT.toSeconds() + " s");
    }
  }

  /** SIGSTOP, and waits until the process is stopped. */
  void stop() {
    signal("STOP");
    awaitStopped();
  }

  /** SIGCONT. */
  void resume() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      Process kill =
          new ProcessBuilder(
                  "/bin/sh", "-c", "kill -s \"$1\" \"$2\"", "sh", name, Long.toString(pid()))
              .redirectErrorStream(true)
              .redirectOutput(Redirect.DISCARD)
              .start();
      if (!Uninterruptibly.exited(kill, SIGNAL_TIMEOUT) || kill.exitValue() != 0) {
        throw new RedisServerException(
            "cannot send SIG" + name + " to process " + pid() + ": is it running?");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot send SIG" + name, e);
    }
  }

  /**
   * A signal is delivered asynchronously; where the kernel tells (Linux), wait until the process
   * has really stopped.
   */
  private void awaitStopped() {
    Path stat = Path.of("/proc", Long.toString(pid()), "stat");
    long deadline = System.nanoTime() + SIGNAL_TIMEOUT.toNanos();
    while (Files.exists(stat) && !stateOf(stat).equals("T")) {
      if (System.nanoTime() - deadline > 0) {
        throw new RedisServerException("process " + pid() + " does not stop");
      }
      awaitExit(Duration.ofMillis(1));
    }
  }

  private static String stateOf(Path stat) {
    try {
      String line = Files.readString(stat);
      int afterName = line.lastIndexOf(')') + 2;
      return line.substring(afterName, afterName + 1);
    } catch (IOException | IndexOutOfBoundsException e) {
      return "gone";
    }
  }

  /** Waits for the process to end; false when it has not after this time. */
  boolean awaitExit(Duration timeout) {
    return Uninterruptibly.exited(process, timeout);
  }

  /**
   * The process's waits must end with the process gone even on an interrupted thread, as in {@code
   * close()}.
   */
  private static final class Uninterruptibly {

    static boolean exited(Process process, Duration timeout) {
      boolean interrupted = Thread.interrupted();
      long deadline = System.nanoTime() + timeout.toNanos();
      try {
        while (true) {
          try {
            return process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
