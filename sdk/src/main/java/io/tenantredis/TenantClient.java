package io.tenantredis;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import io.lettuce.core.api.sync.RedisCommands;

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
   * Commands that block the caller until they end. Not to be called on an event loop: the reply
   * could not arrive.
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
   * The tenant's keys as a whole.
   *
   * @return what counts, lists and deletes them
   */
  TenantKeys<K> keys();
}
