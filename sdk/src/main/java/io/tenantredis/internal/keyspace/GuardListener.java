package io.tenantredis.internal.keyspace;

import io.tenantredis.RefusalReason;

/**
 * Told what a guard refused and what it found in replies. Called on the caller's thread or on a
 * connection's event loop; must be thread-safe and must not block or throw.
 */
public interface GuardListener {

  /** Does nothing. */
  GuardListener NONE =
      new GuardListener() {
        @Override
        public void refused(String command, RefusalReason reason) {}

        @Override
        public void violation(String command, int names) {}
      };

  /**
   * A command was refused and not sent.
   *
   * @param command the command's name as it stands in the table, so that there are only as many as
   *     there are rules; {@code unknown} if it has none
   * @param reason why
   */
  void refused(String command, RefusalReason reason);

  /**
   * A reply, or a message, held names outside the tenant's prefix. They were not handed to the
   * application.
   *
   * @param command the command whose reply it was, as it stands in the table
   * @param names how many foreign names were found, at least 1
   */
  void violation(String command, int names);
}
