package io.tenantredis.internal.connection;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.lettuce.core.resource.ClientResources;
import io.tenantredis.TenantId;
import io.tenantredis.internal.metrics.ConnectionEvents;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What all endpoints share: one Lettuce client with its event loops and TLS, the bounds of attempts
 * and connections, whom to tell. Thread-safe; nothing here blocks but {@link #close()}.
 */
public final class Connectors implements AutoCloseable {

  private final ConnectionSettings settings;
  private final ConnectionEvents events;
  private final TenantLettuceClient client;
  private final ConnectGate gate;
  private volatile Consumer<TenantId> roomMaker = tenant -> {};

  public Connectors(
      ConnectionSettings settings,
      ClientOptions options,
      ClientResources resources,
      ConnectionEvents events) {
    this.settings = settings;
    this.events = events;
    this.client = new TenantLettuceClient(resources, options, settings.consolidateFlushes());
    this.gate =
        new ConnectGate(
            settings.maxConcurrentConnects(),
            settings.maxConnections(),
            settings.severalEndpoints(),
            resources.eventExecutorGroup(),
            tenant -> roomMaker.accept(tenant));
  }

  /**
   * Makes connections to one endpoint, within the bounds of all. It holds no resource and need not
   * be closed.
   *
   * @param uri where to; credentials in it are not used for tenants that have their own
   * @param breaker spares the endpoint when attempts of many tenants failed; null for none
   */
  public Connector to(RedisURI uri, @Nullable CircuitBreaker breaker) {
    return to(uri, breaker, ReplicaCheck.NONE);
  }

  /** The same to a server that must say, on each connection, that it is a replica. */
  Connector toReplica(RedisURI uri, @Nullable CircuitBreaker breaker) {
    return to(uri, breaker, ReplicaCheck.ROLE);
  }

  /** The same to a node of a cluster, for connections that only read. */
  Connector toClusterReplica(RedisURI uri, @Nullable CircuitBreaker breaker) {
    return to(uri, breaker, ReplicaCheck.READONLY);
  }

  private Connector to(RedisURI uri, @Nullable CircuitBreaker breaker, ReplicaCheck check) {
    return new Connector(
        settings,
        client,
        gate,
        events,
        uri,
        breaker == null ? null : new EndpointHealth(breaker),
        check);
  }

  /**
   * The replicas of a server, or, for a URI of Sentinels, of the primary that they know.
   *
   * @param uri the server's, or the Sentinels'
   * @param named where the replicas are; of no meaning with Sentinels, who name them
   * @param breakers spares a replica when attempts of many tenants failed
   */
  public Replicas replicasOf(
      RedisURI uri,
      List<NodeAddress> named,
      Function<NodeAddress, @Nullable CircuitBreaker> breakers) {
    Function<NodeAddress, Connector> to = node -> toReplica(node.in(uri), breakers.apply(node));
    if (!PrimaryLookup.isNeeded(uri)) {
      return new Replicas(Connector.nameOf(uri), new Shard(NodeAddress.of(uri), named), to);
    }
    RedisURI asked = PrimaryLookup.copyOf(uri);
    asked.setTimeout(settings.connectTimeout());
    return new Replicas(
        Connector.nameOf(uri), ReplicaLookup.of(client, asked), to, System::nanoTime);
  }

  /** Nobody makes connections with it any more. */
  public void forget(Connector connector) {
    connector.forget();
  }

  /**
   * Whom to tell which tenant waits while there are as many connections as there may be, so that
   * somebody else's is closed. It must not block.
   */
  public void roomMaker(Consumer<TenantId> maker) {
    this.roomMaker = maker;
  }

  /** What the connections made from now on trust and present. */
  public void tls(SslOptions options) {
    client.setOptions(client.getOptions().mutate().sslOptions(options).build());
  }

  /** Asks for room again if somebody still waits for it. Called at short intervals. */
  public void sweep() {
    TenantId waiting = gate.waitingForRoom();
    if (waiting != null) {
      roomMaker.accept(waiting);
    }
  }

  /**
   * Closes the Lettuce client and with it every connection still open. Blocks until that is done, a
   * few seconds at most.
   */
  @Override
  public void close() {
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
  }
}
