package io.tenantredis.admin;

/**
 * What became of work on all keys of a tenant.
 *
 * @param action what was done
 * @param dryRun true if it was only counted, and nothing was changed
 * @param keys how many keys were exported, restored or deleted
 * @param skipped how many were left as they are: they existed, or had expired
 * @param remaining how many keys of the tenant were there afterwards, for a deletion; otherwise 0
 * @param sha256 the checksum of the content of the file, empty if there is none
 */
public record DataReport(
    String action, boolean dryRun, long keys, long skipped, long remaining, String sha256) {

  /**
   * This report for programs.
   *
   * @return a JSON object with the fields of this record
   */
  public String toJson() {
    return Json.pretty(
        Json.object(
            "action", action,
            "dryRun", dryRun,
            "keys", keys,
            "skipped", skipped,
            "remaining", remaining,
            "sha256", sha256));
  }
}
