package io.tenantredis.internal.client;

import io.lettuce.core.RedisCommandInterruptedException;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.tenantredis.KeyWalk;
import io.tenantredis.KeyWalkProgress;
import io.tenantredis.internal.connection.NodeAddress;
import io.tenantredis.internal.error.Failures;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One walk through a tenant's keys, batch by batch: fetch, work, tell. Both flavours go through
 * {@link #batch}; only who waits for it differs.
 */
final class KeyWalker<K> {

  private static final String BEGIN = "0";

  private final SharedHandle<K, ?> handle;
  private final KeyWalk walk;
  private final Function<List<K>, Mono<Long>> work;

  /**
   * @param work what is done with the keys of a batch; its results are added up
   */
  KeyWalker(SharedHandle<K, ?> handle, KeyWalk walk, Function<List<K>, Mono<Long>> work) {
    this.handle = handle;
    this.walk = walk;
    this.work = work;
  }

  /** What was reached with a batch. */
  record Batch<K>(List<K> keys, KeyWalkProgress progress) {}

  /** Before the first batch. */
  Batch<K> start() {
    return new Batch<>(List.of(), new KeyWalkProgress(walk.cursor(), false, 0, 0, 0));
  }

  /** Whether another batch follows. */
  boolean goesOn(Batch<K> last) {
    KeyWalkProgress progress = last.progress();
    return !progress.finished() && (progress.batches() == 0 || !walk.stop().getAsBoolean());
  }

  /** Fetches the batch behind {@code last} and does the work. */
  Mono<Batch<K>> batch(Batch<K> last) {
    return nodes(last.progress().cursor().equals(BEGIN))
        .flatMap(nodes -> page(nodes, last.progress().cursor()))
        .flatMap(
            page -> work.apply(page.keys()).map(result -> added(last.progress(), page, result)));
  }

  /**
   * What one SCAN answered.
   *
   * @param cursor where to go on; on a cluster with the node that it belongs to
   */
  private record Page<K>(List<K> keys, String cursor) {}

  private Mono<List<NodeAddress>> nodes(boolean now) {
    return Mono.defer(() -> Mono.fromCompletionStage(handle.slot().session().nodesOfKeys(now)));
  }

  private Mono<Page<K>> page(List<NodeAddress> nodes, String cursor) {
    if (nodes.isEmpty()) {
      return handle
          .reactive()
          .scan(ScanCursor.of(cursor), arguments())
          .map(page -> new Page<>(page.getKeys(), page.isFinished() ? BEGIN : page.getCursor()));
    }
    int slash = cursor.lastIndexOf('/');
    String name = slash < 0 ? nodes.get(0).toString() : cursor.substring(0, slash);
    int at = nodes.stream().map(NodeAddress::toString).toList().indexOf(name);
    if (at < 0 || (slash < 0 && !cursor.equals(BEGIN))) {
      return Mono.error(Failures.walkInterrupted(handle.slot().tenant(), name));
    }
    String next = at + 1 < nodes.size() ? nodes.get(at + 1) + "/" + BEGIN : BEGIN;
    return handle
        .at(nodes.get(at))
        .reactive()
        .scan(ScanCursor.of(cursor.substring(slash + 1)), arguments())
        .map(
            page ->
                new Page<>(
                    page.getKeys(), page.isFinished() ? next : name + "/" + page.getCursor()))
        // A node that lost the keys meanwhile answers SCAN as if there were none.
        .flatMap(
            page ->
                nodes(true)
                    .flatMap(
                        now ->
                            now.contains(nodes.get(at))
                                ? Mono.just(page)
                                : Mono.error(
                                    Failures.walkInterrupted(handle.slot().tenant(), name))));
  }

  private ScanArgs arguments() {
    ScanArgs arguments = ScanArgs.Builder.limit(walk.batchSize());
    String pattern = walk.pattern();
    return pattern == null ? arguments : arguments.match(pattern);
  }

  private Batch<K> added(KeyWalkProgress before, Page<K> page, long result) {
    return new Batch<>(
        page.keys(),
        new KeyWalkProgress(
            page.cursor(),
            page.cursor().equals(BEGIN),
            before.batches() + 1,
            before.keys() + page.keys().size(),
            before.result() + result));
  }

  /** All batches, one after the other. */
  Flux<Batch<K>> batches() {
    return Mono.defer(() -> told(start())).expand(last -> goesOn(last) ? told(last) : Mono.empty());
  }

  private Mono<Batch<K>> told(Batch<K> last) {
    return batch(last).doOnNext(batch -> walk.progress().accept(batch.progress()));
  }

  /** Fetches the next batch and tells of it, blocking. */
  Batch<K> await(Batch<K> last) {
    if (Thread.currentThread().isInterrupted()) {
      throw new RedisCommandInterruptedException(new InterruptedException());
    }
    CompletableFuture<Batch<K>> future = batch(last).toFuture();
    Batch<K> batch;
    try {
      batch = future.get();
    } catch (InterruptedException interrupted) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new RedisCommandInterruptedException(interrupted);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof RuntimeException failure
          ? failure
          : new RedisException(failed.getCause());
    }
    walk.progress().accept(batch.progress());
    return batch;
  }
}
