package io.tenantredis.internal.connection;

/**
 * Ends a command whose deadline passed. One instance: what its stack would show is the timer, not
 * the caller.
 */
@SuppressWarnings("StaticAssignmentOfThrowable")
public final class DeadlineExceeded extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public static final DeadlineExceeded INSTANCE = new DeadlineExceeded();

  private DeadlineExceeded() {
    super("deadline exceeded", null, false, false);
  }
}
