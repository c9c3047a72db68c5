package io.tenantredis;

import io.lettuce.core.ReadFrom;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * One tenant's handle: Lettuce's own command interfaces, confined to the tenant.
 *
 * <p>Cheap and thread-safe; keep it or ask for it again. It connects with its first command and
 * stays valid when connections are lost. Each command is checked before it is sent and fails with a
 * {@link CommandRefusedException} when it is not confined to the tenant; each failure is a {@link
 * TenantRedisFailure}. A command ends within the command timeout, with connecting, waiting and
 * retries.
 *
 * @param <K> the type of keys and channels
 * @param <V> the type of values
 */
public interface TenantClient<K, V> {

  /**
   * Whose handle this is.
   *
   * @return the tenant
   */
  TenantId tenant();

  /**
   * What the names of the tenant's keys and channels begin with on the server.
   *
   * @return the prefix
   */
  KeyPrefix keyPrefix();

  /**
   * Commands that block the caller until they end. Those that wait on the server (BLPOP, XREAD with
   * BLOCK) run on a connection of their own, in all flavours; they may take the time that they wait
   * in addition to the command timeout, and one that waits for ever has no timeout at all. Not to
   * be called on an event loop: the reply could not arrive.
   *
   * @return the synchronous commands
   */
  RedisCommands<K, V> sync();

  /**
   * Commands that return at once. Stages of their futures run on an event loop and must not block.
   *
   * @return the asynchronous commands
   */
  RedisAsyncCommands<K, V> async();

  /**
   * Commands that are sent when they are subscribed to.
   *
   * @return the reactive commands
   */
  RedisReactiveCommands<K, V> reactive();

  /**
   * The same as a Lettuce connection, for code that expects one. It is shared by all threads:
   * closing it does nothing, and what would change it for everybody (flush control, timeout, push
   * listeners) throws {@link UnsupportedOperationException}.
   *
   * @return the connection of this handle
   */
  StatefulRedisConnection<K, V> connection();

  /**
   * Runs work on a connection that nobody else uses meanwhile: for {@code MULTI} and {@code WATCH},
   * {@code WAIT}, {@code CLIENT TRACKING}, and for holding back and flushing commands.
   *
   * <p>Blocks the caller, at most for the pool's acquire timeout and the connect timeout, until
   * there is a connection. It is given back when the work returns or throws, reset; it must not be
   * used after that. Its commands are confined to the tenant like all others and end within the
   * command timeout, but none is ever retried. What the work throws is thrown.
   *
   * <p>What a transaction queues is sent with {@code EXEC}, or with {@code flushCommands()} before.
   * {@code MULTI} sends what was held back before it. Within a transaction another {@code MULTI} is
   * refused, and a transaction of which a command was refused can only be discarded.
   *
   * @param <R> what the work results in
   * @param work uses the connection on the caller's thread
   * @return what the work returned
   * @throws TenantLimitException if no connection became free in time (TR010)
   * @throws TenantConnectionException if none could be opened
   * @throws io.lettuce.core.RedisCommandInterruptedException if interrupted while waiting; the
   *     thread stays interrupted
   * @see PoolOptions
   */
  <R> R dedicated(Function<? super StatefulRedisConnection<K, V>, ? extends R> work);

  /**
   * Runs work on a connection that nobody else uses meanwhile, without blocking. Like {@link
   * #dedicated(Function)}, but the connection is given back when the stage that the work returned
   * ends.
   *
   * @param <R> what the work results in
   * @param work uses the connection, on any thread; it must not block
   * @return a stage that ends like the work's, after the connection was given back
   */
  <R> CompletionStage<R> dedicatedAsync(
      Function<? super StatefulRedisConnection<K, V>, ? extends CompletionStage<R>> work);

  /**
   * Leases a connection that nobody else uses until it is closed, for code that cannot be put into
   * a function. Blocks like {@link #dedicated(Function)}. Closing it, once, gives it back, reset,
   * and waits for that; {@code closeAsync()} does so without blocking, and so does closing on an
   * event loop. A connection whose transaction or {@code WATCH} did not surely end, or that was
   * given a push listener, is closed instead.
   *
   * @return a connection of the caller's own; to be closed by it
   * @throws TenantLimitException if no connection became free in time (TR010)
   * @throws TenantConnectionException if none could be opened
   */
  StatefulRedisConnection<K, V> lease();

  /**
   * Leases a connection without blocking.
   *
   * @return a stage with what {@link #lease()} would return or throw; who cancels it gets none
   */
  CompletableFuture<StatefulRedisConnection<K, V>> leaseAsync();

  /**
   * The same tenant with another rule for retries, for calls of which the application knows more
   * than the SDK: {@code acme.retrying(RetryMode.ALWAYS).sync().incr("visits")}. This handle stays
   * as it is. Cheap: both share everything else.
   *
   * @param mode which failed commands are sent again
   * @return a handle whose commands are retried in this way
   */
  TenantClient<K, V> retrying(RetryMode mode);

  /**
   * The same tenant with other nodes for its reads, for those that may be answered with older data:
   * {@code acme.readingFrom(ReadFrom.REPLICA_PREFERRED).sync().hgetall("catalog")}. What does not
   * only read keys, leases and {@link #keys()} go to the primary as ever. This handle stays as it
   * is. Cheap: both share everything else.
   *
   * @param nodes which nodes reads go to, see {@link TenantRedis.Builder#readFrom(ReadFrom)}
   * @return a handle whose reads go there
   * @throws IllegalArgumentException for {@link ReadFrom#LOWEST_LATENCY}
   * @throws IllegalStateException if the client knows no replicas: on one server without {@link
   *     TenantRedis.Builder#replicas}, with {@link TenantRedis.Builder#endpoints} and with {@link
   *     TenantRedis.Builder#legacyKeys}
   */
  TenantClient<K, V> readingFrom(ReadFrom nodes);

  /**
   * The tenant's keys as a whole.
   *
   * @return what counts, lists and deletes them
   */
  TenantKeys<K> keys();

  /**
   * The tenant's channels.
   *
   * @return what publishes and subscribes inside them
   */
  TenantPubSub<K, V> pubSub();
}
