package io.tenantredis.test.server;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the server printed, in a file. Only its end is ever read. */
final class ServerLog {

  private static final int MAX_TAIL = 16 * 1024;

  private final Path file;
  private long start;

  ServerLog(Path file) {
    this.file = file;
  }

  Path file() {
    return file;
  }

  /** What was printed before now belongs to an earlier run. */
  void beginRun() {
    start = size();
  }

  /** The last 16 KiB at most of what the current run printed. */
  String tail() {
    long end = size();
    long from = Math.max(start, end - MAX_TAIL);
    try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
      byte[] bytes = new byte[(int) Math.max(0, end - from)];
      log.seek(from);
      log.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  private long size() {
    try {
      return Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      return 0;
    }
  }
}
