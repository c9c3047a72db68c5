package io.tenantredis.internal.pubsub;

import io.tenantredis.internal.connection.SubscriberReply;
import io.tenantredis.internal.connection.SubscriberReply.Kind;
import io.tenantredis.internal.connection.VerifiedConnection;
import io.tenantredis.internal.keyspace.GuardedCommand;
import io.tenantredis.internal.pubsub.Topic.TopicId;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One verified connection that subscribes, and what the server owes it. The server answers commands
 * in their order, each with one reply, as no command names more than one topic. Guarded by the lock
 * of its owner.
 */
final class SubscriberLink {

  /** More unanswered commands than this are a server that does not answer. */
  private static final int MAX_OWED = 65_536;

  private final VerifiedConnection connection;
  private final long openedAt;
  private final Deque<Owed> owed = new ArrayDeque<>();
  private final Set<TopicId> confirmed = new HashSet<>();

  /** Of each topic that is not confirmed yet: what its latest subscription is owed. */
  private final Map<TopicId, Owed> begun = new HashMap<>();

  private long heardAt;
  private boolean mayPing = true;

  SubscriberLink(VerifiedConnection connection, long now) {
    this.connection = connection;
    this.openedAt = now;
    this.heardAt = now;
  }

  VerifiedConnection connection() {
    return connection;
  }

  long openedAt() {
    return openedAt;
  }

  /**
   * One reply that is still to come.
   *
   * @param topic whose subscription begins or ends; null for a PONG
   * @param name what the reply names
   */
  record Owed(Kind kind, @Nullable Topic topic, ByteBuffer name, long sentAt) {}

  void begin(Topic topic, long now) {
    Owed reply = new Owed(topic.kind().begun(), topic, topic.id().name(), now);
    begun.put(topic.id(), reply);
    send(topic.begin(), reply);
  }

  void end(Topic topic, long now) {
    begun.remove(topic.id());
    confirmed.remove(topic.id());
    send(topic.end(), new Owed(topic.kind().ended(), topic, topic.id().name(), now));
  }

  void ping(GuardedCommand<?, ?, ?> ping, long now) {
    send(ping, new Owed(Kind.PONG, null, ByteBuffer.wrap(ping.arguments().get(0)), now));
  }

  private void send(GuardedCommand<?, ?, ?> command, Owed reply) {
    if (owed.size() >= MAX_OWED) {
      connection.close();
      return;
    }
    owed.add(reply);
    connection.send(command);
  }

  void heard(long now) {
    heardAt = now;
  }

  /** What this reply answers; null if the server would never send it. */
  @Nullable Owed answered(SubscriberReply reply) {
    Owed next = owed.poll();
    if (next == null || reply.kind() == Kind.ERROR) {
      return next;
    }
    byte[] name = reply.kind() == Kind.PONG ? reply.payload() : reply.name();
    boolean expected =
        next.kind() == reply.kind() && name != null && next.name().equals(ByteBuffer.wrap(name));
    return expected ? next : null;
  }

  /** A subscription began; one that was ended meanwhile, and maybe begun anew, does not count. */
  void confirmed(Owed reply, TopicId topic) {
    if (begun.remove(topic, reply)) {
      confirmed.add(topic);
    }
  }

  boolean hasConfirmed(Collection<TopicId> topics) {
    return confirmed.containsAll(topics);
  }

  /**
   * Whether the server ended a sharded subscription that nobody ended here, as a node of a cluster
   * does when the channel's slot moves away.
   */
  boolean isTakenAway(SubscriberReply reply) {
    byte[] name = reply.name();
    return reply.kind() == Kind.SUNSUBSCRIBE
        && name != null
        && confirmed.contains(new TopicId(Kind.SSUBSCRIBE, ByteBuffer.wrap(name)));
  }

  void mayNotPing() {
    mayPing = false;
  }

  /** Whether everything sent was answered. */
  boolean owesNothing() {
    return owed.isEmpty();
  }

  /** Whether a reply is overdue. */
  boolean isStuck(long now, long replyNanos) {
    Owed next = owed.peek();
    return next != null && now - next.sentAt() >= replyNanos;
  }

  /** Whether nothing was heard for so long that the server should be asked. */
  boolean isSilent(long now, long silenceNanos) {
    return mayPing && owed.isEmpty() && now - heardAt >= silenceNanos;
  }
}
