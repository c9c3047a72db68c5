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
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The one Lettuce client of all tenants. Its connections live for one socket: they never reconnect,
 * so that nothing is replayed and each socket passes the identity check.
 */
final class TenantLettuceClient extends RedisClient {

  private final boolean consolidateFlushes;

  /** One for each primary behind Sentinels that there are connections to. */
  private final ConcurrentMap<String, PrimaryLookup> primaries = new ConcurrentHashMap<>();

  TenantLettuceClient(
      ClientResources resources, ClientOptions options, boolean consolidateFlushes) {
    super(resources, new RedisURI());
    setOptions(options);
    this.consolidateFlushes = consolidateFlushes;
  }

  /**
   * Finds the primary behind Sentinels; null without.
   *
   * @param uri where to connect, without anybody's credentials; its timeout bounds a lookup
   */
  @Nullable PrimaryLookup primaryLookup(RedisURI uri) {
    return PrimaryLookup.isNeeded(uri)
        ? primaries.computeIfAbsent(
            PrimaryLookup.nameOf(uri),
            name ->
                new PrimaryLookup(
                    uri, super::getSocketAddress, getResources().eventExecutorGroup()))
        : null;
  }

  /** Nobody connects to this primary any more. */
  void forget(PrimaryLookup lookup) {
    primaries.values().remove(lookup);
  }

  @Override
  protected Mono<SocketAddress> getSocketAddress(RedisURI redisURI) {
    PrimaryLookup primary = primaryLookup(redisURI);
    return primary != null ? primary.address() : super.getSocketAddress(redisURI);
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
