package io.tenantredis;

/** What is known about a failed command's effect on the server. */
public enum Outcome {
  /** Not a byte of it was sent: it had no effect. */
  NOT_SENT,
  /** The server answered with an error before executing it: it had no effect. */
  REJECTED,
  /** It may have been executed, wholly or (a script, a transaction) in part, or not at all. */
  UNKNOWN
}
