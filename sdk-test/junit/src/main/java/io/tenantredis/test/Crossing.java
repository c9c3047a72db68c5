package io.tenantredis.test;

/**
 * Something of one tenant that another one, or nobody's connection, got hold of.
 *
 * @param kind what crossed
 * @param phase when: while which tenants' code ran
 * @param evidence what was seen: names, commands, users; no values but the marks of the
 *     verification
 */
public record Crossing(Kind kind, String phase, String evidence) {

  /** What crossed. */
  public enum Kind {
    /** A key was named, written or deleted by who is not its tenant. */
    KEY,
    /** A channel was named by who is not its tenant. */
    CHANNEL,
    /** A tenant's code was answered with, or stored, text of somebody else. */
    REPLY,
    /** Code used a connection that is not its tenant's. */
    CONNECTION,
    /** A command reached the whole server. */
    SERVER,
    /** The server refused a tenant's user what is not the tenant's: the last fence held. */
    ATTEMPT
  }

  @Override
  public String toString() {
    return kind + " (" + phase + "): " + evidence;
  }
}
