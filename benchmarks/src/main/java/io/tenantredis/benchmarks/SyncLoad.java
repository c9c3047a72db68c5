package io.tenantredis.benchmarks;

import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** Threads that each issue one blocking operation after the other. */
record SyncLoad(int threads, @Nullable ThreadFactory factory) implements Load {

  SyncLoad(int threads) {
    this(threads, Thread::new);
  }

  /** With virtual threads, which only newer JDKs have. */
  static SyncLoad virtual(int threads) {
    return new SyncLoad(threads, VirtualThreads.factory());
  }

  @Override
  public @Nullable String obstacle() {
    return factory == null ? "needs JDK 21 or newer, this is " + Runtime.version().feature() : null;
  }

  @Override
  public @Nullable Work of(Peer peer, Task task) {
    Peer.Sync operation = peer.sync(task);
    return operation == null ? null : nanos -> run(operation, nanos);
  }

  /** Operations in a second. */
  double run(Peer.Sync operation, long nanos) {
    ThreadFactory starting = factory;
    if (starting == null) {
      throw new IllegalStateException(obstacle());
    }
    return Workers.perSecond(
        threads,
        starting,
        nanos,
        (worker, ended) -> {
          int i = worker * 37;
          long done = 0;
          do {
            operation.run(i++);
            done++;
          } while (!ended.getAsBoolean());
          return done;
        });
  }
}
