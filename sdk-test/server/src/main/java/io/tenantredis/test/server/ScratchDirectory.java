package io.tenantredis.test.server;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A temporary directory that is removed when it is closed or when this JVM ends in whatever way,
 * together with at most one process that works in it.
 *
 * <p>A tiny shell sees to that. It reads from a pipe whose other end only this JVM holds: when the
 * JVM ends, the pipe does too, and the shell kills the process and removes the directory.
 */
final class ScratchDirectory implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ScratchDirectory.class);

  /** Interrupts from the terminal go to the whole process group; the shell must outlast them. */
  private static final String WATCHDOG =
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

  private final Path path;
  private final Process watchdog;

  private ScratchDirectory(Path path, Process watchdog) {
    this.path = path;
    this.watchdog = watchdog;
  }

  static ScratchDirectory create() {
    try {
      Path path = Files.createTempDirectory("tenant-redis-").toAbsolutePath();
      Process watchdog =
          new ProcessBuilder("/bin/sh", "-c", WATCHDOG, "tenant-redis-watchdog", path.toString())
              .directory(path.getRoot().toFile())
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.DISCARD)
              .start();
      return new ScratchDirectory(path, watchdog);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot create a temporary directory and watch over it", e);
    }
  }

  Path path() {
    return path;
  }

  /** From now on this process is killed when the JVM ends. */
  void guard(long pid) {
    tell(Long.toString(pid));
  }

  /** The guarded process has ended; its id may soon be another's. */
  void unguard() {
    tell("");
  }

  /** Removes the directory. The process must have ended. */
  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
      tell("done");
    } catch (IOException | UncheckedIOException e) {
      log.warn("cannot remove {} now; it is tried again when the JVM ends", path, e);
    }
  }

  private synchronized void tell(String line) {
    try {
      OutputStream stdin = watchdog.getOutputStream();
      stdin.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
      stdin.flush();
    } catch (IOException gone) {
      // Somebody killed the watchdog itself. What closes servers at an orderly end of the JVM is
      // still there.
      log.debug("the watchdog of {} is gone", path, gone);
    }
  }
}
