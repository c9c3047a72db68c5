package io.tenantredis.internal.path;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.protocol.RedisCommand;
import io.micrometer.observation.Observation;
import io.tenantredis.RetryMode;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.internal.connection.DeadlineExceeded;
import io.tenantredis.internal.connection.NodeAddress;
import io.tenantredis.internal.connection.UnreadableReply;
import io.tenantredis.internal.connection.VerifiedConnection;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.error.ServerError;
import io.tenantredis.internal.keyspace.GuardedCommand;
import io.tenantredis.internal.keyspace.ReplyListener;
import io.tenantredis.internal.pool.Lease;
import io.tenantredis.internal.pool.ReadOrder;
import io.tenantredis.internal.pool.ReplicaConnection;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * One command of the application on its way through the stages, with all its attempts.
 *
 * <p>Its fields are written by one thread at a time: the caller's, then an event loop's, handed
 * over through Netty's task queues. An attempt settles at most once because a {@link
 * GuardedCommand} tells its listener at most once.
 */
final class Call implements ReplyListener {

  private final CommandPath path;
  private final long startNanos;
  private final long timeoutNanos;
  private final CallOptions options;
  private GuardedCommand<?, ?, ?> attempt;
  private RedisCommand<?, ?, ?> wire;
  private volatile @Nullable Lease lease;
  private int position = -1;
  private @Nullable Attempts retries;
  private int attempts = 1;
  private boolean second;
  private @Nullable NodeAddress redirected;
  private @Nullable NodeAddress node;
  private @Nullable ReadOrder readOrder;
  private boolean asking;
  private int redirects;
  private @Nullable Set<NodeAddress> tried;
  private @Nullable Doubt doubt;
  private long permitNanos;
  private @Nullable Observation observation;
  private @Nullable List<RedisCommand<?, ?, ?>> together;

  /**
   * @param wire the command, or Lettuce's transaction wrapper around it
   */
  Call(
      CommandPath path,
      GuardedCommand<?, ?, ?> command,
      RedisCommand<?, ?, ?> wire,
      long startNanos,
      long timeoutNanos,
      CallOptions options) {
    this.path = path;
    this.options = options;
    this.attempt = command;
    this.wire = wire;
    this.startNanos = startNanos;
    this.timeoutNanos = timeoutNanos;
    prepare(command);
  }

  private void prepare(GuardedCommand<?, ?, ?> command) {
    command.listener(this);
    if (timeoutNanos > 0) {
      command.deadlineNanos(startNanos + timeoutNanos);
    }
  }

  TenantId tenant() {
    return path.tenant();
  }

  String command() {
    return attempt.name();
  }

  GuardedCommand<?, ?, ?> attempt() {
    return attempt;
  }

  /** The command's own observation, or, before it began, the one around it if that is known. */
  @Nullable Observation observation() {
    return observation;
  }

  void observation(@Nullable Observation one) {
    observation = one;
  }

  /** What is given to the connection: the attempt, or Lettuce's transaction wrapper around it. */
  RedisCommand<?, ?, ?> wire() {
    return wire;
  }

  /** Where to put it, to be sent with others; null to send it. */
  @Nullable List<RedisCommand<?, ?, ?>> together() {
    return together;
  }

  void together(List<RedisCommand<?, ?, ?>> others) {
    together = others;
  }

  /** The connection that was leased for this attempt. */
  @Nullable Lease lease() {
    return lease;
  }

  void lease(@Nullable Lease leased) {
    lease = leased;
  }

  /** Gives the attempt to a connection. */
  void dispatch(VerifiedConnection connection) {
    if (asking) {
      connection.dispatchAsking(attempt);
    } else {
      connection.dispatch(wire);
    }
  }

  static void dispatch(
      VerifiedConnection connection, GuardedCommand<?, ?, ?> attempt, boolean asking) {
    if (asking) {
      connection.dispatchAsking(attempt);
    } else {
      connection.dispatch(attempt);
    }
  }

  CallOptions options() {
    return options;
  }

  /** The node of a cluster that the command is for, whatever its keys; null for no one. */
  @Nullable NodeAddress fixed() {
    return options.node();
  }

  /** The node of a cluster that this attempt goes to. */
  @Nullable NodeAddress node() {
    return node;
  }

  void node(NodeAddress address) {
    node = address;
  }

  /** The nodes that a read may still go to; null for anything else, and before that is known. */
  @Nullable ReadOrder readOrder() {
    return readOrder;
  }

  void readOrder(ReadOrder order) {
    readOrder = order;
  }

  /** The replica that this attempt goes to; null for the primary. */
  @Nullable ReplicaConnection replica() {
    ReadOrder order = readOrder;
    return order == null ? null : order.replica();
  }

  /** Whether this attempt follows an ASK redirection. */
  boolean isAsking() {
    return asking;
  }

  /** How often the cluster sent the command to another node. */
  int redirects() {
    return redirects;
  }

  /**
   * Whether a node has not taken this attempt yet.
   *
   * @param speaker one that just has
   */
  boolean isNewTo(NodeAddress target, NodeAddress speaker) {
    Set<NodeAddress> before = tried == null ? new HashSet<>() : tried;
    tried = before;
    before.add(speaker);
    return !before.contains(target);
  }

  /** Where the last attempt was redirected to, once; null for the node by the slot. */
  @Nullable NodeAddress takeRedirect() {
    NodeAddress target = redirected;
    redirected = null;
    if (target == null) {
      asking = false;
    }
    return target;
  }

  /** Whether the attempt can be made again as if it had not been made: nothing was executed. */
  boolean isRedirectable() {
    return !attempt.replyBegun()
        && !attempt.delegate().isDone()
        && remainingNanos(System.nanoTime()) > 0;
  }

  /**
   * The same attempt once more, at another node.
   *
   * @param target null for the one that serves the slot now
   */
  void redirect(@Nullable NodeAddress target, boolean ask) {
    redirects++;
    redirected = target;
    asking = ask;
    attempt = attempt.again();
    wire = attempt;
    prepare(attempt);
  }

  /** The same attempt once more, at the next node that a read may go to. */
  void elsewhere() {
    asking = false;
    node = null;
    attempt = attempt.again();
    wire = attempt;
    prepare(attempt);
  }

  /**
   * The node of an attempt may be the wrong one: the next attempt goes where the cluster says then.
   *
   * @param since the moment when that became known
   * @param askableAt the moment from which on the cluster can be asked
   */
  record Doubt(long since, long askableAt) {}

  /** Whether the node of the last attempt may be the wrong one; null if not. */
  @Nullable Doubt doubt() {
    return doubt;
  }

  void doubt(@Nullable Doubt one) {
    doubt = one;
  }

  /** How long the next attempt should wait for what the cluster says; zero for not at all. */
  long pauseNanos(long now) {
    Doubt one = doubt;
    return one == null ? 0 : Math.max(0, one.askableAt - now);
  }

  long startNanos() {
    return startNanos;
  }

  /** How many attempts there were, the current one included. */
  int attempts() {
    return attempts;
  }

  /** Nanoseconds until the deadline, negative after it; {@link Long#MAX_VALUE} without one. */
  long remainingNanos(long now) {
    return timeoutNanos > 0 ? startNanos + timeoutNanos - now : Long.MAX_VALUE;
  }

  /** When the circuit breaker let this attempt pass. */
  long permitNanos() {
    return permitNanos;
  }

  void permitNanos(long nanos) {
    permitNanos = nanos;
  }

  /** The attempts before this one; null if this is the first. */
  @Nullable Attempts retries() {
    return retries;
  }

  void retries(Attempts attempts) {
    retries = attempts;
  }

  /** Whether a further attempt may be made for this failure without the application noticing it. */
  boolean isRepeatable(Throwable failure) {
    if (options.retryMode() == RetryMode.NEVER
        || attempt.replyBegun()
        || attempt.delegate().isDone()) {
      return false;
    }
    return RetryRule.permits(
        failure, options.retryMode() == RetryMode.ALWAYS || attempt.isIdempotent());
  }

  /** A fresh attempt of the same bytes. */
  void again() {
    attempts++;
    forgetNodes();
    attempt = attempt.again();
    wire = attempt;
    prepare(attempt);
  }

  private void forgetNodes() {
    redirects = 0;
    asking = false;
    tried = null;
    readOrder = null;
  }

  /** What follows the first reply, with retries of its own: another question, or the same again. */
  void second(GuardedCommand<?, ?, ?> command) {
    second = true;
    retries = null;
    doubt = null;
    forgetNodes();
    attempts++;
    attempt = command;
    wire = command;
    prepare(command);
  }

  /** Whether a first reply was followed by another question. */
  boolean isSecond() {
    return second;
  }

  /** Goes on to the next stage. What that throws ends the attempt: nobody else would. */
  void proceed() {
    try {
      path.stage(++position).send(this);
    } catch (RuntimeException | Error thrown) {
      if (attempt.isSettled() || position < 0) {
        throw thrown;
      }
      refuse(thrown);
    }
  }

  /** Ends the attempt at the stage that is sending: it did not let the call pass. */
  void refuse(Throwable failure) {
    // It will not end by itself, and another one may follow.
    attempt.detach();
    position--;
    settle(failure);
  }

  /**
   * Hands the result to the stage that the call entered last and has not yet left, or, behind all
   * of them, to the application.
   */
  void settle(@Nullable Throwable failure) {
    int passed = position--;
    if (passed >= 0) {
      path.stage(passed).settled(this, failure);
    } else if (failure == null) {
      attempt.deliver();
    } else {
      attempt.detach();
      attempt.deliverFailure(failure);
    }
  }

  @Override
  public void onReply(GuardedCommand<?, ?, ?> command) {
    if (command.isWithheld()) {
      settle(Failures.withheld(tenant(), command.name(), command.isReadOnly()));
      return;
    }
    String error = command.replyError();
    if (error != null) {
      settle(Failures.ofReply(tenant(), command.name(), error, mayHaveHadAnEffect(command, error)));
      return;
    }
    String elementError = command.elementError();
    settle(
        elementError == null
            ? null
            : Failures.ofReply(tenant(), command.name(), elementError, !command.isReadOnly()));
  }

  /**
   * Inside a script the error of one of its commands comes out as the script's own, and what ran
   * before it stays. Nobody says of a module's write whether it undoes what it began.
   */
  private static boolean mayHaveHadAnEffect(GuardedCommand<?, ?, ?> command, String error) {
    return command.isScript()
        || (command.rule().isOfModule()
            && !command.isReadOnly()
            && !ServerError.isBeforeModule(error));
  }

  @Override
  public void onFailure(GuardedCommand<?, ?, ?> command, Throwable cause) {
    if (cause instanceof RedisCommandExecutionException) {
      onRefusedInTransaction(command, cause);
    } else if (cause == DeadlineExceeded.INSTANCE) {
      settle(
          Failures.timeout(
              tenant(), command.name(), command.isEncoded(), Duration.ofNanos(timeoutNanos)));
    } else if (cause instanceof UnreadableReply unreadable) {
      settle(Failures.unreadable(tenant(), command.name(), unreadable.reason()));
    } else if (cause instanceof TenantRedisFailure || cause instanceof CancellationException) {
      settle(cause);
    } else {
      settle(Failures.connectionLost(tenant(), command.name(), command.isEncoded(), cause));
    }
  }

  /**
   * Lettuce's transaction wrapper makes an exception of a server's error, be it the command's own
   * or, without one, that of EXEC. With {@code EXECABORT} nothing was executed; where there was no
   * transaction, because the server had refused MULTI, each command was, by itself.
   */
  private void onRefusedInTransaction(GuardedCommand<?, ?, ?> command, Throwable cause) {
    if (command.replyError() != null || command.elementError() != null) {
      onReply(command);
    } else {
      String error = String.valueOf(cause.getMessage());
      boolean maybeExecuted = ServerError.of(error) != ServerError.EXECABORT;
      settle(Failures.ofReply(tenant(), command.name(), error, maybeExecuted));
    }
  }
}
