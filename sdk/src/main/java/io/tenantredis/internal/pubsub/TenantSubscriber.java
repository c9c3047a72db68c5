package io.tenantredis.internal.pubsub;

import io.tenantredis.CommandRefusedException;
import io.tenantredis.ErrorCode;
import io.tenantredis.SubscriptionState;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.internal.connection.ConnectionSource;
import io.tenantredis.internal.connection.SubscriberReply;
import io.tenantredis.internal.connection.TenantIdentity;
import io.tenantredis.internal.error.ErrorClass;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.error.ServerError;
import io.tenantredis.internal.keyspace.Guard;
import io.tenantredis.internal.keyspace.GuardListener;
import io.tenantredis.internal.metrics.PubSubMeters;
import io.tenantredis.internal.pool.ConnectPolicy;
import io.tenantredis.internal.pubsub.ChannelNames.Named;
import io.tenantredis.internal.pubsub.SubscriberLink.Owed;
import io.tenantredis.internal.pubsub.Topic.TopicId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The subscriptions of one tenant, which share one connection. While there are any, {@link
 * SubscriberLinks} keeps it up; no subscription leaves on one before the server said whose it is.
 *
 * <p>Thread-safe; nothing blocks. Of the application's code nothing is called with the lock held
 * but the executor that listeners run on.
 */
public final class TenantSubscriber {

  private static final Logger LOG = LoggerFactory.getLogger("io.tenantredis.pubsub");
  private static final String SUBSCRIBE = "SUBSCRIBE";

  private final TenantId tenant;
  private final ConnectPolicy policy;
  private final Guard guard;
  private final GuardListener guardListener;
  private final Supplier<PubSubMeters> newMeters;
  private final PubSubSettings settings;
  private final ChannelNames names;

  private final Object lock = new Object();
  private final Registry registry = new Registry();
  private final SubscriberLinks links;
  private @Nullable PubSubMeters meters;
  private @Nullable ErrorCode told;
  private boolean retired;
  private boolean closed;

  public TenantSubscriber(
      ConnectionSource connector,
      TenantIdentity identity,
      ConnectPolicy policy,
      Guard guard,
      GuardListener guardListener,
      Supplier<PubSubMeters> meters,
      PubSubSettings settings) {
    this.tenant = identity.tenant();
    this.policy = policy;
    this.guard = guard;
    this.guardListener = guardListener;
    this.newMeters = meters;
    this.settings = settings;
    this.names = new ChannelNames(guard);
    this.links =
        new SubscriberLinks(connector, identity, policy, guard, settings, lock, new Owner());
  }

  TenantId tenant() {
    return tenant;
  }

  /**
   * Subscribes to channels or patterns.
   *
   * @param names as the application knows them, encoded; at least one
   * @param demand how many messages the receiver takes before it asks for more
   * @return the subscription, or null if this object is retired and another one must be asked
   * @throws CommandRefusedException if the tenant may not subscribe to one of them
   * @throws io.tenantredis.TenantLimitException if the tenant has too many
   */
  public @Nullable ActiveSubscription subscribe(
      TopicKind kind, Collection<byte[]> names, MessageReceiver receiver, long demand) {
    return open(names.stream().map(name -> Topic.of(guard, kind, name)).toList(), receiver, demand);
  }

  /** Subscribes to what happens to the tenant's keys; else like {@link #subscribe}. */
  public @Nullable ActiveSubscription keyEvents(MessageReceiver receiver, long demand) {
    return open(List.of(Topic.keyEvents(guard, settings.database())), receiver, demand);
  }

  private @Nullable ActiveSubscription open(
      Collection<Topic> topics, MessageReceiver receiver, long demand) {
    Mailbox mailbox =
        new Mailbox(
            tenant,
            receiver,
            settings.executor(),
            settings.maxQueuedMessages(),
            settings.maxQueuedBytes(),
            demand);
    long giveUpAt = policy.nanoTime().getAsLong() + settings.firstConfirmationNanos();
    ActiveSubscription subscription = new ActiveSubscription(this, topics, mailbox, giveUpAt);
    Runnable then;
    synchronized (lock) {
      if (retired || closed) {
        return null;
      }
      if (registry.size() + subscription.topics().size() > settings.maxSubscriptions()) {
        throw Failures.tooManySubscriptions(tenant, settings.maxSubscriptions());
      }
      meters().opened();
      registry.add(subscription).forEach(links::begin);
      SubscriberLink current = links.current();
      then = current == null ? links.need() : settle(current, List.of(subscription));
    }
    then.run();
    return subscription;
  }

  /** Called with the lock held. */
  private PubSubMeters meters() {
    if (meters == null) {
      meters = newMeters.get();
    }
    return meters;
  }

  /** Ends a subscription because the application wants no more. */
  void close(ActiveSubscription subscription) {
    Runnable then;
    synchronized (lock) {
      then = end(List.of(subscription), null);
    }
    then.run();
  }

  /** Called with the lock held; what it returns is run without it. */
  private Runnable end(Collection<ActiveSubscription> some, @Nullable RuntimeException failure) {
    List<ActiveSubscription> ended = new ArrayList<>();
    for (ActiveSubscription subscription : some) {
      List<Topic> unwanted = registry.remove(subscription);
      if (unwanted != null) {
        ended.add(subscription);
        meters().closed();
        subscription.ended(failure);
        unwanted.forEach(links::end);
      }
    }
    Runnable unused = registry.isEmpty() ? links.closeAll() : SubscriberLinks.NOTHING;
    return () -> {
      unused.run();
      for (ActiveSubscription subscription : ended) {
        subscription
            .confirmed()
            .completeExceptionally(failure == null ? Failures.subscriptionClosed(tenant) : failure);
      }
    };
  }

  /**
   * Called with the lock held: those are subscribed of which the connection confirmed all topics.
   * What it returns is run without the lock.
   */
  private static Runnable settle(SubscriberLink link, Collection<ActiveSubscription> some) {
    List<ActiveSubscription> first = new ArrayList<>();
    for (ActiveSubscription subscription : some) {
      SubscriptionState state = subscription.state();
      if (state != SubscriptionState.SUBSCRIBED && link.hasConfirmed(subscription.topicIds())) {
        if (state == SubscriptionState.SUBSCRIBING) {
          first.add(subscription);
        }
        subscription.subscribed();
      }
    }
    return () -> first.forEach(subscription -> subscription.confirmed().complete(subscription));
  }

  private void message(SubscriberLink link, SubscriberReply reply) {
    TopicId id = ChannelNames.idOf(reply);
    Registry.Entry entry;
    PubSubMeters counted;
    synchronized (lock) {
      link.heard(policy.nanoTime().getAsLong());
      if (!links.has(link)) {
        return;
      }
      // The next connection is heard from when it takes over: until then the present one says it.
      entry = id == null || links.isNext(link) ? null : registry.find(id);
      counted = meters();
    }
    Named named = names.strip(reply, entry == null ? null : entry.topic().kind());
    if (named == null) {
      guardListener.violation(id == null ? SUBSCRIBE : id.begun().name(), 1);
      link.connection().close();
    } else if (entry != null) {
      deliver(named, ByteBuffer.wrap(reply.payload()), entry.subscriptions(), counted);
    }
  }

  private static void deliver(
      Named named,
      ByteBuffer payload,
      List<ActiveSubscription> subscriptions,
      PubSubMeters counted) {
    for (ActiveSubscription subscription : subscriptions) {
      counted.received();
      int dropped = subscription.mailbox().offer(named.pattern(), named.channel(), payload);
      if (dropped > 0) {
        counted.dropped(dropped);
      }
    }
  }

  private void answer(SubscriberLink link, SubscriberReply reply) {
    Runnable then;
    synchronized (lock) {
      link.heard(policy.nanoTime().getAsLong());
      if (!links.has(link)) {
        return;
      }
      Owed owed = link.answered(reply);
      if (owed == null) {
        if (!link.isTakenAway(reply)) {
          policy.events().outOfStep(tenant);
        }
        then = closing(link);
      } else if (links.isLeaving(link)) {
        then = SubscriberLinks.NOTHING;
        // An answer to an earlier PING has messages behind it.
        if (link.owesNothing()) {
          links.left(link);
          then = closing(link);
        }
      } else if (reply.kind() == SubscriberReply.Kind.ERROR) {
        then = refused(link, owed, new String(reply.payload(), StandardCharsets.UTF_8));
      } else {
        then = owed.topic() == null ? SubscriberLinks.NOTHING : confirmed(link, owed.topic(), owed);
      }
    }
    then.run();
  }

  private static Runnable closing(SubscriberLink link) {
    return () -> link.connection().close();
  }

  /** Called with the lock held. */
  private Runnable confirmed(SubscriberLink link, Topic topic, Owed owed) {
    if (owed.kind() != topic.kind().begun()) {
      return SubscriberLinks.NOTHING;
    }
    link.confirmed(owed, topic.id());
    if (link != links.current()) {
      return links.confirmed(link);
    }
    boolean back = told != null;
    told = null;
    Runnable settled = settle(link, registry.subscriptionsTo(topic.id()));
    return () -> {
      if (back) {
        LOG.info(
            "SUBSCRIPTIONS_BACK The server takes the subscriptions of tenant {} again", tenant);
      }
      settled.run();
    };
  }

  /** Called with the lock held. */
  private Runnable refused(SubscriberLink link, Owed owed, String text) {
    Topic topic = owed.topic();
    if (topic == null) {
      // Any other error is an answer, too: the server is there, and in step.
      if (ServerError.of(text) == ServerError.NOPERM) {
        link.mayNotPing();
        policy.events().probeNotPermitted(tenant);
      }
      return SubscriberLinks.NOTHING;
    }
    ErrorClass meaning = ServerError.classOf(text);
    if (owed.kind() != topic.kind().begun()
        || meaning == ErrorClass.RETRY_SAFE
        || meaning == ErrorClass.REDIRECT) {
      // The next connection leads to where the cluster says then.
      return closing(link);
    }
    String command = topic.begin().name();
    return end(
        registry.subscriptionsTo(topic.id()),
        ServerError.of(text) == ServerError.NOPERM
            ? Failures.channelDenied(tenant, command, topic.kind().permission())
            : Failures.ofReply(tenant, command, text, false));
  }

  /** Exchanges the connection for one with the credentials and certificates of now. */
  public void exchange() {
    links.exchange();
  }

  /** Exchanges the connection because it leads to a server that tells no more what it is for. */
  public void move() {
    links.move();
  }

  /** Closes the connection, because the server does not say that the tenant's are its own. */
  public void distrust() {
    links.distrust();
  }

  /** Does what is to be done at intervals. Called more often than those. */
  public void sweep(long now) {
    Runnable stuck;
    Runnable overdue;
    synchronized (lock) {
      if (registry.isEmpty()) {
        return;
      }
      registry.subscriptions().forEach(one -> one.mailbox().sweep());
      stuck = links.check();
      overdue =
          end(
              registry.subscriptions().stream().filter(one -> one.isOverdue(now)).toList(),
              Failures.timeout(
                  tenant, SUBSCRIBE, true, Duration.ofNanos(settings.firstConfirmationNanos())));
    }
    stuck.run();
    overdue.run();
  }

  /** Whether the application is subscribed to anything. */
  public boolean isActive() {
    synchronized (lock) {
      return !registry.isEmpty();
    }
  }

  /**
   * Takes no further subscription.
   *
   * @return false, and nothing changes, if there is one
   */
  public boolean retireIfUnused() {
    synchronized (lock) {
      if (!registry.isEmpty()) {
        return false;
      }
      retired = true;
      return true;
    }
  }

  /** Takes subscriptions again, unless it was closed. */
  public void unretire() {
    synchronized (lock) {
      retired = false;
    }
  }

  /** Takes no further subscription and ends all there are with a failure. */
  public void close() {
    Runnable then;
    synchronized (lock) {
      closed = true;
      then =
          registry.isEmpty()
              ? SubscriberLinks.NOTHING
              : end(registry.subscriptions(), Failures.subscriptionsEnded(tenant));
    }
    then.run();
  }

  /** What the connections are told, and what they tell. */
  private final class Owner implements SubscriberLinks.Owner {

    @Override
    public boolean isActive() {
      return !registry.isEmpty();
    }

    @Override
    public Collection<Topic> topics() {
      return registry.topics();
    }

    @Override
    public Set<TopicId> topicIds() {
      return registry.ids();
    }

    @Override
    public void received(SubscriberLink link, SubscriberReply reply) {
      switch (reply.kind()) {
        case MESSAGE, SMESSAGE, PMESSAGE -> message(link, reply);
        default -> answer(link, reply);
      }
    }

    @Override
    public void lost() {
      told = null;
      meters().interrupted();
      registry
          .subscriptions()
          .forEach(one -> one.interrupted(Failures.subscriptionInterrupted(tenant)));
    }

    @Override
    public void missed() {
      registry.subscriptions().forEach(ActiveSubscription::missed);
    }

    @Override
    public Runnable tookOver(SubscriberLink link) {
      return settle(link, registry.subscriptions());
    }

    /** Those that are new fail; the others go on trying and hear of each kind of failure once. */
    @Override
    public Runnable unavailable(Throwable cause) {
      Runnable given =
          end(
              registry.subscriptions().stream()
                  .filter(one -> one.state() == SubscriptionState.SUBSCRIBING)
                  .toList(),
              Failures.notConnected(tenant, SUBSCRIBE, cause));
      ErrorCode code = cause instanceof TenantRedisFailure typed ? typed.code() : null;
      boolean log = code != told && !registry.isEmpty();
      if (code != told) {
        told = code;
        registry
            .subscriptions()
            .forEach(one -> one.interrupted(Failures.notConnected(tenant, SUBSCRIBE, cause)));
      }
      return () -> {
        if (log) {
          LOG.warn(
              "SUBSCRIPTIONS_INTERRUPTED The subscriptions of tenant {} are interrupted, and tried again: {}",
              tenant,
              cause.getMessage());
        }
        given.run();
      };
    }
  }
}
