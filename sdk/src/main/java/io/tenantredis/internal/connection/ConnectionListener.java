package io.tenantredis.internal.connection;

/** What a connection reports about itself, on its event loop. */
interface ConnectionListener {

  /** A command got no reply in time: replies may be missing. */
  void commandExpired();

  /** Replies do not match commands any more; the connection is being closed. */
  void outOfStep();

  /** The tenant's user may not PING, so that the connection cannot be proved to be in step. */
  void probeNotPermitted();

  /**
   * The channel is gone; called before the commands in flight are failed, so that no new one
   * chooses this connection.
   */
  void disconnected();
}
