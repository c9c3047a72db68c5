package io.tenantredis.internal.client;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.resource.ClientResources;
import io.tenantredis.internal.pool.Lease;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Leases dedicated connections to the application. Thread-safe. */
public final class Leases<K, V> {

  private final TenantSlot slot;
  private final RedisCodec<K, V> codec;
  private final ClientOptions options;
  private final ClientResources resources;
  private final Duration timeout;

  public Leases(
      TenantSlot slot,
      RedisCodec<K, V> codec,
      ClientOptions options,
      ClientResources resources,
      Duration timeout) {
    this.slot = slot;
    this.codec = codec;
    this.options = options;
    this.resources = resources;
    this.timeout = timeout;
  }

  /** A leased connection; it must be closed. The stage may be cancelled. */
  CompletableFuture<StatefulRedisConnection<K, V>> leaseAsync() {
    TenantSession session;
    try {
      session = slot.session();
    } catch (RuntimeException closed) {
      return CompletableFuture.failedFuture(closed);
    }
    CompletableFuture<Lease> asked = session.connections().lease();
    CompletableFuture<StatefulRedisConnection<K, V>> result = new CompletableFuture<>();
    asked.whenComplete(
        (lease, failure) -> {
          if (lease == null) {
            result.completeExceptionally(failure);
          } else if (!result.complete(
              DedicatedHandle.of(session, lease, codec, options, resources, timeout))) {
            lease.giveBack();
          }
        });
    result.whenComplete(
        (connection, failure) -> {
          if (result.isCancelled()) {
            asked.cancel(false);
          }
        });
    return result;
  }

  StatefulRedisConnection<K, V> lease() {
    return Waiting.await(leaseAsync());
  }

  <R> R run(Function<? super StatefulRedisConnection<K, V>, ? extends R> work) {
    try (StatefulRedisConnection<K, V> connection = lease()) {
      return work.apply(connection);
    }
  }

  <R> CompletionStage<R> runAsync(
      Function<? super StatefulRedisConnection<K, V>, ? extends CompletionStage<R>> work) {
    return leaseAsync().thenCompose(connection -> runAsync(connection, work));
  }

  private static <K, V, R> CompletionStage<R> runAsync(
      StatefulRedisConnection<K, V> connection,
      Function<? super StatefulRedisConnection<K, V>, ? extends CompletionStage<R>> work) {
    CompletionStage<R> result;
    try {
      result = work.apply(connection);
    } catch (RuntimeException failure) {
      result = CompletableFuture.failedFuture(failure);
    }
    // Whoever comes after sees the connection given back.
    return result
        .handle((value, failure) -> connection.closeAsync())
        .thenCompose(closed -> closed)
        .thenCombine(result, (closed, value) -> value);
  }
}
