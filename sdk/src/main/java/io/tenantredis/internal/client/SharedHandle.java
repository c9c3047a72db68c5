package io.tenantredis.internal.client;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.api.push.PushListener;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.tenantredis.RetryMode;
import io.tenantredis.internal.connection.NodeAddress;
import io.tenantredis.internal.metrics.CommandObservations;
import io.tenantredis.internal.path.CallOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Lettuce's connection interface on top of a tenant's slot: what its sync, async and reactive
 * commands, {@code dispatch} and Spring see as the connection. It holds no channel and no state;
 * all flavours end in {@link #dispatch}, where the guard stands.
 */
public final class SharedHandle<K, V> extends StatefulRedisConnectionImpl<K, V> {

  private final TenantSlot slot;
  private final CallOptions calls;
  private final @Nullable CommandObservations observations;
  private final @Nullable ObservedReactiveCommands<K, V> observed;

  /**
   * @param observations null for none
   */
  public SharedHandle(
      TenantSlot slot,
      RedisCodec<K, V> codec,
      ClientOptions options,
      ClientResources resources,
      Duration timeout,
      @Nullable CommandObservations observations) {
    this(slot, codec, options, resources, timeout, CallOptions.DEFAULT, observations);
  }

  private SharedHandle(
      TenantSlot slot,
      RedisCodec<K, V> codec,
      ClientOptions options,
      ClientResources resources,
      Duration timeout,
      CallOptions calls,
      @Nullable CommandObservations observations) {
    super(
        new HandleWriter(resources, command -> slot.dispatch(command, timeout.toNanos(), calls)),
        NoPushListeners.INSTANCE,
        codec,
        timeout,
        options.getJsonParser());
    this.slot = slot;
    this.calls = calls;
    this.observations = observations;
    setOptions(options);
    this.observed =
        observations == null
            ? null
            : new ObservedReactiveCommands<>(this, codec, options.getJsonParser(), observations);
  }

  /** A handle like this one whose commands are retried in another way. */
  SharedHandle<K, V> retrying(RetryMode mode) {
    return mode == calls.retryMode() ? this : with(calls.retrying(mode));
  }

  /** A handle like this one whose reads go to other nodes. */
  SharedHandle<K, V> readingFrom(ReadFrom nodes) {
    return with(calls.readingFrom(nodes));
  }

  private SharedHandle<K, V> with(CallOptions others) {
    return new SharedHandle<>(
        slot, codec, getOptions(), getResources(), getTimeout(), others, observations);
  }

  /** A thread is about to send a command and to wait for its result. */
  void expectCommand() {
    slot.expectCommand();
  }

  /** A handle like this one whose commands all go to one node of a cluster. */
  SharedHandle<K, V> at(NodeAddress address) {
    return with(calls.at(address));
  }

  TenantSlot slot() {
    return slot;
  }

  RedisCodec<K, V> codec() {
    return codec;
  }

  @Override
  protected RedisCommands<K, V> newRedisSyncCommandsImpl() {
    return SyncCommands.proxy(
        () -> slot.tenant(), this, async(), RedisCommands.class, RedisClusterCommands.class);
  }

  @Override
  public RedisReactiveCommands<K, V> reactive() {
    return observed != null ? observed : super.reactive();
  }

  @Override
  public <T> RedisCommand<K, V, T> dispatch(RedisCommand<K, V, T> command) {
    slot.dispatch(command, getTimeout().toNanos(), calls);
    return command;
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

  /**
   * Not here: the connection is shared.
   *
   * @throws UnsupportedOperationException when asked to buffer
   */
  @Override
  public void setAutoFlushCommands(boolean autoFlush) {
    if (!autoFlush) {
      throw new UnsupportedOperationException(
          "Buffering would hold back the commands of every thread of the tenant: issue asynchronous commands instead, their"
              + " writes share flushes.");
    }
  }

  @Override
  public void flushCommands() {
    // Every command is flushed as it is written.
  }

  /**
   * Not here: the handle is shared. The constructor of the superclass sets the initial timeout.
   *
   * @throws UnsupportedOperationException always, once constructed
   */
  @Override
  public void setTimeout(Duration timeout) {
    if (isConstructed()) {
      throw new UnsupportedOperationException(
          "The timeout is everybody's: set commandTimeout when TenantRedis is built.");
    }
    super.setTimeout(timeout);
  }

  private boolean isConstructed() {
    return slot != null;
  }

  @Override
  public void addListener(PushListener listener) {
    throw new UnsupportedOperationException(
        "Push messages of a shared connection are everybody's.");
  }

  @Override
  public void removeListener(PushListener listener) {
    // None was added.
  }

  /** Does nothing: the connection belongs to the tenant. TenantRedis closes it. */
  @Override
  public CompletableFuture<Void> closeAsync() {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void close() {
    // See closeAsync.
  }

  @Override
  public String toString() {
    return "TenantConnection[tenant=" + slot.tenant() + "]";
  }
}
