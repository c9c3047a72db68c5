package io.tenantredis.spring.data;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.tenantredis.PrefixMode;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantId;
import io.tenantredis.TenantKeys;
import io.tenantredis.TenantPubSub;
import io.tenantredis.TenantRedis;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;
import reactor.core.publisher.Mono;

/** One tenant's guarded connections in the types that Spring Data asks for. */
final class TenantConnections {

  private final TenantRedis redis;
  private final TenantId tenant;
  private final boolean whoeverIsCurrent;
  private final TenantClient<byte[], byte[]> bytes;
  private final TenantClient<ByteBuffer, ByteBuffer> buffers;

  /**
   * Connections.
   *
   * @param whoeverIsCurrent whether who gets them asks for no tenant, and may be another one's next
   *     time
   */
  TenantConnections(TenantRedis redis, TenantId tenant, boolean whoeverIsCurrent) {
    this.redis = redis;
    this.tenant = tenant;
    this.whoeverIsCurrent = whoeverIsCurrent;
    this.bytes = redis.tenant(tenant, ByteArrayCodec.INSTANCE);
    this.buffers = redis.tenant(tenant, BufferCodec.INSTANCE);
  }

  TenantId tenant() {
    return tenant;
  }

  /**
   * A listener container keeps the connection of the tenant whose listener was the first, and adds
   * those of all others to it, without asking anybody once it listens.
   */
  void checkMayListen() {
    if (whoeverIsCurrent) {
      throw new InvalidDataAccessApiUsageException(
          "Nobody listens on a connection of whoever is current, here tenant '"
              + tenant
              + "': a listener container keeps it, and another tenant's listeners would hear this tenant's messages. Use a"
              + " TenantMessageListenerContainer for each tenant, which @RedisListener names as its container, or a connection"
              + " of TenantRedisConnectionFactory.forTenant(tenant).");
    }
  }

  StatefulRedisConnection<byte[], byte[]> shared() {
    return bytes.connection();
  }

  StatefulConnection<ByteBuffer, ByteBuffer> sharedReactive() {
    return buffers.connection();
  }

  TenantPubSub<ByteBuffer, ByteBuffer> pubSub() {
    return buffers.pubSub();
  }

  boolean onCluster() {
    return redis.isCluster();
  }

  TenantKeys<byte[]> keys() {
    return bytes.keys();
  }

  /** A key's name there. */
  byte[] onTheServer(byte[] key) {
    if (redis.prefixMode() == PrefixMode.REQUIRE) {
      return key;
    }
    byte[] prefix = bytes.keyPrefix().bytes();
    byte[] name = Arrays.copyOf(prefix, prefix.length + key.length);
    System.arraycopy(key, 0, name, prefix.length, key.length);
    return name;
  }

  /** What {@code CLUSTER SLOTS} answers, when it is subscribed to. */
  Mono<ClusterNodes> nodes() {
    return bytes.reactive().clusterSlots().collectList().map(ClusterNodes::parse);
  }

  /** Spring Data's own two codecs are the only ones it asks with. */
  LettuceConnectionProvider provider(RedisCodec<?, ?> codec) {
    return new Provider(codec instanceof ByteArrayCodec ? bytes : buffers);
  }

  /** Connections for one caller alone: what Spring Data closes is given back to the pool. */
  private record Provider(TenantClient<?, ?> client) implements LettuceConnectionProvider {

    @Override
    public <T extends StatefulConnection<?, ?>> CompletionStage<T> getConnectionAsync(
        Class<T> type) {
      if (type.isAssignableFrom(StatefulRedisConnection.class)) {
        return client.leaseAsync().thenApply(type::cast);
      }
      return CompletableFuture.failedFuture(
          new InvalidDataAccessApiUsageException(
              "A connection of type " + type.getSimpleName() + " is not available to tenants."));
    }
  }
}
