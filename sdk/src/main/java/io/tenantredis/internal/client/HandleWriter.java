package io.tenantredis.internal.client;

import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.protocol.ConnectionFacade;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The writer behind a handle. It owns no channel: what Lettuce writes to it takes the same way as
 * every other command, so that {@code getChannelWriter()} is no way around the guard.
 */
final class HandleWriter implements RedisChannelWriter {

  private final ClientResources resources;
  private final Consumer<RedisCommand<?, ?, ?>> door;

  HandleWriter(ClientResources resources, Consumer<RedisCommand<?, ?, ?>> door) {
    this.resources = resources;
    this.door = door;
  }

  @Override
  public <K, V, T> RedisCommand<K, V, T> write(RedisCommand<K, V, T> command) {
    door.accept(command);
    return command;
  }

  @Override
  @SuppressWarnings("unchecked")
  public <K, V> Collection<RedisCommand<K, V, ?>> write(
      Collection<? extends RedisCommand<K, V, ?>> commands) {
    commands.forEach(door);
    return (Collection<RedisCommand<K, V, ?>>) commands;
  }

  @Override
  public ClientResources getClientResources() {
    return resources;
  }

  @Override
  public void setConnectionFacade(ConnectionFacade connection) {
    // A handle has no channel whose activation it could be told of.
  }

  @Override
  public void setAutoFlushCommands(boolean autoFlush) {
    // Refused by the handle: flushing is everybody's on a shared connection.
  }

  @Override
  public void flushCommands() {
    // Commands are flushed as they are written.
  }

  @Override
  public void close() {
    // The connection belongs to the tenant, not to a handle.
  }

  @Override
  public CompletableFuture<Void> closeAsync() {
    return CompletableFuture.completedFuture(null);
  }
}
