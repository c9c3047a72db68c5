package io.tenantredis.internal.client;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.output.MultiOutput;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.protocol.TransactionalCommand;
import io.lettuce.core.resource.ClientResources;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.keyspace.GuardedCommand;
import io.tenantredis.internal.metrics.CommandObservations;
import io.tenantredis.internal.path.CommandPath;
import io.tenantredis.internal.pool.Lease;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lettuce's connection interface on top of a leased connection.
 *
 * <p>The guard stands before Lettuce's bookkeeping of transactions: what is queued is guarded, so
 * that the replies in that of EXEC are translated as well. Closing it undoes what was left
 * (DISCARD, UNWATCH) and gives the connection back; when it is in a state that these do not end, it
 * is thrown away.
 *
 * <p>For one thread at a time, as a transaction is; its future's stages run on the event loop.
 */
final class DedicatedHandle<K, V> extends StatefulRedisConnectionImpl<K, V> {

  /** What changes nothing on the connection, or only what {@link #closeAsync()} undoes. */
  private static final Set<String> UNDONE =
      Set.of(
          "MULTI",
          "EXEC",
          "DISCARD",
          "WATCH",
          "UNWATCH",
          "WAIT",
          "WAITAOF",
          "CLIENT GETREDIR",
          "CLIENT TRACKINGINFO");

  private final TenantSession session;
  private final Lease lease;
  private final CommandPath path;
  private final int maxBuffered;
  private final @Nullable ObservedReactiveCommands<K, V> observed;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Object lock = new Object();

  /** Guarded by the lock. */
  private final Deque<RedisCommand<?, ?, ?>> unflushed = new ArrayDeque<>();

  /** What waits for EXEC, which completes it. Guarded by the lock. */
  private final List<GuardedCommand<?, ?, ?>> queued = new ArrayList<>();

  /**
   * What a transaction queues and was not sent yet: nobody can see before EXEC whether the server
   * has it, so that it leaves with EXEC, in one write. Guarded by the lock.
   */
  private final List<RedisCommand<?, ?, ?>> ofTransaction = new ArrayList<>();

  private volatile boolean autoFlush = true;
  private volatile boolean watching;
  private volatile boolean tainted;
  private volatile boolean ended;
  private volatile @Nullable RuntimeException refusedInTransaction;

  private DedicatedHandle(
      Door door,
      TenantSession session,
      Lease lease,
      RedisCodec<K, V> codec,
      ClientOptions options,
      ClientResources resources,
      Duration timeout) {
    super(
        new HandleWriter(resources, door),
        new TranslatedPushes(session, lease.connection()),
        codec,
        timeout,
        options.getJsonParser());
    this.session = session;
    this.lease = lease;
    this.path = session.leasedPath(lease.connection());
    this.maxBuffered = session.connections().poolOptions().maxBufferedCommands();
    setOptions(options);
    CommandObservations observations = session.observations();
    this.observed =
        observations == null
            ? null
            : new ObservedReactiveCommands<>(this, codec, options.getJsonParser(), observations);
    door.handle = this;
    lease.whenLost(this::lost);
  }

  static <K, V> DedicatedHandle<K, V> of(
      TenantSession session,
      Lease lease,
      RedisCodec<K, V> codec,
      ClientOptions options,
      ClientResources resources,
      Duration timeout) {
    return new DedicatedHandle<>(new Door(), session, lease, codec, options, resources, timeout);
  }

  /** What Lettuce writes ends in the handle, which does not exist yet when its writer is made. */
  private static final class Door implements Consumer<RedisCommand<?, ?, ?>> {

    private @Nullable DedicatedHandle<?, ?> handle;

    @Override
    public void accept(RedisCommand<?, ?, ?> command) {
      if (handle != null) {
        handle.write(command);
      }
    }
  }

  @Override
  protected RedisCommands<K, V> newRedisSyncCommandsImpl() {
    return SyncCommands.proxy(
        () -> session.tenant(), this, async(), RedisCommands.class, RedisClusterCommands.class);
  }

  @Override
  public RedisReactiveCommands<K, V> reactive() {
    return observed != null ? observed : super.reactive();
  }

  @Override
  public <T> RedisCommand<K, V, T> dispatch(RedisCommand<K, V, T> command) {
    try {
      if (ended) {
        throw Failures.leaseEnded(session.tenant(), null);
      }
      GuardedCommand<K, V, T> guarded = guarded(command);
      note(guarded);
      super.dispatch(guarded);
    } catch (RuntimeException refused) {
      if (isMulti()) {
        refusedInTransaction = refused;
      }
      command.completeExceptionally(refused);
    }
    return command;
  }

  private <T> GuardedCommand<K, V, T> guarded(RedisCommand<K, V, T> command) {
    giveOutputToExec(command);
    GuardedCommand<K, V, T> guarded = session.guardLeased(command);
    RuntimeException refused = refusedInTransaction;
    if (refused != null && guarded.name().equals("EXEC")) {
      throw session.refusedTransaction(refused);
    }
    if (isMulti() && waiting() >= maxBuffered && !isEndOfTransaction(guarded)) {
      throw Failures.bufferFull(session.tenant(), guarded.name(), maxBuffered);
    }
    return guarded;
  }

  /**
   * Lettuce's EXEC has none until its bookkeeping, behind the guard, gives it the transaction's.
   */
  @SuppressWarnings("unchecked")
  private void giveOutputToExec(RedisCommand<K, V, ?> command) {
    if (command.getOutput() == null && command.getType() == CommandType.EXEC) {
      ((RedisCommand<K, V, TransactionResult>) command).setOutput(new MultiOutput<>(codec));
    }
  }

  private static boolean isEndOfTransaction(GuardedCommand<?, ?, ?> command) {
    return command.name().equals("EXEC") || command.name().equals("DISCARD");
  }

  private void note(GuardedCommand<?, ?, ?> command) {
    switch (command.name()) {
      case "MULTI" -> {
        synchronized (lock) {
          queued.clear();
        }
        if (multi == null) {
          multi = new TransactionOutput<>(codec);
        }
      }
      case "WATCH" -> watching = true;
      case "EXEC", "DISCARD" -> {
        watching = false;
        refusedInTransaction = null;
      }
      case "UNWATCH" -> watching = false;
      default -> tainted |= command.isStateful() && !UNDONE.contains(command.name());
    }
  }

  @Override
  public Collection<RedisCommand<K, V, ?>> dispatch(
      Collection<? extends RedisCommand<K, V, ?>> commands) {
    List<RedisCommand<K, V, ?>> dispatched = new ArrayList<>(commands.size());
    for (RedisCommand<K, V, ?> command : commands) {
      dispatched.add(dispatch(command));
    }
    return dispatched;
  }

  /** What comes out of Lettuce's bookkeeping; or what somebody gave to the writer himself. */
  @SuppressWarnings("unchecked")
  private void write(RedisCommand<?, ?, ?> command) {
    GuardedCommand<?, ?, ?> guarded = CommandWrapper.unwrap(command, GuardedCommand.class);
    if (guarded == null) {
      dispatch((RedisCommand<K, V, Object>) command);
      return;
    }
    boolean inTransaction = command instanceof TransactionalCommand<?, ?, ?>;
    synchronized (lock) {
      if (inTransaction) {
        queued.add(guarded);
      }
      if (!autoFlush) {
        if (unflushed.size() >= maxBuffered) {
          guarded.completeExceptionally(
              Failures.bufferFull(session.tenant(), guarded.name(), maxBuffered));
        } else {
          unflushed.add(command);
        }
        return;
      }
      if (inTransaction) {
        ofTransaction.add(command);
        return;
      }
    }
    List<RedisCommand<?, ?, ?>> behind = takeOfTransaction();
    behind.add(command);
    send(behind);
  }

  private void send(List<RedisCommand<?, ?, ?>> commands) {
    // One that ended meanwhile is not missed by anybody.
    commands.removeIf(
        command -> {
          GuardedCommand<?, ?, ?> guarded = CommandWrapper.unwrap(command, GuardedCommand.class);
          return guarded == null || guarded.isSettled();
        });
    if (!commands.isEmpty()) {
      path.sendTogether(
          commands, command -> TenantSession.withBlockTime(command, getTimeout().toNanos()));
    }
  }

  private int waiting() {
    synchronized (lock) {
      return queued.size();
    }
  }

  @Override
  public void setAutoFlushCommands(boolean autoFlush) {
    this.autoFlush = autoFlush;
  }

  @Override
  public void flushCommands() {
    List<RedisCommand<?, ?, ?>> commands = takeOfTransaction();
    commands.addAll(takeUnflushed());
    send(commands);
  }

  private List<RedisCommand<?, ?, ?>> takeUnflushed() {
    synchronized (lock) {
      List<RedisCommand<?, ?, ?>> taken = List.copyOf(unflushed);
      unflushed.clear();
      return taken;
    }
  }

  private List<RedisCommand<?, ?, ?>> takeOfTransaction() {
    synchronized (lock) {
      List<RedisCommand<?, ?, ?>> taken = new ArrayList<>(ofTransaction);
      ofTransaction.clear();
      return taken;
    }
  }

  /** A queued command has its {@code +QUEUED} and is not in flight: nobody else would end it. */
  private void lost() {
    for (GuardedCommand<?, ?, ?> command : takeQueued()) {
      if (!command.isSettled()) {
        command.completeExceptionally(
            Failures.connectionLost(session.tenant(), command.name(), command.isEncoded(), null));
      }
    }
  }

  @Override
  public boolean isOpen() {
    return !ended && lease.connection().isUsable();
  }

  /**
   * Gives the connection back, as it was when it was leased; commands that were not flushed fail.
   */
  @Override
  public CompletableFuture<Void> closeAsync() {
    if (!closing.compareAndSet(false, true)) {
      return CompletableFuture.completedFuture(null);
    }
    autoFlush = true;
    for (RedisCommand<?, ?, ?> command : takeUnflushed()) {
      command.completeExceptionally(Failures.leaseEnded(session.tenant(), null));
    }
    CompletionStage<?> reset = reset();
    ended = true;
    return reset
        .handle(
            (done, failure) -> {
              endQueued();
              endLease(failure == null);
              return null;
            })
        .thenCompose(done -> super.closeAsync())
        .toCompletableFuture();
  }

  private CompletionStage<?> reset() {
    if (!tainted && lease.connection().isUsable()) {
      if (isMulti()) {
        return async().discard();
      }
      if (watching) {
        return async().unwatch();
      }
    }
    return CompletableFuture.completedFuture(null);
  }

  /** DISCARD has ended what a transaction queued; where none was possible nobody else would. */
  private void endQueued() {
    for (GuardedCommand<?, ?, ?> command : takeQueued()) {
      if (!command.isSettled()) {
        command.completeExceptionally(Failures.leaseEnded(session.tenant(), null));
      }
    }
  }

  private List<GuardedCommand<?, ?, ?>> takeQueued() {
    synchronized (lock) {
      List<GuardedCommand<?, ?, ?>> taken = List.copyOf(queued);
      queued.clear();
      ofTransaction.clear();
      return taken;
    }
  }

  private void endLease(boolean reset) {
    if (!path.isIdle()) {
      lease.retire();
    } else if (tainted || !reset) {
      lease.discard();
    } else {
      lease.giveBack();
    }
  }

  @Override
  public void close() {
    closeAsync().join();
  }

  @Override
  public String toString() {
    return "DedicatedConnection[tenant=" + session.tenant() + (ended ? ", closed" : "") + "]";
  }
}
