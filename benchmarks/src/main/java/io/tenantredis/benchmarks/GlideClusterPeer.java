package io.tenantredis.benchmarks;

import glide.api.GlideClusterClient;
import glide.api.models.configuration.AdvancedGlideClusterClientConfiguration;
import glide.api.models.configuration.GlideClusterClientConfiguration;
import glide.api.models.configuration.NodeAddress;
import org.jspecify.annotations.Nullable;

/**
 * Valkey GLIDE's client of clusters, one for all threads; the application writes the prefix. As
 * {@link GlidePeer}, without what a cluster's scenarios do not ask for.
 */
final class GlideClusterPeer implements Peer {

  private final GlideClusterClient client;
  private final Data data;

  private GlideClusterPeer(GlideClusterClient client, Slots slots) {
    this.client = client;
    this.data = new Data(slots.prefix());
  }

  /** A client, or null where there is no native library for this machine. */
  static @Nullable GlideClusterPeer find(BenchmarkCluster cluster, Slots slots) {
    GlideClusterClientConfiguration configuration =
        GlideClusterClientConfiguration.builder()
            .addresses(
                cluster.nodes().stream()
                    .map(node -> NodeAddress.builder().host(node.host()).port(node.port()).build())
                    .toList())
            .credentials(GlidePeer.credentials())
            .inflightRequestsLimit(GlidePeer.IN_FLIGHT)
            .requestTimeout(BenchmarkServer.TIMEOUT_MILLIS)
            .advancedConfiguration(
                AdvancedGlideClusterClientConfiguration.builder()
                    .connectionTimeout(BenchmarkServer.TIMEOUT_MILLIS)
                    .build())
            .build();
    try {
      return new GlideClusterPeer(
          GlidePeer.result(GlideClusterClient.createClient(configuration)), slots);
    } catch (LinkageError noLibrary) {
      System.err.println(GlidePeer.NAME + " is left out: " + noLibrary);
      return null;
    }
  }

  @Override
  public String name() {
    return GlidePeer.NAME;
  }

  @Override
  public @Nullable Sync sync(Task task) {
    Async operation = async(task);
    return operation == null ? null : i -> GlidePeer.result(operation.run(i).toCompletableFuture());
  }

  @Override
  public @Nullable Async async(Task task) {
    return switch (task) {
      case GET -> i -> client.get(data.key(i));
      case SET -> i -> client.set(data.key(i), Data.VALUE);
      case MGET_100 -> i -> client.mget(data.mget(i));
      case HSET_20, PIPELINE_100, MULTI_10 -> null;
    };
  }

  @Override
  public void close() {
    GlidePeer.close(client);
  }
}
