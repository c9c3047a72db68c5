package io.tenantredis.spring.data;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.tenantredis.TenantId;
import io.tenantredis.context.CurrentTenantResolver;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.connection.MessageListener;
import org.springframework.data.redis.connection.RedisKeyCommands;
import org.springframework.data.redis.connection.RedisSubscribedConnectionException;
import org.springframework.data.redis.connection.Subscription;
import org.springframework.data.redis.connection.lettuce.LettuceConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

/** One tenant's connection, which notices when it is used for another tenant. */
class TenantLettuceConnection extends LettuceConnection {

  private static final int ONLY_DATABASE = 0;

  private final TenantConnections connections;
  private final CurrentTenantResolver tenants;
  private volatile @Nullable BlockingSubscription subscription;

  TenantLettuceConnection(
      TenantConnections connections,
      CurrentTenantResolver tenants,
      LettuceConnectionProvider provider,
      long timeout) {
    super(connections.shared(), provider, timeout, ONLY_DATABASE);
    this.connections = connections;
    this.tenants = tenants;
  }

  @Override
  public RedisKeyCommands keyCommands() {
    return ScanningKeys.of(this, connections, super.keyCommands());
  }

  /** What every command asks for that goes to a connection of its own: pipelines, transactions. */
  @Override
  protected RedisClusterAsyncCommands<byte[], byte[]> getAsyncDedicatedConnection() {
    checkTenant();
    return super.getAsyncDedicatedConnection();
  }

  /**
   * What every other command asks for, before it takes the shared connection: there is no other
   * place to see the tenant change under a connection that a template keeps for a session callback.
   */
  @Override
  public boolean isQueueing() {
    checkTenant();
    return super.isQueueing();
  }

  /** What one tenant's commands brought is not given to another one. */
  @Override
  public List<@Nullable Object> closePipeline() {
    List<@Nullable Object> results = super.closePipeline();
    checkTenant();
    return results;
  }

  final void checkTenant() {
    TenantId tenant = connections.tenant();
    TenantId current = tenants.currentTenant();
    if (current != null && !current.equals(tenant)) {
      throw new InvalidDataAccessApiUsageException(
          "This connection belongs to tenant '"
              + tenant
              + "', and tenant '"
              + current
              + "' is current now: end the pipeline, transaction or session callback of one tenant before another becomes"
              + " current.");
    }
  }

  @Override
  protected DataAccessException convertLettuceAccessException(Exception failure) {
    DataAccessException translated = Translation.of(failure);
    return translated == null ? super.convertLettuceAccessException(failure) : translated;
  }

  /**
   * Blocks until the subscription is closed, as the interface has it: Lettuce's own connection does
   * not, and a listener container that does not know this type waits for it on a thread of its own.
   *
   * @throws InvalidDataAccessApiUsageException if this is a connection of whoever is current
   */
  @Override
  public void subscribe(MessageListener listener, byte[]... channels) {
    listen(listener, opened -> opened.subscribe(channels));
  }

  /** Blocks until the subscription is closed. */
  @Override
  public void pSubscribe(MessageListener listener, byte[]... patterns) {
    listen(listener, opened -> opened.pSubscribe(patterns));
  }

  private void listen(MessageListener listener, Consumer<BlockingSubscription> begin) {
    connections.checkMayListen();
    if (isSubscribed()) {
      throw new RedisSubscribedConnectionException(
          "The connection is subscribed already: use its subscription to add or end channels.");
    }
    if (isQueueing() || isPipelined()) {
      throw new InvalidDataAccessApiUsageException(
          "Nothing can be subscribed to inside a pipeline or transaction.");
    }
    BlockingSubscription opened =
        new BlockingSubscription(connections.tenant(), connections.pubSub(), listener);
    subscription = opened;
    try {
      begin.accept(opened);
    } catch (RuntimeException failure) {
      opened.close();
      throw failure;
    }
    opened.awaitEnd();
  }

  @Override
  public @Nullable Subscription getSubscription() {
    return subscription;
  }

  @Override
  public void close() {
    BlockingSubscription open = subscription;
    if (open != null) {
      open.close();
    }
    super.close();
  }
}
