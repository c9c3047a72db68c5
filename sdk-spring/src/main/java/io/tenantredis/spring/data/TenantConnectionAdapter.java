package io.tenantredis.spring.data;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.tenantredis.context.CurrentTenantResolver;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

/**
 * Spring Data's Lettuce connections on top of one tenant's handles. It has no Redis client, so that
 * there is no way from here to a connection which is not the tenant's.
 */
final class TenantConnectionAdapter extends LettuceConnectionFactory {

  private final TenantConnections connections;
  private final CurrentTenantResolver tenants;

  TenantConnectionAdapter(TenantConnections connections, CurrentTenantResolver tenants) {
    super(new RedisStandaloneConfiguration());
    this.connections = connections;
    this.tenants = tenants;
  }

  TenantConnections connections() {
    return connections;
  }

  TenantClusterConnection clusterConnection() {
    TenantClusterConnection connection =
        new TenantClusterConnection(
            connections, tenants, connections.provider(ByteArrayCodec.INSTANCE), getTimeout());
    connection.setConvertPipelineAndTxResults(true);
    return connection;
  }

  @Override
  @SuppressWarnings("NullAway") // The superclass passes it on to the method below and no further.
  protected AbstractRedisClient createClient() {
    return null;
  }

  @Override
  protected LettuceConnectionProvider doCreateConnectionProvider(
      @Nullable AbstractRedisClient client, RedisCodec<?, ?> codec) {
    return connections.provider(codec);
  }

  @Override
  protected StatefulRedisConnection<byte[], byte[]> getSharedConnection() {
    return connections.shared();
  }

  @Override
  protected StatefulConnection<ByteBuffer, ByteBuffer> getSharedReactiveConnection() {
    return connections.sharedReactive();
  }

  @Override
  protected LettuceConnection doCreateLettuceConnection(
      @Nullable StatefulRedisConnection<byte[], byte[]> shared,
      LettuceConnectionProvider provider,
      long timeout,
      int database) {
    return new TenantLettuceConnection(connections, tenants, provider, timeout);
  }
}
