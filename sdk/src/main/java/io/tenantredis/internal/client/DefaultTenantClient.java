package io.tenantredis.internal.client;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.tenantredis.KeyPrefix;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantId;
import io.tenantredis.TenantKeys;

/** A tenant's handle. */
public final class DefaultTenantClient<K, V> implements TenantClient<K, V> {

  private final TenantSlot slot;
  private final SharedHandle<K, V> handle;
  private final TenantKeys<K> keys;

  public DefaultTenantClient(
      TenantSlot slot, SharedHandle<K, V> handle, SharedHandle<byte[], byte[]> raw) {
    this.slot = slot;
    this.handle = handle;
    this.keys = new ScanningTenantKeys<>(handle, raw);
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
  public String toString() {
    return "TenantClient[tenant=" + slot.tenant() + "]";
  }
}
