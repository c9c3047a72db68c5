package io.tenantredis.internal.pubsub;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.tenantredis.internal.connection.SubscriberReply;
import io.tenantredis.internal.keyspace.Guard;
import io.tenantredis.internal.keyspace.GuardedCommand;
import java.nio.ByteBuffer;

/**
 * One thing that the server is asked for.
 *
 * @param kind what it is
 * @param id what the server calls it
 * @param begin the command that subscribes to it
 * @param end the command that ends that
 */
record Topic(
    TopicKind kind, TopicId id, GuardedCommand<?, ?, ?> begin, GuardedCommand<?, ?, ?> end) {

  /**
   * What the server calls a topic; two are the same topic when the server cannot tell them apart.
   *
   * @param begun the confirmation of a subscription to it
   * @param name its name, with its prefix
   */
  record TopicId(SubscriberReply.Kind begun, ByteBuffer name) {}

  /**
   * A topic by the name that the application gave.
   *
   * @throws io.tenantredis.CommandRefusedException if the tenant may not subscribe to it
   */
  static Topic of(Guard guard, TopicKind kind, byte[] name) {
    return of(
        kind, guard.guard(command(kind.begin(), name)), guard.guard(command(kind.end(), name)));
  }

  /** What happens to the tenant's keys. */
  static Topic keyEvents(Guard guard, int database) {
    TopicKind kind = TopicKind.KEY_EVENTS;
    return of(
        kind,
        guard.guardKeyEvents(kind.begin(), database),
        guard.guardKeyEvents(kind.end(), database));
  }

  private static Topic of(
      TopicKind kind, GuardedCommand<?, ?, ?> begin, GuardedCommand<?, ?, ?> end) {
    ByteBuffer name = ByteBuffer.wrap(begin.arguments().get(0));
    return new Topic(kind, new TopicId(kind.begun(), name), begin, end);
  }

  private static Command<byte[], byte[], String> command(CommandType type, byte[] name) {
    return new Command<>(
        type,
        new StatusOutput<>(ByteArrayCodec.INSTANCE),
        new CommandArgs<>(ByteArrayCodec.INSTANCE).addKey(name));
  }

  /** Shows no name. */
  @Override
  public String toString() {
    return "Topic[" + kind + "]";
  }
}
