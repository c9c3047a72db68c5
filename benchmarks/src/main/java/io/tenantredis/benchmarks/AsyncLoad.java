package io.tenantredis.benchmarks;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Threads that each keep a number of operations in flight: each waits for its oldest operation and
 * then issues the next.
 */
record AsyncLoad(int threads, int depth) implements Load {

  @Override
  public @Nullable Work of(Peer peer, Task task) {
    Peer.Async operation = peer.async(task);
    return operation == null
        ? peer.pipeline(task, 1, threads * depth)
        : nanos -> run(operation, nanos);
  }

  /** Operations in a second. */
  double run(Peer.Async operation, long nanos) {
    return Workers.perSecond(
        threads,
        Thread::new,
        nanos,
        (worker, ended) -> {
          CompletableFuture<?>[] window = new CompletableFuture<?>[depth];
          int i = worker * 37;
          for (int slot = 0; slot < depth; slot++) {
            window[slot] = operation.run(i++).toCompletableFuture();
          }
          long done = 0;
          int oldest = 0;
          while (!ended.getAsBoolean()) {
            Workers.await(window[oldest]);
            done++;
            window[oldest] = operation.run(i++).toCompletableFuture();
            oldest = oldest + 1 == depth ? 0 : oldest + 1;
          }
          for (CompletableFuture<?> last : window) {
            Workers.await(last);
            done++;
          }
          return done;
        });
  }
}
