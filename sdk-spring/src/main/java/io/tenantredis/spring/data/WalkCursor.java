package io.tenantredis.spring.data;

import io.tenantredis.KeyWalk;
import io.tenantredis.TenantKeys;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.core.Cursor;

/**
 * A walk through a tenant's keys on all nodes of a cluster, where SCAN only finds those of one. For
 * one thread.
 */
final class WalkCursor implements Cursor<byte[]> {

  private final Runnable tenantCheck;
  private final Iterator<byte[]> keys;
  private volatile CursorId id = CursorId.initial();
  private long position;
  private boolean closed;

  /**
   * Begins to walk.
   *
   * @param walk which keys
   * @param tenantCheck called before each batch could be asked for
   */
  WalkCursor(TenantKeys<byte[]> tenantKeys, KeyWalk.Builder walk, Runnable tenantCheck) {
    this.tenantCheck = tenantCheck;
    this.keys =
        translating(
            () ->
                tenantKeys
                    .scan(walk.onProgress(progress -> id = CursorId.of(progress.cursor())).build())
                    .iterator());
  }

  private static <T> T translating(Supplier<T> step) {
    try {
      return step.get();
    } catch (RuntimeException failure) {
      DataAccessException translated = Translation.of(failure);
      throw translated == null ? failure : translated;
    }
  }

  @Override
  public boolean hasNext() {
    if (closed) {
      throw new InvalidDataAccessApiUsageException("This cursor is closed: open another one.");
    }
    tenantCheck.run();
    return translating(keys::hasNext);
  }

  @Override
  public byte[] next() {
    if (!hasNext()) {
      throw new NoSuchElementException("There are no more keys.");
    }
    position++;
    return keys.next();
  }

  @Override
  public CursorId getId() {
    return id;
  }

  /** The node's part alone. */
  @Override
  @Deprecated
  public long getCursorId() {
    String whole = id.getCursorId();
    return Long.parseUnsignedLong(whole.substring(whole.lastIndexOf('/') + 1));
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public long getPosition() {
    return position;
  }

  @Override
  public void close() {
    closed = true;
  }
}
