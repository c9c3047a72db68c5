package io.tenantredis.benchmarks;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Threads that each issue a number of operations and wait for all of them, again and again. */
record BatchLoad(int threads, int size) implements Load {

  @Override
  public @Nullable Work of(Peer peer, Task task) {
    Peer.Async operation = peer.async(task);
    return operation == null ? null : nanos -> run(operation, nanos);
  }

  private double run(Peer.Async operation, long nanos) {
    return Workers.perSecond(
        threads,
        Thread::new,
        nanos,
        (worker, ended) -> {
          CompletableFuture<?>[] batch = new CompletableFuture<?>[size];
          int i = worker * 37;
          long done = 0;
          do {
            for (int slot = 0; slot < size; slot++) {
              batch[slot] = operation.run(i++).toCompletableFuture();
            }
            for (CompletableFuture<?> one : batch) {
              Workers.await(one);
            }
            done += size;
          } while (!ended.getAsBoolean());
          return done;
        });
  }
}
