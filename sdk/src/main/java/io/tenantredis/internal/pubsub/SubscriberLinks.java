package io.tenantredis.internal.pubsub;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.ErrorCode;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.internal.connection.ConnectionSource;
import io.tenantredis.internal.connection.SubscriberReply;
import io.tenantredis.internal.connection.TenantIdentity;
import io.tenantredis.internal.connection.VerifiedConnection;
import io.tenantredis.internal.keyspace.Guard;
import io.tenantredis.internal.pool.ConnectPolicy;
import io.tenantredis.internal.pubsub.Topic.TopicId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that there is a connection that subscribes, or an attempt to make one, while one is
 * wanted: replaces a lost one, after waits that grow, and exchanges one when credentials change.
 *
 * <p>In an exchange the next connection is confirmed for all topics before it takes the place of
 * the present one, which goes when it has answered a PING sent after that. Whatever is published
 * meanwhile is heard on one of them at least.
 *
 * <p>All methods but {@link #exchange}, {@link #move} and {@link #distrust} are called with the
 * owner's lock held, and what they return is run without it. Nothing blocks.
 */
final class SubscriberLinks {

  /** A connection that lived for so long was a good one: waits begin anew. */
  private static final long GOOD_LIFE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** How often new credentials are tried while the present connection works. */
  private static final int MAX_EXCHANGE_ATTEMPTS = 20;

  static final Runnable NOTHING = () -> {};

  private final ConnectionSource connector;
  private final TenantIdentity identity;
  private final ConnectPolicy policy;
  private final Guard guard;
  private final PubSubSettings settings;
  private final Object lock;
  private final Owner owner;

  /** The connection in use, the one that is to take its place, and the one before it. */
  private @Nullable SubscriberLink current;

  private @Nullable SubscriberLink next;
  private @Nullable SubscriberLink leaving;

  private boolean connecting;
  private boolean exchanging;
  private boolean exchangeAgain;
  private boolean moving;
  private int exchangeFailures;
  private int failures;
  private long tryingSince;
  private long notBefore;
  private boolean everConnected;

  SubscriberLinks(
      ConnectionSource connector,
      TenantIdentity identity,
      ConnectPolicy policy,
      Guard guard,
      PubSubSettings settings,
      Object lock,
      Owner owner) {
    this.connector = connector;
    this.identity = identity;
    this.policy = policy;
    this.guard = guard;
    this.settings = settings;
    this.lock = lock;
    this.owner = owner;
  }

  /** Whose connections they are. Called with its lock held, but for {@link #received}. */
  interface Owner {

    /** Whether there is anything to subscribe to. */
    boolean isActive();

    /** What is subscribed to. */
    Collection<Topic> topics();

    Set<TopicId> topicIds();

    /** Something arrived; called on the event loop, without the lock. */
    void received(SubscriberLink link, SubscriberReply reply);

    /** The connection in use is gone. */
    void lost();

    /** Messages may be missing although there is a connection. */
    void missed();

    /** A connection with confirmed topics took over; what to do without the lock. */
    Runnable tookOver(SubscriberLink link);

    /** There is no connection, which is tried again; what to do without the lock. */
    Runnable unavailable(Throwable cause);
  }

  /** Those that take subscriptions. */
  private List<SubscriberLink> subscribing() {
    List<SubscriberLink> links = new ArrayList<>(3);
    if (current != null) {
      links.add(current);
    }
    if (next != null) {
      links.add(next);
    }
    return links;
  }

  private List<SubscriberLink> all() {
    List<SubscriberLink> links = subscribing();
    if (leaving != null) {
      links.add(leaving);
    }
    return links;
  }

  @Nullable SubscriberLink current() {
    return current;
  }

  boolean has(SubscriberLink link) {
    return link == current || link == next || link == leaving;
  }

  /** Whether the connection waits to take over, so that another one still says all it hears. */
  boolean isNext(SubscriberLink link) {
    return link == next;
  }

  boolean isLeaving(SubscriberLink link) {
    return link == leaving;
  }

  void begin(Topic topic) {
    subscribing().forEach(link -> link.begin(topic, now()));
  }

  void end(Topic topic) {
    subscribing().forEach(link -> link.end(topic, now()));
  }

  /** Closes all connections; their end is no loss any more. */
  Runnable closeAll() {
    List<SubscriberLink> links = all();
    current = null;
    next = null;
    leaving = null;
    endExchange();
    return () -> links.forEach(link -> link.connection().close());
  }

  /** There is something to subscribe to. */
  Runnable need() {
    if (current != null || connecting) {
      return NOTHING;
    }
    tryingSince = now();
    if (failures > 0 && now() - notBefore < 0) {
      connectIn(notBefore - now());
      return NOTHING;
    }
    connecting = true;
    return this::connect;
  }

  private void connect() {
    connector.connect(identity).whenComplete(this::connected);
  }

  private void connectIn(long nanos) {
    connecting = schedule(this::connectLater, nanos);
  }

  private boolean schedule(Runnable action, long nanos) {
    try {
      policy.timer().schedule(action, nanos, TimeUnit.NANOSECONDS);
      return true;
    } catch (RejectedExecutionException shutDown) {
      return false;
    }
  }

  private void connectLater() {
    synchronized (lock) {
      if (!owner.isActive()) {
        connecting = false;
        return;
      }
    }
    connect();
  }

  private void connected(@Nullable VerifiedConnection connection, @Nullable Throwable failure) {
    if (connection == null) {
      Throwable cause =
          failure == null ? new IllegalStateException("neither connection nor failure") : failure;
      Runnable then;
      synchronized (lock) {
        then = connectFailed(cause);
      }
      then.run();
      return;
    }
    SubscriberLink link = new SubscriberLink(connection, now());
    boolean wanted;
    boolean outdated;
    synchronized (lock) {
      connecting = false;
      wanted = owner.isActive();
      outdated = takeExchangeAgain();
      if (wanted) {
        everConnected = true;
        use(link);
        start(link);
      }
    }
    if (!wanted) {
      connection.close();
      return;
    }
    watch(link);
    if (outdated) {
      exchange();
    }
  }

  private boolean takeExchangeAgain() {
    boolean again = exchangeAgain;
    exchangeAgain = false;
    return again;
  }

  private void use(SubscriberLink link) {
    current = link;
    connector.inUse(link.connection());
  }

  private void endExchange() {
    exchanging = false;
    moving = false;
  }

  private void start(SubscriberLink link) {
    link.connection().subscriber(settings.maxMessageBytes(), reply -> owner.received(link, reply));
    owner.topics().forEach(topic -> link.begin(topic, now()));
  }

  private void watch(SubscriberLink link) {
    link.connection().closed().thenRun(() -> gone(link));
  }

  private Runnable connectFailed(Throwable cause) {
    failures++;
    if (!owner.isActive()) {
      connecting = false;
      return NOTHING;
    }
    if (takeExchangeAgain()) {
      connectIn(0);
      return NOTHING;
    }
    ErrorCode code = cause instanceof TenantRedisFailure typed ? typed.code() : null;
    boolean refused = code == ErrorCode.SEC001 || code == ErrorCode.SEC002;
    boolean mayStillCome =
        refused && !everConnected && now() - tryingSince < policy.newUserPatience().toNanos();
    Runnable then = mayStillCome ? NOTHING : owner.unavailable(cause);
    long wait = policy.backoff().nanosAfter(failures);
    if (!owner.isActive()) {
      connecting = false;
      notBefore = now() + wait;
    } else if (everConnected && (refused || isWrongIdentity(code))) {
      connectIn(policy.quarantineBackoff().nanosAfter(failures));
    } else {
      connectIn(wait);
    }
    return then;
  }

  private static boolean isWrongIdentity(@Nullable ErrorCode code) {
    return code == ErrorCode.SEC006 || code == ErrorCode.SEC007 || code == ErrorCode.SEC010;
  }

  /** A connection is gone, whoever closed it. */
  private void gone(SubscriberLink link) {
    Runnable then = NOTHING;
    synchronized (lock) {
      if (link == leaving) {
        leaving = null;
        // What it had not told yet.
        owner.missed();
      } else if (link == next) {
        next = null;
        exchangeFailed();
      } else if (link == current) {
        then = currentGone(link);
      }
    }
    then.run();
  }

  private Runnable currentGone(SubscriberLink link) {
    failures = now() - link.openedAt() >= GOOD_LIFE_NANOS ? 1 : failures + 1;
    SubscriberLink successor = next;
    current = null;
    next = null;
    endExchange();
    owner.lost();
    if (successor != null) {
      use(successor);
      return owner.tookOver(successor);
    }
    tryingSince = now();
    connectIn(policy.backoff().nanosAfter(failures));
    return NOTHING;
  }

  /**
   * A connection confirmed a topic: if it was the last one of the next connection, that takes over.
   */
  Runnable confirmed(SubscriberLink link) {
    if (link != next || !link.hasConfirmed(owner.topicIds())) {
      return NOTHING;
    }
    SubscriberLink unfinished = leaving;
    if (unfinished != null) {
      // What it had not told yet.
      owner.missed();
    }
    leaving = current;
    use(link);
    next = null;
    boolean moved = moving;
    endExchange();
    if (leaving != null) {
      if (moved
          || !leaving.connection().remoteAddress().equals(link.connection().remoteAddress())) {
        // Another server: what was published there before is on neither connection.
        owner.missed();
      }
      ping(leaving);
    }
    boolean outdated = takeExchangeAgain();
    Runnable then = owner.tookOver(link);
    return () -> {
      if (unfinished != null) {
        unfinished.connection().close();
      }
      policy.events().exchanged(identity.tenant());
      then.run();
      if (outdated) {
        exchange();
      }
    };
  }

  /** The connection answered the PING behind all that it had to tell, and is not used any more. */
  void left(SubscriberLink link) {
    if (link == leaving) {
      leaving = null;
    }
  }

  private void ping(SubscriberLink link) {
    String nonce =
        "step-" + Long.toHexString(Double.doubleToLongBits(policy.random().getAsDouble()));
    try {
      link.ping(
          guard.guard(
              new Command<>(
                  CommandType.PING,
                  new StatusOutput<>(ByteArrayCodec.INSTANCE),
                  new CommandArgs<>(ByteArrayCodec.INSTANCE).add(nonce))),
          now());
    } catch (CommandRefusedException withheld) {
      link.mayNotPing();
      if (link == leaving) {
        leaving = null;
        link.connection().retire();
      }
    }
  }

  /** Opens another connection, with the credentials of now, to take the place of this one. */
  void exchange() {
    synchronized (lock) {
      if (!owner.isActive()) {
        return;
      }
      if (connecting || exchanging) {
        exchangeAgain = true;
        return;
      }
      exchanging = true;
      exchangeFailures = 0;
    }
    attemptExchange();
  }

  /**
   * The connection in use leads to the wrong server: the same, and it is tried until it has been
   * done. What is published meanwhile may be missed.
   */
  void move() {
    synchronized (lock) {
      if (!owner.isActive() || connecting || exchanging) {
        return;
      }
      exchanging = true;
      moving = true;
      exchangeFailures = 0;
    }
    attemptExchange();
  }

  private void attemptExchange() {
    synchronized (lock) {
      if (!exchanging) {
        return;
      }
    }
    connector.connect(identity).whenComplete(this::exchangeConnected);
  }

  private void exchangeConnected(
      @Nullable VerifiedConnection connection, @Nullable Throwable failure) {
    if (connection == null) {
      boolean first;
      synchronized (lock) {
        exchangeFailed();
        first = exchangeFailures == 1;
      }
      if (first && failure != null) {
        policy.events().exchangeFailed(identity.tenant(), failure);
      }
      return;
    }
    SubscriberLink link = new SubscriberLink(connection, now());
    boolean wanted;
    synchronized (lock) {
      wanted = exchanging && current != null && next == null;
      if (wanted) {
        next = link;
        start(link);
      }
    }
    if (wanted) {
      watch(link);
    } else {
      connection.close();
    }
  }

  private void exchangeFailed() {
    if (takeExchangeAgain()) {
      exchangeFailures = 0;
    }
    exchangeFailures++;
    boolean again =
        exchanging
            && current != null
            && (moving || exchangeFailures < MAX_EXCHANGE_ATTEMPTS)
            && schedule(
                this::attemptExchange, policy.quarantineBackoff().nanosAfter(exchangeFailures));
    if (!again) {
      endExchange();
    }
  }

  /** Closes connections because the server does not say that the tenant's are its own. */
  void distrust() {
    List<SubscriberLink> distrusted;
    synchronized (lock) {
      distrusted = all();
    }
    distrusted.forEach(link -> link.connection().close());
  }

  /** Asks those that were silent for long; what to do about those that do not answer. */
  Runnable check() {
    long now = now();
    List<SubscriberLink> stuck = new ArrayList<>();
    for (SubscriberLink link : all()) {
      if (link.isStuck(now, settings.replyNanos())) {
        stuck.add(link);
      } else if (link != leaving && link.isSilent(now, settings.silenceNanos())) {
        ping(link);
      }
    }
    return () -> stuck.forEach(link -> link.connection().close());
  }

  private long now() {
    return policy.nanoTime().getAsLong();
  }
}
