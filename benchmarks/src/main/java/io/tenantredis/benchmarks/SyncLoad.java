package io.tenantredis.benchmarks;

import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** Threads that each issue one blocking operation after the other. */
record SyncLoad(int threads, ThreadFactory factory) implements Load {

  SyncLoad(int threads) {
    this(threads, Thread::new);
  }

  @Override
  public @Nullable Work of(Peer peer, Task task) {
    Peer.Sync operation = peer.sync(task);
    return operation == null ? null : nanos -> run(operation, nanos);
  }

  private double run(Peer.Sync operation, long nanos) {
    return Workers.perSecond(
        threads,
        factory,
        nanos,
        (worker, ended) -> {
          int i = worker * 37;
          long done = 0;
          while (!ended.getAsBoolean()) {
            operation.run(i++);
            done++;
          }
          return done;
        });
  }
}
