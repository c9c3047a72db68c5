package io.tenantredis.internal.path;

import org.jspecify.annotations.Nullable;

/**
 * One job on the way of a command to the server and back. One instance serves all commands of a
 * tenant: what belongs to one command is in its {@link Call}.
 *
 * <p>A stage passes a call on with {@link Call#proceed()} or ends the attempt with {@link
 * Call#settle}. On the way back each stage that the attempt passed is told, innermost first, and
 * passes the result on with {@link Call#settle} unless it starts the call again. Any thread; must
 * not block.
 */
interface Stage {

  /** The call on its way to the server. */
  void send(Call call);

  /**
   * The call on its way back.
   *
   * @param failure why the attempt failed, or null when a reply without an error has arrived
   */
  void settled(Call call, @Nullable Throwable failure);
}
