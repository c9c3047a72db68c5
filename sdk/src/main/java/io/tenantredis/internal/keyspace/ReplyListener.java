package io.tenantredis.internal.keyspace;

/**
 * Told how one attempt at a command ended: exactly one of the two methods is called, once, mostly
 * on a connection's event loop. It decides whether the application's command gets this end or
 * another attempt is made. Must not block.
 */
public interface ReplyListener {

  /**
   * The reply is complete; {@link GuardedCommand#replyError()} says whether it is an error.
   *
   * @param command the attempt
   */
  void onReply(GuardedCommand<?, ?, ?> command);

  /**
   * There will be no reply: the connection was lost, or the command was cancelled or could not be
   * written.
   *
   * @param command the attempt
   * @param cause what happened
   */
  void onFailure(GuardedCommand<?, ?, ?> command, Throwable cause);
}
