package io.tenantredis.benchmarks;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** Threads that each run streams of operations of which a number are in flight. */
record ReactiveLoad(int threads, int depth) implements Load {

  /** Operations of one stream: enough for its start and end not to count. */
  private static final int STREAM = 1_024;

  @Override
  public @Nullable Work of(Peer peer, Task task) {
    Peer.Reactive operation = peer.reactive(task);
    return operation == null ? null : nanos -> run(operation, nanos);
  }

  private double run(Peer.Reactive operation, long nanos) {
    return Workers.perSecond(
        threads,
        Thread::new,
        nanos,
        (worker, ended) -> {
          long done = 0;
          do {
            Flux.range(worker * 37, STREAM).flatMap(operation::run, depth).then().block();
            done += STREAM;
          } while (!ended.getAsBoolean());
          return done;
        });
  }
}
