package io.tenantredis.admin;

import java.time.Duration;

/**
 * How far the move of a tenant has come, or what became of it.
 *
 * @param action {@code copy}, {@code cut over} or {@code finish}; the command-line tool also says
 *     {@code abort}
 * @param finished whether all keys were seen
 * @param keys how many keys were looked at on the old servers; when finishing, how many were
 *     deleted there
 * @param copied how many of them were different on the new servers, or missing, and were copied
 * @param same how many were the same already
 * @param gone how many expired or were deleted meanwhile
 * @param removed how many keys were deleted from the new servers because they were no longer on the
 *     old ones
 * @param window how long the tenant could not write; zero but for a cut over
 */
public record MoveReport(
    String action,
    boolean finished,
    long keys,
    long copied,
    long same,
    long gone,
    long removed,
    Duration window) {

  MoveReport withWindow(Duration longer) {
    return new MoveReport(action, finished, keys, copied, same, gone, removed, longer);
  }

  /**
   * This report for programs.
   *
   * @return a JSON object with the fields of this record, the window as {@code windowMillis}
   */
  public String toJson() {
    return Json.pretty(
        Json.object(
            "action", action,
            "finished", finished,
            "keys", keys,
            "copied", copied,
            "same", same,
            "gone", gone,
            "removed", removed,
            "windowMillis", window.toMillis()));
  }
}
