package io.tenantredis.spring.data;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.tenantredis.TenantId;
import io.tenantredis.context.CurrentTenantResolver;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.connection.lettuce.LettuceConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

/** One tenant's connection, which notices when it is used for another tenant. */
final class TenantLettuceConnection extends LettuceConnection {

  private static final int ONLY_DATABASE = 0;

  private final TenantId tenant;
  private final CurrentTenantResolver tenants;

  TenantLettuceConnection(
      TenantId tenant,
      CurrentTenantResolver tenants,
      StatefulRedisConnection<byte[], byte[]> shared,
      LettuceConnectionProvider provider,
      long timeout) {
    super(shared, provider, timeout, ONLY_DATABASE);
    this.tenant = tenant;
    this.tenants = tenants;
  }

  /** What every command of a pipeline or transaction asks for, and every blocking one. */
  @Override
  protected RedisClusterAsyncCommands<byte[], byte[]> getAsyncDedicatedConnection() {
    TenantId current = tenants.currentTenant();
    if (current != null && !current.equals(tenant)) {
      throw new InvalidDataAccessApiUsageException(
          "This connection belongs to tenant '"
              + tenant
              + "', and tenant '"
              + current
              + "' is current now: end the pipeline or transaction of one tenant before another becomes current.");
    }
    return super.getAsyncDedicatedConnection();
  }

  @Override
  protected DataAccessException convertLettuceAccessException(Exception failure) {
    DataAccessException translated = Translation.of(failure);
    return translated == null ? super.convertLettuceAccessException(failure) : translated;
  }
}
