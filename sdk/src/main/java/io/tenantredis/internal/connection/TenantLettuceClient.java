package io.tenantredis.internal.connection;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.protocol.Endpoint;
import io.lettuce.core.protocol.PushHandler;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.concurrent.CompletionException;

/**
 * The one Lettuce client of all tenants. Its connections live for one socket: they never reconnect,
 * so that nothing is replayed and each socket passes the identity check.
 */
final class TenantLettuceClient extends RedisClient {

  private final boolean consolidateFlushes;

  TenantLettuceClient(
      ClientResources resources, ClientOptions options, boolean consolidateFlushes) {
    super(resources, new RedisURI());
    setOptions(options);
    this.consolidateFlushes = consolidateFlushes;
  }

  @Override
  protected <K, V> StatefulRedisConnectionImpl<K, V> newStatefulRedisConnection(
      RedisChannelWriter channelWriter,
      PushHandler pushHandler,
      RedisCodec<K, V> codec,
      Duration timeout) {
    return new PhysicalConnection<>(channelWriter, pushHandler, codec, timeout);
  }

  @Override
  protected <K, V, T extends RedisChannelHandler<K, V>> ConnectionFuture<T> initializeChannelAsync(
      ConnectionBuilder connectionBuilder) {
    if (connectionBuilder.connection() instanceof PhysicalConnection<?, ?> physical) {
      Endpoint endpoint = connectionBuilder.endpoint();
      InStepCommandHandler handler =
          new InStepCommandHandler(
              getOptions(), getResources(), endpoint, physical, consolidateFlushes);
      connectionBuilder.commandHandler(() -> handler);
      physical.handler(handler);
      ConnectionFuture<T> connecting = super.initializeChannelAsync(connectionBuilder);
      return connecting.exceptionally(
          failure -> {
            throw new CompletionException(handler.refusal().explain(failure));
          });
    }
    return super.initializeChannelAsync(connectionBuilder);
  }
}
