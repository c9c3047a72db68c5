package io.tenantredis.benchmarks;

import glide.api.BaseClient;
import glide.api.GlideClient;
import glide.api.models.Batch;
import glide.api.models.configuration.AdvancedGlideClientConfiguration;
import glide.api.models.configuration.GlideClientConfiguration;
import glide.api.models.configuration.NodeAddress;
import glide.api.models.configuration.ServerCredentials;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Valkey GLIDE, one client for all threads; the application writes the prefix. It has no blocking
 * interface: callers wait for its futures.
 */
final class GlidePeer implements Peer {

  static final String NAME = "glide";

  /** More than any scenario has in flight; its default is 1,000. */
  static final int IN_FLIGHT = 4_096;

  private final GlideClient client;
  private final Data data = new Data(BenchmarkServer.PREFIX);

  private GlidePeer(GlideClient client) {
    this.client = client;
  }

  /** A client, or null where there is no native library for this machine. */
  static @Nullable GlidePeer find(BenchmarkServer server) {
    GlideClientConfiguration configuration =
        GlideClientConfiguration.builder()
            .address(NodeAddress.builder().host(server.host()).port(server.port()).build())
            .credentials(credentials())
            .inflightRequestsLimit(IN_FLIGHT)
            .requestTimeout(BenchmarkServer.TIMEOUT_MILLIS)
            .advancedConfiguration(
                AdvancedGlideClientConfiguration.builder()
                    .connectionTimeout(BenchmarkServer.TIMEOUT_MILLIS)
                    .build())
            .build();
    try {
      return new GlidePeer(result(GlideClient.createClient(configuration)));
    } catch (LinkageError noLibrary) {
      System.err.println(NAME + " is left out: " + noLibrary);
      return null;
    }
  }

  static ServerCredentials credentials() {
    return ServerCredentials.builder()
        .username(BenchmarkServer.user(BenchmarkServer.TENANT))
        .password(BenchmarkServer.PASSWORD)
        .build();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Sync sync(Task task) {
    Async operation = async(task);
    return i -> result(operation.run(i).toCompletableFuture());
  }

  @Override
  public Async async(Task task) {
    return switch (task) {
      case GET -> i -> client.get(data.key(i));
      case SET -> i -> client.set(data.key(i), Data.VALUE);
      case MGET_100 -> i -> client.mget(data.mget(i));
      case HSET_20 -> i -> client.hset(data.hash(i), Data.HASH);
      case PIPELINE_100 -> this::pipeline;
      case MULTI_10 -> this::transaction;
    };
  }

  private CompletionStage<?> pipeline(int i) {
    Batch batch = new Batch(false);
    for (int at = 0; at < Data.PIPELINE; at++) {
      batch.get(data.key(i + at));
    }
    return client.exec(batch, true);
  }

  private CompletionStage<?> transaction(int i) {
    Batch batch = new Batch(true);
    for (int at = 0; at < Data.TRANSACTION; at++) {
      batch.set(data.key(i + at), Data.VALUE);
    }
    return client.exec(batch, true);
  }

  /** Waits for what the future holds. */
  static <T extends @Nullable Object> T result(CompletableFuture<T> future) {
    try {
      return future.get();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", interrupted);
    } catch (ExecutionException failed) {
      throw new IllegalStateException("an operation of " + NAME + " failed", failed.getCause());
    }
  }

  @Override
  public void close() {
    close(client);
  }

  static void close(BaseClient client) {
    try {
      client.close();
    } catch (ExecutionException failed) {
      throw new IllegalStateException(NAME + " did not close", failed.getCause());
    }
  }
}
