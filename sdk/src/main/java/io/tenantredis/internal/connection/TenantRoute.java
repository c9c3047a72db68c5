package io.tenantredis.internal.connection;

import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.ScheduledFuture;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantEndpoint;
import io.tenantredis.internal.connection.Endpoints.Place;
import io.tenantredis.internal.error.Failures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where one tenant's connections lead: to the endpoint that the application names, asked for with
 * the first connection and when it may have changed.
 *
 * <p>Every open connection is known here with the place it leads to. So one that was made for a
 * place that the tenant has left meanwhile is never handed out, and it is known when the last one
 * to such a place has ended.
 *
 * <p>Thread-safe; nothing here blocks.
 */
public final class TenantRoute {

  private static final Logger LOG = LoggerFactory.getLogger("io.tenantredis.connection");
  private static final long ASK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Whoever exchanges connections gives up after a while. */
  private static final long MOVE_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final TenantIdentity identity;
  private final Endpoints endpoints;
  private final Duration patience;
  private final Duration heldPatience;
  private final EventExecutorGroup timer;
  private final Object lock = new Object();
  private final Set<Open> open = new HashSet<>();
  private final Set<Waiting> waiting = new LinkedHashSet<>();
  private volatile Listener listener = Listener.NOBODY;

  /** Where the tenant is; null before that is known. */
  private @Nullable Place place;

  private boolean held;

  /**
   * The question that is waited for, and whoever wants to know what came of it. One that was waited
   * for in vain is not kept here: should its answer come later, its number says whether it counts.
   */
  private @Nullable Question asking;

  private long asked;

  /** The number of the newest question that was answered: what comes for older ones is outdated. */
  private long newestAnswered;

  /** The last answer, or the first question, failed: it is asked again. */
  private boolean doubtful;

  private long askedAt;
  private long movedAt;
  private @Nullable Settling settling;
  private boolean closed;

  /**
   * @param patience how long an answer is waited for, and a connection that is wanted waits until
   *     it is known where to
   * @param heldPatience how long a connection for whoever leases it, or for messages, waits while
   *     the tenant's commands are held; one for commands of all threads waits as long as they do
   */
  public TenantRoute(
      TenantIdentity identity,
      Endpoints endpoints,
      Duration patience,
      Duration heldPatience,
      EventExecutorGroup timer) {
    this.identity = identity;
    this.endpoints = endpoints;
    this.patience = patience;
    this.heldPatience = heldPatience.compareTo(patience) > 0 ? heldPatience : patience;
    this.timer = timer;
  }

  /** What a connection is for. */
  public enum Use {
    /** Commands of all threads. */
    SHARED,
    /** Whoever leases it. */
    DEDICATED,
    /** Messages. */
    SUBSCRIPTIONS
  }

  /** Makes the connections for one use. */
  public ConnectionSource source(Use use) {
    return new Source(use);
  }

  /** What becomes of the tenant's connections. Called without a lock; must not block. */
  public interface Listener {

    /** Does nothing. */
    Listener NOBODY =
        new Listener() {
          @Override
          public void moved() {}

          @Override
          public void held() {}

          @Override
          public void gone() {}
        };

    /** The tenant is somewhere else: its connections are to be exchanged. */
    void moved();

    /** Its commands are to wait: connections for them are to end when they are not used. */
    void held();

    /** The tenant is nowhere any more: its connections are to go. */
    void gone();
  }

  /** Whom to tell. */
  public void listener(Listener told) {
    this.listener = told;
  }

  /** Whether the tenant's connections lead there. */
  public boolean leadsTo(Connector connector) {
    synchronized (lock) {
      return place != null && place.connector() == connector;
    }
  }

  /**
   * Asks where the tenant is now, and moves it there.
   *
   * @return completes when no connection leads anywhere else; or, where the tenant's commands are
   *     to wait, when none can run a command; fails if nobody can say, and is cancelled by a
   *     further change
   */
  public CompletableFuture<Void> change() {
    Question question;
    Question before;
    synchronized (lock) {
      if (isNowhere()) {
        // It is asked with the first connection.
        return CompletableFuture.completedFuture(null);
      }
      before = asking;
      if (before != null) {
        before.superseded = true;
      }
      question = next(true);
    }
    if (before != null) {
      before.endWait();
      before.answered.completeExceptionally(new CancellationException("asked again meanwhile"));
    }
    ask(question);
    return question.answered;
  }

  /** Called with the lock held. */
  private boolean isNowhere() {
    return closed || (place == null && !held && asking == null && open.isEmpty());
  }

  /** Called with the lock held. */
  private Question next(boolean announced) {
    asked++;
    Question question = new Question(asked, announced);
    asking = question;
    return question;
  }

  /** Does what is to be done at intervals. */
  public void sweep(long now) {
    Question again = null;
    boolean move;
    synchronized (lock) {
      if (doubtful && asking == null && now - askedAt >= ASK_AGAIN_NANOS && !isNowhere()) {
        again = next(false);
      }
      move = asking == null && now - movedAt >= MOVE_AGAIN_NANOS && lags();
      if (move) {
        movedAt = now;
      }
    }
    if (again != null) {
      ask(again);
    } else if (move) {
      listener.moved();
    }
  }

  /** Called with the lock held: whether the tenant is still served where it no longer is. */
  private boolean lags() {
    return !held
        && place != null
        && open.stream().anyMatch(one -> one.place != place && one.use != Use.DEDICATED);
  }

  /** Makes no further connection. */
  public void close() {
    List<Waiting> failed;
    Question unanswered;
    Place left;
    synchronized (lock) {
      closed = true;
      failed = takeWaiting();
      unanswered = asking;
      left = place;
      place = null;
    }
    if (unanswered != null) {
      unanswered.endWait();
      unanswered.answered.completeExceptionally(
          ConnectFailures.endpointUnavailable(
              identity.tenant(),
              "The tenant's connections were closed before TenantEndpoints answered.",
              null));
    }
    if (left != null) {
      endpoints.leave(left);
    }
    failed.forEach(one -> one.fail(Failures.closed(identity.tenant(), null, false)));
  }

  private void ask(Question question) {
    synchronized (lock) {
      askedAt = System.nanoTime();
    }
    try {
      question.timeout =
          timer.schedule(
              () -> answered(question, null, new Unanswered()),
              patience.toNanos(),
              TimeUnit.NANOSECONDS);
      // The application's code: neither on an event loop nor with a lock of a caller held.
      timer.execute(() -> askNow(question));
    } catch (RejectedExecutionException shutDown) {
      answered(question, null, shutDown);
    }
  }

  private void askNow(Question question) {
    try {
      endpoints
          .ask(identity.tenant())
          .whenComplete((endpoint, failure) -> answered(question, endpoint, failure));
    } catch (RuntimeException ofTheStage) {
      answered(question, null, ofTheStage);
    }
  }

  private void answered(
      Question question, @Nullable TenantEndpoint endpoint, @Nullable Throwable failure) {
    question.endWait();
    Place entered = null;
    Throwable cause = failure;
    if (failure == null && endpoint != null && !endpoint.isHeld()) {
      try {
        entered = endpoints.enter(endpoint);
      } catch (RuntimeException unusable) {
        cause = unusable;
      }
    }
    Outcome outcome;
    synchronized (lock) {
      if (closed || question.superseded || question.number <= newestAnswered) {
        outcome = nothing(entered);
      } else if (cause == null) {
        newestAnswered = question.number;
        endAsking(question);
        outcome = changed(entered, endpoint, question);
        doubtful = false;
      } else if (asking == question) {
        asking = null;
        outcome = unknown(cause, question);
        doubtful = true;
      } else {
        outcome = nothing(entered);
      }
    }
    outcome.run();
  }

  private Outcome nothing(@Nullable Place entered) {
    Outcome outcome = new Outcome();
    outcome.left = entered;
    return outcome;
  }

  /**
   * Called with the lock held: what was asked again only because this answer was late need not be
   * waited for any more.
   */
  private void endAsking(Question answered) {
    Question current = asking;
    if (current != null && (current == answered || !current.announced)) {
      current.endWait();
      asking = null;
    }
  }

  /** Called with the lock held. */
  private Outcome changed(
      @Nullable Place entered, @Nullable TenantEndpoint endpoint, Question question) {
    Outcome outcome = new Outcome();
    Predicate<Open> mustEnd;
    if (endpoint != null && endpoint.isHeld()) {
      held = true;
      outcome.then = listener::held;
      open.forEach(one -> outcome.end(one, one.use != Use.SUBSCRIPTIONS));
      mustEnd = one -> one.use != Use.SUBSCRIPTIONS;
    } else {
      boolean wasHeld = held;
      held = false;
      outcome.left = place;
      boolean moves = place != null && place != entered;
      place = entered;
      if (entered == null) {
        outcome.failed = takeWaiting();
        outcome.failure = ConnectFailures.noEndpoint(identity.tenant());
        open.forEach(one -> outcome.end(one, true));
        outcome.then = listener::gone;
      } else {
        outcome.served = takeWaiting();
        open.forEach(one -> outcome.end(one, one.place != entered && one.use == Use.DEDICATED));
        if (moves || wasHeld) {
          movedAt = System.nanoTime();
          outcome.then = listener::moved;
        }
      }
      mustEnd = one -> one.place != entered;
    }
    outcome.superseded = settling;
    settling = new Settling(mustEnd, question.answered);
    outcome.settled = takeSettled();
    return outcome;
  }

  /** Called with the lock held: everything stays as it is, and that is said once. */
  private Outcome unknown(Throwable cause, Question question) {
    Outcome outcome = new Outcome();
    RuntimeException failure = failureOf(cause);
    if (!doubtful) {
      outcome.then =
          () ->
              LOG.warn(
                  "ENDPOINT_UNKNOWN Where tenant {} lives is not known now and asked again: {}",
                  identity.tenant(),
                  failure.getMessage());
    }
    if (place == null) {
      outcome.failed = takeWaiting();
      outcome.failure = failure;
    } else if (!held) {
      outcome.served = takeWaiting();
    }
    outcome.unanswered = question;
    outcome.unansweredWhy = failure;
    return outcome;
  }

  private RuntimeException failureOf(Throwable cause) {
    Throwable reason =
        cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
    String why =
        reason instanceof Endpoints.Unusable
            ? String.valueOf(reason.getMessage())
            : reason instanceof Unanswered
                ? "TenantEndpoints did not answer within the connect timeout."
                : "TenantEndpoints failed: " + reason.getClass().getSimpleName() + ".";
    return ConnectFailures.endpointUnavailable(identity.tenant(), why, reason);
  }

  private List<Waiting> takeWaiting() {
    List<Waiting> taken = new ArrayList<>(waiting);
    waiting.clear();
    return taken;
  }

  /** Called with the lock held. */
  private @Nullable Settling takeSettled() {
    Settling current = settling;
    if (current == null || open.stream().anyMatch(current.mustEnd)) {
      return null;
    }
    settling = null;
    return current;
  }

  private void connect(Waiting wanted) {
    Place to = null;
    Question question = null;
    synchronized (lock) {
      if (!closed) {
        if (place != null && !held && asking == null) {
          to = place;
        } else {
          waiting.add(wanted);
          wanted.waitFor(patience, System.nanoTime());
          if (!held && asking == null) {
            question = next(false);
          }
        }
      }
    }
    if (to != null) {
      wanted.begin(to);
    } else if (isClosed()) {
      wanted.fail(Failures.closed(identity.tenant(), null, false));
    } else if (question != null) {
      ask(question);
    }
  }

  private RuntimeException heldBack() {
    return ConnectFailures.endpointUnavailable(
        identity.tenant(),
        "Its commands are held while it moves, for longer than they wait.",
        null);
  }

  private boolean isClosed() {
    synchronized (lock) {
      return closed;
    }
  }

  private void gone(Open one) {
    Settling settled;
    synchronized (lock) {
      open.remove(one);
      settled = takeSettled();
    }
    if (settled != null) {
      settled.done.complete(null);
    }
  }

  /** A question to the application. */
  private static final class Question {

    final long number;

    /** Whether somebody said that the endpoint changed. */
    final boolean announced;

    final CompletableFuture<Void> answered = new CompletableFuture<>();

    /** The endpoint changed while it was waited for. Read and written with the lock held. */
    boolean superseded;

    private volatile @Nullable ScheduledFuture<?> timeout;

    Question(long number, boolean announced) {
      this.number = number;
      this.announced = announced;
    }

    void endWait() {
      ScheduledFuture<?> running = timeout;
      if (running != null) {
        running.cancel(false);
        timeout = null;
      }
    }
  }

  /** The application did not answer in time. */
  private static final class Unanswered extends TimeoutException {

    private static final long serialVersionUID = 1L;
  }

  /** Somebody waits until certain connections have ended. */
  private record Settling(Predicate<Open> mustEnd, CompletableFuture<Void> done) {}

  /** A connection that is open. */
  private static final class Open {

    final VerifiedConnection connection;
    final Use use;
    final Place place;

    Open(VerifiedConnection connection, Use use, Place place) {
      this.connection = connection;
      this.use = use;
      this.place = place;
    }
  }

  /** What follows from an answer, done without the lock. */
  private final class Outcome {

    @Nullable Place left;
    List<Waiting> served = List.of();
    List<Waiting> failed = List.of();
    @Nullable RuntimeException failure;
    Runnable then = () -> {};
    @Nullable Settling superseded;
    @Nullable Settling settled;
    @Nullable Question unanswered;
    @Nullable RuntimeException unansweredWhy;
    private final List<VerifiedConnection> retired = new ArrayList<>();

    /** Called with the lock held. */
    void end(Open one, boolean now) {
      if (!now) {
        return;
      }
      one.connection.outdate();
      if (one.use == Use.SHARED) {
        retired.add(one.connection);
      }
    }

    void run() {
      if (left != null) {
        endpoints.leave(left);
      }
      retired.forEach(VerifiedConnection::retire);
      then.run();
      served.forEach(TenantRoute.this::connect);
      RuntimeException cause = failure;
      if (cause != null) {
        failed.forEach(one -> one.fail(cause));
      }
      if (superseded != null) {
        superseded.done.completeExceptionally(
            new CancellationException("the endpoint changed again"));
      }
      if (settled != null) {
        settled.done.complete(null);
      }
      RuntimeException why = unansweredWhy;
      if (unanswered != null && why != null) {
        unanswered.answered.completeExceptionally(why);
      }
    }
  }

  /** A connection that is wanted. */
  private final class Waiting {

    private final Use use;
    private final CompletableFuture<VerifiedConnection> result = new CompletableFuture<>();
    private volatile @Nullable ScheduledFuture<?> timeout;

    Waiting(Use use) {
      this.use = use;
    }

    void fail(Throwable failure) {
      endWait();
      result.completeExceptionally(failure);
    }

    /** Called with the lock held. */
    void waitFor(Duration time, long began) {
      try {
        timeout = timer.schedule(() -> timeOut(began), time.toNanos(), TimeUnit.NANOSECONDS);
      } catch (RejectedExecutionException shutDown) {
        // The client is being closed, which ends all waiting.
        timeout = null;
      }
    }

    private void timeOut(long began) {
      boolean isHeld;
      synchronized (lock) {
        if (!waiting.contains(this)) {
          return;
        }
        isHeld = held;
        if (isHeld && use == Use.SHARED) {
          // Each of the commands that wait for it has a deadline of its own.
          timeout = null;
          return;
        }
        Duration more = heldPatience.minusNanos(System.nanoTime() - began);
        if (isHeld && !more.isNegative() && !more.isZero()) {
          waitFor(more, began);
          return;
        }
        waiting.remove(this);
      }
      result.completeExceptionally(
          isHeld
              ? heldBack()
              : ConnectFailures.endpointUnavailable(
                  identity.tenant(),
                  "TenantEndpoints did not answer within the connect timeout.",
                  null));
    }

    private void endWait() {
      ScheduledFuture<?> running = timeout;
      if (running != null) {
        running.cancel(false);
        timeout = null;
      }
    }

    void begin(Place to) {
      endWait();
      if (result.isDone()) {
        return;
      }
      to.connector()
          .connect(identity)
          .whenComplete((connection, failure) -> arrived(to, connection, failure));
    }

    private void arrived(
        Place from, @Nullable VerifiedConnection connection, @Nullable Throwable failure) {
      Open one = connection == null ? null : new Open(connection, use, from);
      boolean stillThere;
      synchronized (lock) {
        stillThere = place == from && !held;
        if (stillThere && one != null) {
          open.add(one);
        }
      }
      if (!stillThere && !isClosed()) {
        // The tenant has moved since.
        if (connection != null) {
          connection.close();
        }
        connect(this);
        return;
      }
      if (connection == null || one == null) {
        result.completeExceptionally(
            failure == null
                ? new IllegalStateException("neither a connection nor a failure")
                : failure);
        return;
      }
      connection.closed().thenRun(() -> gone(one));
      if (!result.complete(connection)) {
        connection.close();
      }
    }
  }

  private final class Source implements ConnectionSource {

    private final Use use;

    Source(Use use) {
      this.use = use;
    }

    /**
     * {@inheritDoc} Bounded by the connect timeout, and as much again while it is not known where
     * to. While the tenant's commands are held it waits longer, see the constructor.
     */
    @Override
    public CompletableFuture<VerifiedConnection> connect(TenantIdentity who) {
      Waiting wanted = new Waiting(use);
      TenantRoute.this.connect(wanted);
      return wanted.result;
    }

    @Override
    public @Nullable RuntimeException heldBack() {
      boolean isHeld;
      synchronized (lock) {
        isHeld = held;
      }
      return isHeld ? TenantRoute.this.heldBack() : null;
    }

    @Override
    public CompletionStage<@Nullable TenantCredentials> credentials(TenantIdentity who) {
      return endpoints.shared().credentials(who);
    }

    @Override
    public CompletionStage<Void> reverify(VerifiedConnection connection) {
      Place leadsTo = placeOf(connection);
      return (leadsTo == null ? endpoints.shared() : leadsTo.connector()).reverify(connection);
    }
  }

  private @Nullable Place placeOf(VerifiedConnection connection) {
    synchronized (lock) {
      return open.stream()
          .filter(one -> one.connection == connection)
          .map(one -> one.place)
          .findAny()
          .orElse(null);
    }
  }
}
