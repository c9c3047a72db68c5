package io.tenantredis.internal.connection;

import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.api.push.PushListener;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantId;
import io.tenantredis.internal.error.ServerError;
import io.tenantredis.internal.keyspace.GuardedCommand;
import io.tenantredis.internal.metrics.ConnectionEvents;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection of which the server said that it belongs to the tenant's user. Only {@link
 * Connector} makes one, after that answer.
 *
 * <p>It lives as long as its socket and never changes its tenant: a lost connection is replaced,
 * not reconnected. It takes nothing but commands that passed the guard. Thread-safe.
 */
public final class VerifiedConnection {

  private final TenantIdentity identity;
  private final @Nullable TenantCredentials credentials;
  private final PhysicalConnection<byte[], byte[]> physical;
  private final Duration closeGrace;
  private volatile boolean usable = true;
  private volatile boolean outdated;
  private volatile boolean subscriber;

  VerifiedConnection(
      TenantIdentity identity,
      @Nullable TenantCredentials credentials,
      PhysicalConnection<byte[], byte[]> physical,
      Duration closeGrace,
      ConnectionEvents events) {
    this.identity = identity;
    this.credentials = credentials;
    this.physical = physical;
    this.closeGrace = closeGrace;
    physical.listener(
        new ConnectionListener() {
          @Override
          public void commandExpired() {
            usable = false;
          }

          @Override
          public void probeNotPermitted() {
            events.probeNotPermitted(identity.tenant());
          }

          @Override
          public void outOfStep() {
            usable = false;
            events.outOfStep(identity.tenant());
          }

          @Override
          public void disconnected() {
            usable = false;
          }
        });
    if (physical.handler().closed().isDone()) {
      usable = false;
    }
    // Lettuce keeps a connection registered with its client until somebody closes it, also when the
    // server hung up.
    physical.handler().closed().thenRun(physical::closeAsync);
  }

  /** The tenant this connection belongs to. */
  public TenantId tenant() {
    return identity.tenant();
  }

  TenantIdentity identity() {
    return identity;
  }

  PhysicalConnection<byte[], byte[]> physical() {
    return physical;
  }

  /** Whether these are the credentials that this connection authenticated with. */
  public boolean wasMadeWith(TenantCredentials others) {
    return credentials != null && credentials.equals(others);
  }

  /** Whether new commands may be sent; once false, false for ever. */
  public boolean isUsable() {
    return usable;
  }

  /** Who leases it keeps it; nobody is to lease it afterwards, because the tenant moved. */
  void outdate() {
    outdated = true;
  }

  /** Whether it leads to where the tenant no longer is. */
  public boolean isOutdated() {
    return outdated;
  }

  /**
   * Sends a command, without blocking. When the connection is gone the command fails, knowing that
   * it was not sent.
   *
   * @param command a guarded command, or Lettuce's transaction wrapper around one
   * @throws IllegalArgumentException if the command did not pass the guard
   * @throws IllegalStateException if the connection only subscribes
   */
  public void dispatch(RedisCommand<?, ?, ?> command) {
    require(command);
    if (!physical.handler().send(command)) {
      physical.getChannelWriter().write(command);
    }
  }

  /**
   * Sends commands together, as {@link #dispatch(RedisCommand)} does one.
   *
   * @param commands guarded commands, or Lettuce's transaction wrappers around them
   */
  public void dispatch(List<RedisCommand<?, ?, ?>> commands) {
    commands.forEach(this::require);
    if (!physical.handler().send(commands)) {
      commands.forEach(command -> physical.getChannelWriter().write(command));
    }
  }

  private void require(RedisCommand<?, ?, ?> command) {
    if (subscriber) {
      throw new IllegalStateException("This connection only subscribes: its replies answer nobody");
    }
    if (!(command instanceof GuardedCommand<?, ?, ?>)
        && CommandWrapper.unwrap(command, GuardedCommand.class) == null) {
      throw new IllegalArgumentException("Only commands that passed the guard can be sent");
    }
  }

  /**
   * Sends a command that a cluster's node redirected here for this once, right behind {@code
   * ASKING}. Does not block.
   *
   * @param command a guarded command
   */
  public void dispatchAsking(GuardedCommand<?, ?, ?> command) {
    if (!physical.handler().inLoop(() -> sendAsking(command))) {
      command.completeExceptionally(new IOException("The connection ended"));
    }
  }

  private void sendAsking(GuardedCommand<?, ?, ?> command) {
    if (command.isDone()) {
      command.completeExceptionally(new CancellationException("cancelled before it was sent"));
      return;
    }
    RedisChannelWriter writer = physical.getChannelWriter();
    AsyncCommand<byte[], byte[], String> asking =
        new AsyncCommand<>(
            new Command<>(
                CommandType.ASKING,
                new StatusOutput<>(ByteArrayCodec.INSTANCE),
                new CommandArgs<>(ByteArrayCodec.INSTANCE)));
    asking.whenComplete(
        (ok, failure) -> {
          if (failure != null && ServerError.of(failure.getMessage()) == ServerError.NOPERM) {
            command.askingDenied();
          }
        });
    writer.write(asking);
    require(command);
    writer.write(command);
    if (!command.isEncoded()) {
      // Cancelled in between: somebody else's command must not be the one that asked.
      physical.async().aclWhoami();
    }
  }

  /**
   * Proves from now on, while commands are sent, that replies are in step with commands. Only for a
   * connection that is never in MULTI and has no subscriptions.
   */
  public void probe(ProbeSettings settings) {
    physical.handler().probe(settings);
  }

  /**
   * Proves that what was answered by now was answered with its own replies; a connection that does
   * not prove it is closed. Only for a connection that is never in MULTI and has no subscriptions.
   * Does not block.
   *
   * @param nonce a random number
   * @param timeoutNanos how long the proof may take
   * @return a stage with true if it is proved, with false if the server answers no such question,
   *     as where the tenant's user may not {@code PING}; failed if the connection ended or is not
   *     in step
   */
  public CompletionStage<Boolean> prove(long nonce, long timeoutNanos) {
    return physical.handler().prove(nonce, timeoutNanos);
  }

  /**
   * From now on the connection only subscribes. For one that nobody else uses and that carries no
   * command. Called once, before {@link #send}; does not block.
   *
   * @param maxMessageBytes how long a name or a message may be; a longer one ends the connection
   * @param receiver gets all that the server sends, in order, on the event loop; names have their
   *     prefixes. Must not block; what it throws ends the connection
   */
  public void subscriber(int maxMessageBytes, Consumer<SubscriberReply> receiver) {
    subscriber = true;
    physical.handler().subscriber(new SubscriberChannel(maxMessageBytes, receiver));
  }

  /**
   * Sends a command of a subscriber; the receiver gets what answers it. A command on a connection
   * that is gone is dropped. Commands leave in the order of the calls. Does not block.
   *
   * @throws IllegalStateException if the connection does not subscribe
   */
  public void send(GuardedCommand<?, ?, ?> command) {
    if (!subscriber) {
      throw new IllegalStateException("This connection does not subscribe");
    }
    physical.handler().sendSubscription(command);
  }

  /**
   * Takes the connection out of use: no new commands, those in flight get the grace time, then it
   * is closed. Does not block.
   */
  public void retire() {
    if (usable) {
      usable = false;
      physical.handler().closeWhenIdle(closeGrace.toNanos());
    }
  }

  /** Closes at once; commands in flight fail. Does not block. */
  public void close() {
    usable = false;
    physical.closeAsync();
  }

  /**
   * Passes on the push messages of the server from now on, as they arrive: names in them have their
   * prefixes. Only for a connection that is used by one at a time.
   */
  public void addPushListener(PushListener pushListener) {
    physical.addListener(pushListener);
  }

  /**
   * Wakes the event loop up, which costs nothing while it is awake, so that it is when a command
   * comes. Any thread; does not block.
   */
  public void wakeUp() {
    physical.handler().wakeUp();
  }

  /** Where the other end of the socket is. */
  public String remoteAddress() {
    return physical.handler().remoteAddress();
  }

  /** Completes, on an event loop, when the socket is gone, whoever closed it. */
  public CompletionStage<Void> closed() {
    return physical.handler().closed();
  }
}
