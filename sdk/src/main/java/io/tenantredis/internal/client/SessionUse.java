package io.tenantredis.internal.client;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whether a session was used since somebody last looked, and whether it still may be. One volatile
 * read for a use, one write for the first use after each look.
 */
final class SessionUse {

  private static final int UNUSED = 0;
  private static final int USED = 1;
  private static final int RETIRED = 2;

  private final AtomicInteger state = new AtomicInteger(USED);

  /** Notes a use; false when the session is retired. */
  boolean use() {
    int now = state.get();
    while (now == UNUSED) {
      if (state.compareAndSet(UNUSED, USED)) {
        return true;
      }
      now = state.get();
    }
    return now == USED;
  }

  /** Whether it was used since the last call of this method. */
  boolean takeUsed() {
    return state.compareAndSet(USED, UNUSED);
  }

  /** No use from now on, unless it was used since {@link #takeUsed()} or is retired already. */
  boolean retireIfUnused() {
    return state.compareAndSet(UNUSED, RETIRED);
  }

  /** No use from now on; false when it was so before. */
  boolean retire() {
    return state.getAndSet(RETIRED) != RETIRED;
  }

  boolean isRetired() {
    return state.get() == RETIRED;
  }
}
