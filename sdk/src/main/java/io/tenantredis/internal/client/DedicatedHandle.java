package io.tenantredis.internal.client;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.push.PushListener;
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
import io.netty.util.concurrent.FastThreadLocalThread;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.error.ServerError;
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

  private static final String NO_TRANSACTION = " without MULTI";

  /** What begins or ends a state of the connection that the next borrower must not meet. */
  private static final Set<String> CONTROL = Set.of("MULTI", "EXEC", "DISCARD", "UNWATCH");

  private final TenantSession session;
  private final Lease lease;
  private final CommandPath path;
  private final int maxBuffered;
  private final @Nullable ObservedReactiveCommands<K, V> observed;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Object lock = new Object();

  /** Guarded by the lock. */
  private final Deque<RedisCommand<?, ?, ?>> unflushed = new ArrayDeque<>();

  /**
   * Whether the order of what is unflushed matters to the server, which answers otherwise within a
   * transaction: nothing may overtake it then. Guarded by the lock.
   */
  private boolean unflushedTransaction;

  /** What was not seen to end yet and decides the state of the connection. Guarded by the lock. */
  private final Deque<GuardedCommand<?, ?, ?>> controls = new ArrayDeque<>();

  /** How many threads are sending. Guarded by the lock. */
  private int sending;

  /** What no EXEC was given for yet; what is discarded stays. Guarded by the lock. */
  private final List<GuardedCommand<?, ?, ?>> queued = new ArrayList<>();

  /**
   * What a transaction queues and was not sent yet: nobody can see before EXEC whether the server
   * has it, so that it leaves with EXEC, in one write. Guarded by the lock.
   */
  private final List<RedisCommand<?, ?, ?>> ofTransaction = new ArrayList<>();

  private volatile boolean autoFlush = true;
  private volatile boolean watching;
  private volatile boolean tainted;

  /** Whether the server may be in a transaction that nobody here knows of. */
  private volatile boolean unsure;

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
    GuardedCommand<K, V, T> guarded = null;
    try {
      if (ended) {
        throw Failures.leaseEnded(session.tenant(), null);
      }
      guarded = guarded(command);
      note(guarded);
      if (guarded.name().equals("MULTI")) {
        // Lettuce would take the transaction for ended when the application no longer waits for
        // MULTI.
        multi = new TransactionOutput<>(codec, session.tenant(), guarded);
        write(guarded);
      } else {
        super.dispatch(guarded);
      }
    } catch (RuntimeException refused) {
      if (isMulti()) {
        refusedInTransaction = refused;
      }
      if (guarded != null) {
        // With an EXEC that came too late ends what was queued for it.
        guarded.completeExceptionally(refused);
      }
      command.completeExceptionally(refused);
    }
    return command;
  }

  private <T> GuardedCommand<K, V, T> guarded(RedisCommand<K, V, T> command) {
    giveOutputToExec(command);
    GuardedCommand<K, V, T> guarded = session.guardLeased(command);
    String name = guarded.name();
    checkControls();
    if (unsure && lease.connection().isUsable()) {
      throw session.refusedUnsure(name);
    }
    boolean inTransaction = isMulti();
    if (inTransaction && name.equals("MULTI")) {
      throw session.refusedNested();
    }
    RuntimeException refused = refusedInTransaction;
    if (refused != null && name.equals("EXEC")) {
      throw session.refusedTransaction(refused);
    }
    if (!(inTransaction && isEndOfTransaction(guarded)) && isFull(inTransaction)) {
      throw Failures.bufferFull(session.tenant(), name, maxBuffered);
    }
    if (!endsAState(guarded, inTransaction)) {
      session.admitLeased(name, path.underWay());
    }
    return CONTROL.contains(name)
        ? session.guardLeased(
            new ControlCommand<>(command, name.equals("EXEC") ? transaction() : null))
        : guarded;
  }

  /** Such a command is never turned away; without that state it is one like others. */
  private boolean endsAState(GuardedCommand<?, ?, ?> command, boolean inTransaction) {
    return inTransaction
        ? isEndOfTransaction(command)
        : watching && command.name().equals("UNWATCH");
  }

  private boolean isFull(boolean inTransaction) {
    synchronized (lock) {
      return (inTransaction && queued.size() >= maxBuffered)
          || (!autoFlush && unflushed.size() >= maxBuffered);
    }
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
    boolean inTransaction = multi != null;
    switch (command.name()) {
      case "MULTI" -> {
        control(command);
        forgetEnded();
      }
      case "WATCH" -> watching = true;
      case "EXEC", "DISCARD" -> {
        control(command);
        watching = false;
        refusedInTransaction = null;
        if (command.name().equals("EXEC") && inTransaction) {
          forgetQueued();
        }
      }
      case "UNWATCH" -> {
        if (!inTransaction) {
          control(command);
          watching = false;
        }
      }
      default -> tainted |= command.isStateful() && !UNDONE.contains(command.name());
    }
  }

  private void forgetQueued() {
    synchronized (lock) {
      queued.clear();
    }
  }

  /** But not what was queued while another thread discarded the transaction: closing ends that. */
  private void forgetEnded() {
    synchronized (lock) {
      queued.removeIf(GuardedCommand::isSettled);
    }
  }

  private void control(GuardedCommand<?, ?, ?> command) {
    synchronized (lock) {
      controls.add(command);
    }
  }

  /**
   * Learns what the server made of what decides the connection's state. Asked for when it matters
   * instead of told, because whoever waits for such a command may go on before anybody is told.
   */
  private void checkControls() {
    synchronized (lock) {
      for (GuardedCommand<?, ?, ?> command = controls.peek();
          command != null && command.isSettled();
          command = controls.peek()) {
        controls.remove();
        String error = command.replyError();
        if (!command.isAnswered()
            || (error != null && ServerError.of(error) != ServerError.EXECABORT)) {
          tainted = true;
          unsure |=
              isEndOfTransaction(command) && (error == null || !error.endsWith(NO_TRANSACTION));
        }
      }
    }
  }

  private @Nullable TransactionOutput<K, V> transaction() {
    return (TransactionOutput<K, V>) multi;
  }

  @Override
  public boolean isMulti() {
    TransactionOutput<K, V> transaction = transaction();
    if (transaction != null && transaction.isVoid()) {
      multi = null;
      refusedInTransaction = null;
      for (GuardedCommand<?, ?, ?> command : takeQueued()) {
        command.completeExceptionally(
            Failures.noTransaction(session.tenant(), command.name(), command.isEncoded()));
      }
    }
    return multi != null;
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
    List<RedisCommand<?, ?, ?>> leaving = leaving(command, guarded);
    if (leaving == null) {
      return;
    }
    try {
      send(leaving);
    } finally {
      synchronized (lock) {
        sending--;
      }
    }
  }

  /** What is to be sent now, in order; null for nothing. Who gets it says when it was sent. */
  private @Nullable List<RedisCommand<?, ?, ?>> leaving(
      RedisCommand<?, ?, ?> command, GuardedCommand<?, ?, ?> guarded) {
    boolean inTransaction = command instanceof TransactionalCommand<?, ?, ?>;
    boolean bounds = guarded.name().equals("MULTI") || isEndOfTransaction(guarded);
    synchronized (lock) {
      if (ended) {
        throw Failures.leaseEnded(session.tenant(), guarded.name());
      }
      if (inTransaction) {
        queued.add(guarded);
      }
      if (!autoFlush || (inTransaction && unflushedTransaction)) {
        unflushed.addAll(ofTransaction);
        ofTransaction.clear();
        unflushed.add(command);
        unflushedTransaction |= inTransaction || bounds;
        return null;
      }
      if (inTransaction) {
        ofTransaction.add(command);
        return null;
      }
      sending++;
      List<RedisCommand<?, ?, ?>> leaving =
          bounds || unflushedTransaction ? takeUnsent() : new ArrayList<>();
      leaving.add(command);
      return leaving;
    }
  }

  /** All that was held back, in the order in which it was given. */
  private List<RedisCommand<?, ?, ?>> takeUnsent() {
    synchronized (lock) {
      List<RedisCommand<?, ?, ?>> taken = new ArrayList<>(unflushed);
      taken.addAll(ofTransaction);
      unflushed.clear();
      ofTransaction.clear();
      unflushedTransaction = false;
      return taken;
    }
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

  @Override
  public void setAutoFlushCommands(boolean autoFlush) {
    this.autoFlush = autoFlush;
  }

  @Override
  public void flushCommands() {
    List<RedisCommand<?, ?, ?>> leaving;
    synchronized (lock) {
      sending++;
      leaving = takeUnsent();
    }
    try {
      send(leaving);
    } finally {
      synchronized (lock) {
        sending--;
      }
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
    dropUnflushed();
    CompletionStage<?> reset = reset();
    synchronized (lock) {
      ended = true;
    }
    return reset
        .handle(
            (done, failure) -> {
              dropUnflushed();
              endQueued();
              endLease(failure == null);
              return null;
            })
        .thenCompose(done -> super.closeAsync())
        .toCompletableFuture();
  }

  private void dropUnflushed() {
    List<RedisCommand<?, ?, ?>> dropped;
    synchronized (lock) {
      autoFlush = true;
      dropped = List.copyOf(unflushed);
      unflushed.clear();
      unflushedTransaction = false;
    }
    for (RedisCommand<?, ?, ?> command : dropped) {
      command.completeExceptionally(Failures.leaseEnded(session.tenant(), null));
    }
  }

  private CompletionStage<?> reset() {
    checkControls();
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

  /**
   * DISCARD has ended what a transaction queued; where none was possible nobody else would. Without
   * EXEC it was not executed, if there is a transaction.
   */
  private void endQueued() {
    TransactionOutput<K, V> transaction = transaction();
    boolean opened = transaction != null && transaction.isOpened();
    for (GuardedCommand<?, ?, ?> command : takeQueued()) {
      if (!command.isSettled()) {
        command.completeExceptionally(
            command.isEncoded() && !opened
                ? Failures.connectionLost(session.tenant(), command.name(), true, null)
                : Failures.leaseEnded(session.tenant(), null));
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
    boolean idle;
    synchronized (lock) {
      idle = sending == 0;
    }
    idle &= path.isIdle();
    checkControls();
    boolean undecided;
    synchronized (lock) {
      // Such as an EXEC that another thread was giving to this connection when it was closed.
      undecided = !controls.isEmpty();
    }
    if (!idle) {
      lease.retire();
    } else if (tainted || undecided || !reset || isMulti() || watching) {
      lease.discard();
    } else {
      lease.giveBack();
    }
  }

  /** It stays with the connection, and must not hear what a later borrower is told. */
  @Override
  public void addListener(PushListener listener) {
    tainted = true;
    super.addListener(listener);
  }

  @Override
  public void close() {
    CompletableFuture<Void> closed = closeAsync();
    if (!(Thread.currentThread() instanceof FastThreadLocalThread)) {
      // On an event loop the reply that this waits for could not arrive.
      closed.join();
    }
  }

  @Override
  public String toString() {
    return "DedicatedConnection[tenant=" + session.tenant() + (ended ? ", closed" : "") + "]";
  }
}
