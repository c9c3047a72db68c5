package io.tenantredis.internal.pubsub;

import io.tenantredis.SubscriptionState;
import io.tenantredis.TenantSubscription;
import io.tenantredis.internal.pubsub.Topic.TopicId;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One subscription of the application. Its state is changed by its owner alone, with its lock held.
 */
public final class ActiveSubscription implements TenantSubscription {

  private final TenantSubscriber owner;
  private final Map<TopicId, Topic> topics;
  private final Mailbox mailbox;
  private final long giveUpAt;
  private final CompletableFuture<ActiveSubscription> confirmed = new CompletableFuture<>();
  private volatile SubscriptionState state = SubscriptionState.SUBSCRIBING;
  private volatile @Nullable RuntimeException failure;

  /**
   * @param giveUpAt when it ends if it was never confirmed
   */
  ActiveSubscription(
      TenantSubscriber owner, Collection<Topic> topics, Mailbox mailbox, long giveUpAt) {
    this.owner = owner;
    this.mailbox = mailbox;
    this.giveUpAt = giveUpAt;
    Map<TopicId, Topic> byId = new LinkedHashMap<>();
    topics.forEach(topic -> byId.put(topic.id(), topic));
    this.topics = Map.copyOf(byId);
  }

  Collection<Topic> topics() {
    return topics.values();
  }

  Set<TopicId> topicIds() {
    return topics.keySet();
  }

  Mailbox mailbox() {
    return mailbox;
  }

  boolean isOverdue(long now) {
    return state == SubscriptionState.SUBSCRIBING && now - giveUpAt >= 0;
  }

  /** The server confirmed all topics on the connection of now. */
  void subscribed() {
    boolean back = state == SubscriptionState.INTERRUPTED;
    failure = null;
    state = SubscriptionState.SUBSCRIBED;
    if (back) {
      // Whoever hears of the gap may ask for the state.
      mailbox.gap();
    }
  }

  /** The connection is gone, or cannot be made; a subscription that is still new waits for it. */
  void interrupted(RuntimeException cause) {
    if (state != SubscriptionState.SUBSCRIBING) {
      failure = cause;
      state = SubscriptionState.INTERRUPTED;
      mailbox.interrupted(cause);
    }
  }

  /** Messages may have been lost although there is a connection. */
  void missed() {
    if (state == SubscriptionState.SUBSCRIBED) {
      mailbox.gap();
    }
  }

  void ended(@Nullable RuntimeException cause) {
    failure = cause;
    state = SubscriptionState.CLOSED;
    mailbox.close(cause);
  }

  /** Completes once the server confirmed all topics, or the subscription ended before that. */
  public CompletableFuture<ActiveSubscription> confirmed() {
    return confirmed;
  }

  /** The receiver takes so many more messages. */
  public void request(long messages) {
    mailbox.request(messages);
  }

  @Override
  public SubscriptionState state() {
    return state;
  }

  @Override
  public @Nullable RuntimeException failure() {
    return failure;
  }

  @Override
  public long dropped() {
    return mailbox.dropped();
  }

  @Override
  public void close() {
    owner.close(this);
  }

  @Override
  public String toString() {
    return "TenantSubscription[tenant=" + owner.tenant() + ", " + state + "]";
  }
}
