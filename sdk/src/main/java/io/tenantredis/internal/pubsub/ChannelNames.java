package io.tenantredis.internal.pubsub;

import io.tenantredis.internal.connection.SubscriberReply;
import io.tenantredis.internal.keyspace.Guard;
import io.tenantredis.internal.pubsub.Topic.TopicId;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Turns the server's names of a message into the application's. Immutable and thread-safe. */
final class ChannelNames {

  private final Guard guard;

  ChannelNames(Guard guard) {
    this.guard = guard;
  }

  /**
   * A message of the tenant.
   *
   * @param pattern what it matched, without the prefix; null where a channel was named
   * @param channel the channel without its prefix, or the key of an event
   */
  record Named(@Nullable ByteBuffer pattern, ByteBuffer channel) {}

  /** What a message was sent for; null if it names no channel. */
  static @Nullable TopicId idOf(SubscriberReply message) {
    byte[] name = message.pattern() == null ? message.name() : message.pattern();
    return name == null ? null : new TopicId(begunBy(message), ByteBuffer.wrap(name));
  }

  private static SubscriberReply.Kind begunBy(SubscriberReply message) {
    return switch (message.kind()) {
      case PMESSAGE -> SubscriberReply.Kind.PSUBSCRIBE;
      case SMESSAGE -> SubscriberReply.Kind.SSUBSCRIBE;
      default -> SubscriberReply.Kind.SUBSCRIBE;
    };
  }

  /**
   * The application's names.
   *
   * @param kind what the message was subscribed to by; null if nobody wants it any more
   * @return the names, or null if the message is not the tenant's
   */
  @Nullable Named strip(SubscriberReply message, @Nullable TopicKind kind) {
    byte[] name = message.name();
    if (name == null) {
      return null;
    }
    ByteBuffer full = ByteBuffer.wrap(name);
    byte[] pattern = message.pattern();
    boolean event = kind == TopicKind.KEY_EVENTS;
    ByteBuffer channel = event ? guard.stripKeyEvent(full) : guard.strip(full);
    if (channel == null && kind == null && pattern != null) {
      channel = guard.stripKeyEvent(full);
    }
    if (channel == null) {
      return null;
    }
    return new Named(
        pattern == null || event ? null : guard.stripPattern(ByteBuffer.wrap(pattern)), channel);
  }
}
