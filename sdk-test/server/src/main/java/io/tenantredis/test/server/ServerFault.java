package io.tenantredis.test.server;

/**
 * A state of trouble that a {@link RedisServer} was put into and can be taken out of again.
 *
 * @see RedisServer#faults()
 */
public final class ServerFault implements AutoCloseable {

  private final RedisServer server;
  private final long run;
  private final Runnable undo;
  private boolean healed;

  ServerFault(RedisServer server, Runnable undo) {
    this.server = server;
    this.run = server.pid();
    this.undo = undo;
  }

  /**
   * Takes the server out of it, and returns when that has happened. A fault that was healed before,
   * or whose server was stopped or restarted since, is gone already.
   */
  public synchronized void heal() {
    if (!healed) {
      healed = true;
      if (server.isRunning() && server.pid() == run) {
        undo.run();
      }
    }
  }

  /** The same as {@link #heal()}. */
  @Override
  public void close() {
    heal();
  }
}
