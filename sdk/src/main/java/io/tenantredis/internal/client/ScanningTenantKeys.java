package io.tenantredis.internal.client;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.api.sync.RedisCommands;
import io.tenantredis.TenantKeys;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The tenant's keys, by SCAN within its prefix. */
final class ScanningTenantKeys<K> implements TenantKeys<K> {

  /**
   * How many keys the server looks at for one SCAN: enough to spare round trips, few enough to take
   * well under a millisecond.
   */
  private static final int BATCH = 1000;

  private final SharedHandle<K, ?> handle;
  private final SharedHandle<byte[], byte[]> raw;

  ScanningTenantKeys(SharedHandle<K, ?> handle, SharedHandle<byte[], byte[]> raw) {
    this.handle = handle;
    this.raw = raw;
  }

  @Override
  public Stream<K> scan(String pattern) {
    ScanIterator<K> names =
        ScanIterator.scan(handle.sync(), ScanArgs.Builder.limit(BATCH).match(pattern));
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(names, Spliterator.NONNULL), false);
  }

  @Override
  public long count() {
    RedisCommands<byte[], byte[]> commands = raw.sync();
    long found = 0;
    KeyScanCursor<byte[]> cursor = commands.scan(ScanArgs.Builder.limit(BATCH));
    while (true) {
      found += cursor.getKeys().size();
      if (cursor.isFinished()) {
        return found;
      }
      cursor = next(commands, cursor);
    }
  }

  @Override
  public long deleteAll() {
    RedisCommands<byte[], byte[]> commands = raw.sync();
    long deleted = 0;
    KeyScanCursor<byte[]> cursor = commands.scan(ScanArgs.Builder.limit(BATCH));
    while (true) {
      if (!cursor.getKeys().isEmpty()) {
        deleted += commands.unlink(cursor.getKeys().toArray(new byte[0][]));
      }
      if (cursor.isFinished()) {
        return deleted;
      }
      cursor = next(commands, cursor);
    }
  }

  private static KeyScanCursor<byte[]> next(
      RedisCommands<byte[], byte[]> commands, ScanCursor cursor) {
    return commands.scan(cursor, ScanArgs.Builder.limit(BATCH));
  }
}
