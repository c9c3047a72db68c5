package io.tenantredis;

/**
 * What an observation is told of a command's failure: the values of its tags and nothing else. The
 * exception that the application gets may quote the server, and with it keys and users. Has no
 * stack trace and no cause. Immutable and thread-safe.
 */
public final class ObservedFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String errorType;
  private final String statusCode;
  private final String outcome;

  /**
   * A failure.
   *
   * @param errorType the code with its name, or {@code other}
   * @param statusCode the word that the server's error began with, {@code none} or {@code other}
   * @param outcome {@code not_sent}, {@code rejected}, {@code unknown} or {@code other}
   */
  public ObservedFailure(String errorType, String statusCode, String outcome) {
    super(
        errorType + ", server's error: " + statusCode + ", outcome: " + outcome,
        null,
        false,
        false);
    this.errorType = errorType;
    this.statusCode = statusCode;
    this.outcome = outcome;
  }

  /**
   * The value of {@code error.type}.
   *
   * @return the code with its name, such as {@code SEC003_NOPERM}, or {@code other}
   */
  public String errorType() {
    return errorType;
  }

  /**
   * The value of {@code db.response.status_code}.
   *
   * @return the word, {@code none} if the server gave no error, or {@code other}
   */
  public String statusCode() {
    return statusCode;
  }

  /**
   * The value of {@code outcome}.
   *
   * @return the {@link Outcome} in lower case, or {@code other} for a cancelled command
   */
  public String outcome() {
    return outcome;
  }
}
