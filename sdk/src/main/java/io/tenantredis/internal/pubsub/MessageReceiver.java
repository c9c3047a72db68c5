package io.tenantredis.internal.pubsub;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription tells the application, one call after the other, never on an event loop. What
 * it throws is logged.
 */
public interface MessageReceiver {

  /**
   * A message.
   *
   * @param pattern the pattern that matched, as the application gave it; null for a channel
   * @param channel the channel, or the key of an event, without what the server's name for it
   *     begins with
   * @param payload the message
   */
  void message(@Nullable ByteBuffer pattern, ByteBuffer channel, ByteBuffer payload);

  /**
   * Messages are missing.
   *
   * @param dropped how many there was no room for; zero if the connection was lost instead
   */
  void gap(long dropped);

  /** No messages come for now. */
  void interrupted(RuntimeException cause);

  /**
   * The last call.
   *
   * @param failure why it ended; null if the application closed it
   */
  void closed(@Nullable RuntimeException failure);
}
