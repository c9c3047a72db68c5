package io.tenantredis.admin;

import java.util.OptionalLong;

/**
 * Denials of which the log no longer held an entry when it was read.
 *
 * @param node the server, host and port
 * @param cause why they were lost
 * @param denials how many; empty if nobody can know, because the server has restarted
 * @param entries how many entries of the log they were, which the server joins when they repeat;
 *     empty before Redis 7.2
 */
public record AclLogLoss(String node, Cause cause, OptionalLong denials, OptionalLong entries) {

  /** Why denials were lost. */
  public enum Cause {
    /**
     * More different ones than {@code acllog-max-len} came between two polls, or somebody emptied
     * the log.
     */
    OVERFLOW,
    /** The server restarted, and took along what came after the last poll before. */
    SERVER_RESTARTED
  }
}
