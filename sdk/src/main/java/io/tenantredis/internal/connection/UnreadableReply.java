package io.tenantredis.internal.connection;

/** Ends a command whose reply arrived but could not be turned into its result. */
public final class UnreadableReply extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final Throwable reason;

  UnreadableReply(Throwable reason) {
    super("unreadable reply", reason, false, false);
    this.reason = reason;
  }

  /** What the output or the codec threw. */
  public Throwable reason() {
    return reason;
  }
}
