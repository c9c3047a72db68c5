package io.tenantredis.internal.pubsub;

import io.tenantredis.internal.pubsub.Topic.TopicId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who is subscribed to what. Guarded by the lock of its owner. */
final class Registry {

  private final Map<TopicId, Entry> entries = new HashMap<>();
  private final Set<ActiveSubscription> subscriptions = new LinkedHashSet<>();
  private int size;

  /**
   * A topic and who wants it.
   *
   * @param subscriptions immutable: who took it may go through it without the lock
   */
  record Entry(Topic topic, List<ActiveSubscription> subscriptions) {}

  /**
   * Adds a subscription.
   *
   * @return the topics that nobody wanted before
   */
  List<Topic> add(ActiveSubscription subscription) {
    List<Topic> begun = new ArrayList<>();
    subscriptions.add(subscription);
    size += subscription.topics().size();
    for (Topic topic : subscription.topics()) {
      Entry before = entries.get(topic.id());
      List<ActiveSubscription> all = new ArrayList<>();
      if (before == null) {
        begun.add(topic);
      } else {
        all.addAll(before.subscriptions());
      }
      all.add(subscription);
      entries.put(topic.id(), new Entry(topic, List.copyOf(all)));
    }
    return begun;
  }

  /**
   * Takes a subscription out.
   *
   * @return the topics that nobody wants any more, or null if it was not there
   */
  @Nullable List<Topic> remove(ActiveSubscription subscription) {
    if (!subscriptions.remove(subscription)) {
      return null;
    }
    List<Topic> ended = new ArrayList<>();
    size -= subscription.topics().size();
    for (Topic topic : subscription.topics()) {
      List<ActiveSubscription> rest = new ArrayList<>(subscriptionsTo(topic.id()));
      rest.remove(subscription);
      if (rest.isEmpty()) {
        entries.remove(topic.id());
        ended.add(topic);
      } else {
        entries.put(topic.id(), new Entry(topic, List.copyOf(rest)));
      }
    }
    return ended;
  }

  @Nullable Entry find(TopicId id) {
    return entries.get(id);
  }

  List<ActiveSubscription> subscriptionsTo(TopicId id) {
    Entry entry = entries.get(id);
    return entry == null ? List.of() : entry.subscriptions();
  }

  Collection<Topic> topics() {
    return entries.values().stream().map(Entry::topic).toList();
  }

  Set<TopicId> ids() {
    return entries.keySet();
  }

  /** All subscriptions, as a copy. */
  List<ActiveSubscription> subscriptions() {
    return List.copyOf(subscriptions);
  }

  boolean isEmpty() {
    return subscriptions.isEmpty();
  }

  /** How many topics all subscriptions have, each counted for itself. */
  int size() {
    return size;
  }
}
