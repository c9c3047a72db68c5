package io.tenantredis.benchmarks;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/**
 * A client that does the tasks, the way its own documentation recommends. Thread-safe. What it
 * cannot do it answers with null, and is then left out of the scenario.
 */
interface Peer extends AutoCloseable {

  /** Its name in the results. */
  String name();

  /** The task, blocking. */
  default @Nullable Sync sync(Task task) {
    return null;
  }

  /** The task, with a stage of its result. */
  default @Nullable Async async(Task task) {
    return null;
  }

  /** The task, started by a subscriber. */
  default @Nullable Reactive reactive(Task task) {
    return null;
  }

  /**
   * The task on connections that each have this many commands in flight, for a peer that is no
   * library but a program.
   */
  default Load.@Nullable Work pipeline(Task task, int connections, int depth) {
    return null;
  }

  @Override
  void close();

  /** One blocking operation; the number says which keys. */
  @FunctionalInterface
  interface Sync {
    @Nullable Object run(int i);
  }

  /** Starts one operation; the number says which keys. */
  @FunctionalInterface
  interface Async {
    CompletionStage<?> run(int i);
  }

  /** Makes one operation; the number says which keys. */
  @FunctionalInterface
  interface Reactive {
    Publisher<?> run(int i);
  }
}
