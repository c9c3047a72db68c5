package io.tenantredis.internal.connection;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a server says on a connection that only subscribes. Names have their prefixes.
 *
 * @param kind what it is
 * @param pattern the pattern that matched; only of a {@link Kind#PMESSAGE}
 * @param name the channel or, of a confirmation of patterns, the pattern; null where a confirmation
 *     names nothing because nothing was subscribed to
 * @param payload the message; of an {@link Kind#ERROR} its text; else empty
 * @param count how many subscriptions the server holds after a confirmation; else 0
 */
@SuppressWarnings("ArrayRecordComponent") // Passed on once, never compared.
public record SubscriberReply(
    Kind kind, byte @Nullable [] pattern, byte @Nullable [] name, byte[] payload, long count) {

  private static final byte[] NOTHING = {};

  /** What it is. */
  public enum Kind {
    MESSAGE,
    PMESSAGE,
    SMESSAGE,
    SUBSCRIBE,
    PSUBSCRIBE,
    SSUBSCRIBE,
    UNSUBSCRIBE,
    PUNSUBSCRIBE,
    SUNSUBSCRIBE,
    /** The reply to PING, with what was sent along. */
    PONG,
    /** The oldest command that has no confirmation yet was refused, as a whole. */
    ERROR;

    private static final Map<String, Kind> BY_WORD =
        Arrays.stream(values())
            .filter(kind -> kind != ERROR)
            .collect(
                Collectors.toUnmodifiableMap(
                    kind -> kind.name().toLowerCase(Locale.ROOT), kind -> kind));

    /** Whether it answers a command that begins or ends a subscription. */
    public boolean isConfirmation() {
      return compareTo(SUBSCRIBE) >= 0 && compareTo(SUNSUBSCRIBE) <= 0;
    }

    static @Nullable Kind of(byte[] word) {
      return BY_WORD.get(new String(word, StandardCharsets.ISO_8859_1));
    }
  }

  static SubscriberReply error(byte[] text) {
    return new SubscriberReply(Kind.ERROR, null, null, text, 0);
  }

  static SubscriberReply pong(byte[] nonce) {
    return new SubscriberReply(Kind.PONG, null, null, nonce, 0);
  }

  static SubscriberReply message(
      Kind kind, byte @Nullable [] pattern, byte[] name, byte[] payload) {
    return new SubscriberReply(kind, pattern, name, payload, 0);
  }

  static SubscriberReply confirmation(Kind kind, byte @Nullable [] name, long count) {
    return new SubscriberReply(kind, null, name, NOTHING, count);
  }

  /** Shows no name and no payload. */
  @Override
  public String toString() {
    return "SubscriberReply[" + kind + "]";
  }
}
