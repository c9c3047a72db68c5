package io.tenantredis;

/**
 * Messages are missing, or may be. Redis keeps no messages: what it could not deliver is lost. Who
 * needs the state that they spoke of reads it anew now.
 *
 * @param cause why
 * @param dropped how many were dropped; 0 where nobody can know
 */
public record MessageGap(Cause cause, long dropped) {

  /** Why messages are missing. */
  public enum Cause {
    /** The connection was lost, or taken away. The subscription works again. */
    CONNECTION,
    /** The listener was too slow and its queue full: the oldest messages were dropped. */
    OVERFLOW
  }
}
