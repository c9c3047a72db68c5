package io.tenantredis.admin;

/**
 * How far the adoption of a tenant's keys has come, or what became of it.
 *
 * @param action {@code copy} or {@code verify}
 * @param dryRun true if nothing was changed
 * @param finished whether all keys were seen
 * @param legacyKeys how many keys the tenant has under legacy names
 * @param done how many were copied, or would be; when verifying, how many are the same under both
 *     names
 * @param present how many were left as they are, because the prefixed name was there; 0 when
 *     verifying
 * @param different how many are there under both names, with another value, type or time to live; 0
 *     when copying
 * @param missing how many are not there under the prefixed name; 0 when copying
 * @param gone how many expired or were deleted under their legacy name meanwhile
 */
public record AdoptionReport(
    String action,
    boolean dryRun,
    boolean finished,
    long legacyKeys,
    long done,
    long present,
    long different,
    long missing,
    long gone) {

  /**
   * Whether every legacy key was found with the same value under the prefixed name.
   *
   * @return true for a finished verification without differences
   */
  public boolean isVerified() {
    return action.equals("verify") && finished && different == 0 && missing == 0;
  }

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
            "finished", finished,
            "legacyKeys", legacyKeys,
            "done", done,
            "present", present,
            "different", different,
            "missing", missing,
            "gone", gone));
  }
}
