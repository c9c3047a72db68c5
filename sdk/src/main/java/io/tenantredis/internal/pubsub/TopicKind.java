package io.tenantredis.internal.pubsub;

import io.lettuce.core.protocol.CommandType;
import io.tenantredis.internal.connection.SubscriberReply.Kind;

/** What can be subscribed to, and how the server speaks of it. */
public enum TopicKind {
  /** A channel. */
  CHANNEL(
      CommandType.SUBSCRIBE,
      CommandType.UNSUBSCRIBE,
      Kind.SUBSCRIBE,
      Kind.UNSUBSCRIBE,
      "Grant the tenant's user its channels, for example with AclPolicy and the profile PUBSUB."),
  /** A glob pattern over channels. */
  PATTERN(
      CommandType.PSUBSCRIBE,
      CommandType.PUNSUBSCRIBE,
      Kind.PSUBSCRIBE,
      Kind.PUNSUBSCRIBE,
      "The server permits exactly the patterns that the tenant's user has: subscribe to '*', which is all channels of"
          + " the tenant, or grant this pattern with AclPolicy.Builder.channelPattern."),
  /** A sharded channel. */
  SHARD_CHANNEL(
      CommandType.SSUBSCRIBE,
      CommandType.SUNSUBSCRIBE,
      Kind.SSUBSCRIBE,
      Kind.SUNSUBSCRIBE,
      "Grant the tenant's user its channels, for example with AclPolicy and the profile PUBSUB."),
  /** What happens to the keys of the tenant: a pattern over the server's own channels. */
  KEY_EVENTS(
      CommandType.PSUBSCRIBE,
      CommandType.PUNSUBSCRIBE,
      Kind.PSUBSCRIBE,
      Kind.PUNSUBSCRIBE,
      "Grant the tenant's user the events of its keys with AclPolicy.Builder.keyspaceEvents.");

  private final CommandType begin;
  private final CommandType end;
  private final Kind begun;
  private final Kind ended;
  private final String permission;

  TopicKind(CommandType begin, CommandType end, Kind begun, Kind ended, String permission) {
    this.begin = begin;
    this.end = end;
    this.begun = begun;
    this.ended = ended;
    this.permission = permission;
  }

  CommandType begin() {
    return begin;
  }

  CommandType end() {
    return end;
  }

  Kind begun() {
    return begun;
  }

  Kind ended() {
    return ended;
  }

  /** What to do when the server's ACL denies it. */
  String permission() {
    return permission;
  }
}
