package io.tenantredis.internal.client;

import io.lettuce.core.ReadFrom;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.tenantredis.KeyPrefix;
import io.tenantredis.RetryMode;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantId;
import io.tenantredis.TenantKeys;
import io.tenantredis.TenantPubSub;
import io.tenantredis.internal.pool.ReadFroms;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** A tenant's handle. */
public final class DefaultTenantClient<K, V> implements TenantClient<K, V> {

  private final TenantSlot slot;
  private final SharedHandle<K, V> handle;
  private final SharedHandle<byte[], byte[]> raw;
  private final TenantKeys<K> keys;
  private final TenantPubSub<K, V> pubSub;
  private final Leases<K, V> leases;

  public DefaultTenantClient(
      TenantSlot slot,
      SharedHandle<K, V> handle,
      SharedHandle<byte[], byte[]> raw,
      Leases<K, V> leases) {
    this.slot = slot;
    this.handle = handle;
    this.raw = raw;
    this.keys = new ScanningTenantKeys<>(handle, raw);
    this.pubSub = new SubscribingPubSub<>(slot, handle);
    this.leases = leases;
  }

  @Override
  public TenantId tenant() {
    return slot.tenant();
  }

  @Override
  public KeyPrefix keyPrefix() {
    return slot.prefix();
  }

  @Override
  public RedisCommands<K, V> sync() {
    return handle.sync();
  }

  @Override
  public RedisAsyncCommands<K, V> async() {
    return handle.async();
  }

  @Override
  public RedisReactiveCommands<K, V> reactive() {
    return handle.reactive();
  }

  @Override
  public StatefulRedisConnection<K, V> connection() {
    return handle;
  }

  @Override
  public TenantKeys<K> keys() {
    return keys;
  }

  @Override
  public TenantPubSub<K, V> pubSub() {
    return pubSub;
  }

  @Override
  public <R> R dedicated(Function<? super StatefulRedisConnection<K, V>, ? extends R> work) {
    return leases.run(work);
  }

  @Override
  public <R> CompletionStage<R> dedicatedAsync(
      Function<? super StatefulRedisConnection<K, V>, ? extends CompletionStage<R>> work) {
    return leases.runAsync(work);
  }

  @Override
  public StatefulRedisConnection<K, V> lease() {
    return leases.lease();
  }

  @Override
  public CompletableFuture<StatefulRedisConnection<K, V>> leaseAsync() {
    return leases.leaseAsync();
  }

  @Override
  public TenantClient<K, V> retrying(RetryMode mode) {
    return new DefaultTenantClient<>(slot, handle.retrying(mode), raw.retrying(mode), leases);
  }

  @Override
  public TenantClient<K, V> readingFrom(ReadFrom nodes) {
    String problem = ReadFroms.problemOf(nodes);
    if (problem != null) {
      throw new IllegalArgumentException(problem);
    }
    if (!ReadFroms.isPrimaryOnly(nodes) && !slot.hasReplicas()) {
      throw new IllegalStateException(
          "This client knows no replicas: name those of one server with replicas(...). With endpoints(...) and legacyKeys(...) reads go"
              + " to the primary.");
    }
    return new DefaultTenantClient<>(
        slot, handle.readingFrom(nodes), raw.readingFrom(nodes), leases);
  }

  @Override
  public String toString() {
    return "TenantClient[tenant=" + slot.tenant() + "]";
  }
}
