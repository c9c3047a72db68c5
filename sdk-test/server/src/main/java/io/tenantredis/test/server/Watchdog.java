package io.tenantredis.test.server;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A tiny shell that outlives this JVM to clean up after it. It reads from a pipe whose other end
 * only this JVM holds; when the JVM ends in whatever way, the pipe ends too, and the shell kills
 * the server and removes its directory.
 */
final class Watchdog {

  /** Interrupts from the terminal go to the whole process group; the watchdog must outlast them. */
  private static final String SCRIPT =
      """
      trap '' INT TERM HUP
      pid=
      while read -r line; do
        case $line in
          done) exit 0 ;;
          *) pid=$line ;;
        esac
      done
      [ -z "$pid" ] || kill -9 "$pid"
      rm -rf "$1" || { sleep 1; rm -rf "$1"; }
      """;

  private final Process process;

  private Watchdog(Process process) {
    this.process = process;
  }

  /** Starts a watchdog that will remove the directory. */
  static Watchdog start(Path directory) {
    try {
      return new Watchdog(
          new ProcessBuilder("/bin/sh", "-c", SCRIPT, "tenant-redis-watchdog", directory.toString())
              .directory(directory.getRoot().toFile())
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.DISCARD)
              .start());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start /bin/sh to watch over the server", e);
    }
  }

  /** From now on this process is killed when the JVM ends. */
  void guard(long pid) {
    tell(Long.toString(pid));
  }

  /** The guarded process has ended; its id may soon be another's. */
  void unguard() {
    tell("");
  }

  /** The process is gone and the directory removed: nothing is left to do. */
  void standDown() {
    tell("done");
  }

  private synchronized void tell(String line) {
    try {
      OutputStream stdin = process.getOutputStream();
      stdin.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
      stdin.flush();
    } catch (IOException gone) {
      // Somebody killed the watchdog itself. The shutdown hook still cleans up after an orderly end
      // of the JVM.
    }
  }
}
