package io.tenantredis.internal.error;

import io.tenantredis.Outcome;

/** What may be done after a server's error reply, and what it says about the server's health. */
public enum ErrorClass {
  /**
   * The server did not execute the command, for a reason that passes by itself: any command may be
   * tried again. Counts against the server in circuit breakers.
   */
  RETRY_SAFE(Outcome.REJECTED, "tried again, whatever the command"),
  /**
   * Slots of a cluster are on the move and another node has the key, or will have it in a moment:
   * any command may be tried again. Such a cluster is well.
   */
  REDIRECT(Outcome.REJECTED, "tried again, whatever the command"),
  /**
   * The server did not execute the command and will not until its role changes: any command may be
   * tried again, on a new connection, for which the endpoint is resolved again. Counts against the
   * server in circuit breakers.
   */
  RECONNECT(Outcome.REJECTED, "tried again on a new connection, whatever the command"),
  /**
   * The server refuses writes until somebody helps it. Not tried again, and no reason to keep the
   * tenants from reading.
   */
  WRITES_REFUSED(Outcome.REJECTED, "not tried again"),
  /** Part of the work may have been done: not tried again. */
  MAYBE_EXECUTED(Outcome.UNKNOWN, "not tried again"),
  /** The command is wrong or forbidden: never tried again, and no sign of a sick server. */
  PERMANENT(Outcome.REJECTED, "not tried again");

  private final Outcome outcome;
  private final String policy;

  ErrorClass(Outcome outcome, String policy) {
    this.outcome = outcome;
    this.policy = policy;
  }

  /** What an error of this class says of the command, unless a script or a module raised it. */
  public Outcome outcome() {
    return outcome;
  }

  /** What the SDK does, for the documentation. */
  public String policy() {
    return policy;
  }
}
