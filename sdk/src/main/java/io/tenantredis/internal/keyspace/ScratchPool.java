package io.tenantredis.internal.keyspace;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A bounded set of scratches that all guards share. Not a thread-local: with a virtual thread for
 * each request that would be a scratch for each request.
 */
final class ScratchPool {

  /** Slots are this far apart so that two threads do not write to one cache line. */
  private static final int STRIDE = 16;

  private final AtomicReferenceArray<@Nullable Scratch> slots;
  private final int mask;

  ScratchPool(int slots) {
    int size = Integer.highestOneBit(Math.max(1, Math.min(slots, 64)));
    this.slots = new AtomicReferenceArray<>(size * STRIDE);
    this.mask = size - 1;
  }

  /** A scratch for this thread alone, until it is given back. Never waits. */
  Scratch take() {
    Scratch scratch = slots.getAndSet(slot(), null);
    return scratch != null ? scratch : new Scratch();
  }

  /** Gives a scratch back; one that grew large is dropped. */
  void give(Scratch scratch) {
    if (scratch.isKept()) {
      slots.setRelease(slot(), scratch);
    }
  }

  private int slot() {
    long id = Thread.currentThread().getId();
    return (int) ((id ^ (id >>> 6)) & mask) * STRIDE;
  }
}
