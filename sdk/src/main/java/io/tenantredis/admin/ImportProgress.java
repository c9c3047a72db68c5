package io.tenantredis.admin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** How far an import has come, in a small file beside the imported one. Not thread-safe. */
final class ImportProgress {

  private final Path file;
  private final String what;
  private long position;
  private long keys;
  private long skipped;

  /**
   * Reads what was noted.
   *
   * @param imported the file that is imported
   * @param what which content goes where; notes about something else do not count
   */
  ImportProgress(Path imported, String what) {
    this.file = Path.of(imported + ".progress");
    this.what = what;
    try {
      if (Files.exists(file)) {
        List<String> lines = Files.readAllLines(file);
        if (lines.size() == 4 && lines.get(0).equals(what)) {
          position = Long.parseLong(lines.get(1));
          keys = Long.parseLong(lines.get(2));
          skipped = Long.parseLong(lines.get(3));
        }
      }
    } catch (IOException | NumberFormatException e) {
      throw new AdminException(
          "The notes of an earlier import cannot be read: remove " + file + " to begin anew.", e);
    }
  }

  long position() {
    return position;
  }

  long keys() {
    return keys;
  }

  long skipped() {
    return skipped;
  }

  void note(long newPosition, long newKeys, long newSkipped) {
    Path next = Path.of(file + ".next");
    try {
      Files.writeString(
          next, what + "\n" + newPosition + "\n" + newKeys + "\n" + newSkipped + "\n");
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new AdminException("The progress cannot be noted in " + file, e);
    }
  }

  void forget() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new AdminException(
          "All keys are restored, but " + file + " cannot be removed: remove it.", e);
    }
  }
}
