package io.tenantredis.spring.data;

import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.CurrentTenantResolver;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.InvalidDataAccessResourceUsageException;
import org.springframework.data.redis.connection.ReactiveRedisClusterConnection;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.RedisClusterConnection;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisSentinelConnection;
import org.springframework.data.redis.core.RedisConnectionUtils;
import org.springframework.transaction.support.ResourceHolderSupport;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Spring Data Redis connections of the current tenant, for templates, caches, repositories and
 * listeners that know nothing of tenants.
 *
 * <p>The tenant is that of the thread which asks for the connection; without one {@link
 * io.tenantredis.context.NoCurrentTenantException} is thrown and nothing is sent. The connection
 * stays that tenant's: its keys and channels are relative to the tenant's prefix, every command
 * passes the guard, {@link RedisConnection#getNativeConnection()} included. Issuing a command of an
 * open pipeline or transaction while another tenant is current fails with {@link
 * InvalidDataAccessApiUsageException}; so does asking for a connection in a transaction of Spring's
 * in which a template of this factory takes part for another tenant.
 *
 * <p>Failures are Spring's: a permission that the server's ACL denies is a {@link
 * org.springframework.dao.PermissionDeniedDataAccessException}, a command that the guard refuses an
 * {@link InvalidDataAccessApiUsageException}, a timeout a {@link
 * org.springframework.dao.QueryTimeoutException}. Their cause is the SDK's own exception.
 *
 * <p>{@link RedisConnection#subscribe} and {@code pSubscribe} need a factory {@link #forTenant for
 * one tenant}, and are refused otherwise: a listener container keeps its connection, and would give
 * one tenant's messages to the listeners that another one adds. They block until the subscription
 * is closed, as their contract has it. Listeners are called as the tenant whose connection it is;
 * the subscription outlasts lost connections. A reactive connection, and a container that has kept
 * it, gives subscriptions only to the tenant whose it is.
 *
 * <p>Thread-safe. Asking for a connection does not connect. Closing the {@link TenantRedis} is its
 * owner's business.
 */
public final class TenantRedisConnectionFactory
    implements RedisConnectionFactory, ReactiveRedisConnectionFactory {

  /**
   * How many tenants' adapters are kept. They hold no connection and are cheap to make again, so
   * all are dropped when there are more.
   */
  private static final int MOST_ADAPTERS = 10_000;

  private final TenantRedis redis;
  private final CurrentTenantResolver tenants;
  private final boolean whoeverIsCurrent;
  private final ConcurrentMap<TenantId, TenantConnectionAdapter> adapters =
      new ConcurrentHashMap<>();

  /**
   * A factory.
   *
   * @param redis the client whose tenants' connections it gives
   * @param tenants says who the current tenant is
   */
  public TenantRedisConnectionFactory(TenantRedis redis, CurrentTenantResolver tenants) {
    this(redis, tenants, true);
  }

  private TenantRedisConnectionFactory(
      TenantRedis redis, CurrentTenantResolver tenants, boolean whoeverIsCurrent) {
    this.redis = redis;
    this.tenants = tenants;
    this.whoeverIsCurrent = whoeverIsCurrent;
  }

  @Override
  public RedisConnection getConnection() {
    TenantConnectionAdapter adapter = adapter();
    checkTransaction();
    return adapter.getConnection();
  }

  /**
   * In a transaction Spring Data sends what only reads past it, on a connection of its own: the
   * tenant of the transaction's connection has to be looked at here.
   */
  private void checkTransaction() {
    if (TransactionSynchronizationManager.getResource(this) instanceof ResourceHolderSupport bound
        && bound.isSynchronizedWithTransaction()
        && bound.isOpen()) {
      RedisConnection ofTransaction = RedisConnectionUtils.getConnection(this);
      try {
        RedisConnection target = ofTransaction;
        while (target instanceof RedisConnectionUtils.RedisConnectionProxy proxy) {
          target = proxy.getTargetConnection();
        }
        if (target instanceof TenantLettuceConnection connection) {
          connection.checkTenant();
        }
      } finally {
        RedisConnectionUtils.releaseConnection(ofTransaction, this);
      }
    }
  }

  @Override
  public ReactiveRedisConnection getReactiveConnection() {
    return reactive(adapter());
  }

  private ReactiveRedisConnection reactive(TenantConnectionAdapter adapter) {
    return TranslatingReactive.connection(
        adapter.getReactiveConnection(), adapter.connections(), tenants);
  }

  /**
   * A factory of one tenant, whoever is current: for what runs without a current tenant, listener
   * containers for example. What it gives is the tenant's like everything else.
   *
   * @param tenant the tenant
   * @return a factory whose connections are all this tenant's
   */
  public TenantRedisConnectionFactory forTenant(TenantId tenant) {
    return new TenantRedisConnectionFactory(redis, () -> tenant, false);
  }

  private TenantConnectionAdapter adapter() {
    TenantId tenant = tenants.requireTenant();
    TenantConnectionAdapter adapter = adapters.get(tenant);
    if (adapter == null) {
      if (adapters.size() >= MOST_ADAPTERS) {
        adapters.clear();
      }
      adapter = adapters.computeIfAbsent(tenant, this::newAdapter);
    }
    return adapter;
  }

  private TenantConnectionAdapter newAdapter(TenantId tenant) {
    TenantConnectionAdapter adapter =
        new TenantConnectionAdapter(
            new TenantConnections(redis, tenant, whoeverIsCurrent), tenants);
    adapter.start();
    return adapter;
  }

  /**
   * A connection of the current tenant on a Redis Cluster. Beyond what others do it tells the slot
   * of a key and the nodes as {@code CLUSTER SLOTS} names them. What addresses a node, changes the
   * cluster or tells of keys in slots fails with {@link InvalidDataAccessApiUsageException}: a node
   * holds the keys of all tenants.
   *
   * @throws InvalidDataAccessApiUsageException if this is no cluster
   */
  @Override
  public RedisClusterConnection getClusterConnection() {
    return clusterAdapter().clusterConnection();
  }

  /**
   * The reactive flavour of {@link #getClusterConnection()}, in which what is refused fails when it
   * is subscribed to.
   *
   * @throws InvalidDataAccessApiUsageException if this is no cluster
   */
  @Override
  public ReactiveRedisClusterConnection getReactiveClusterConnection() {
    TenantConnectionAdapter adapter = clusterAdapter();
    return new TenantReactiveClusterConnection(reactive(adapter), adapter.connections());
  }

  private TenantConnectionAdapter clusterAdapter() {
    if (!redis.isCluster()) {
      throw new InvalidDataAccessApiUsageException(
          "This is no Redis Cluster: use getConnection(), or give the client a redis-cluster:// URI.");
    }
    return adapter();
  }

  /**
   * Not here: Sentinel administers servers, not tenants.
   *
   * @throws InvalidDataAccessResourceUsageException always
   */
  @Override
  public RedisSentinelConnection getSentinelConnection() {
    throw new InvalidDataAccessResourceUsageException(
        "Sentinel administers servers, which no tenant may do: connect to it with Lettuce.");
  }

  /** Always: results of pipelines and transactions are those of the single commands. */
  @Override
  public boolean getConvertPipelineAndTxResults() {
    return true;
  }

  @Override
  public @Nullable DataAccessException translateExceptionIfPossible(RuntimeException failure) {
    return Translation.of(failure);
  }

  @Override
  public String toString() {
    return "TenantRedisConnectionFactory[" + redis + "]";
  }
}
