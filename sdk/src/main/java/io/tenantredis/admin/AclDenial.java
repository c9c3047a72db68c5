package io.tenantredis.admin;

import io.tenantredis.TenantId;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a server denied: one entry of its ACL log, or what was added to one since the last poll.
 *
 * @param node the server, host and port
 * @param entryId the server's number for the entry; empty before Redis 7.2
 * @param reason what was denied
 * @param context where: {@code toplevel}, {@code multi}, {@code lua} or {@code module}
 * @param object the command, or the name of the key or channel: to be kept as closely as the data
 * @param user the user; for {@link Reason#AUTH} what somebody called himself, which may be anything
 * @param tenant whose user that is
 * @param count how often since the last poll, at least 1
 * @param lastAt when the last time was, by the server's account of its age
 * @param client who was denied
 */
public record AclDenial(
    String node,
    OptionalLong entryId,
    Reason reason,
    String context,
    String object,
    String user,
    Optional<TenantId> tenant,
    long count,
    Instant lastAt,
    AclLogClient client) {

  /** What was denied. */
  public enum Reason {
    /** A login. */
    AUTH,
    /** A command. */
    COMMAND,
    /** A key. */
    KEY,
    /** A channel. */
    CHANNEL,
    /** Something that this version does not know. */
    OTHER
  }
}
