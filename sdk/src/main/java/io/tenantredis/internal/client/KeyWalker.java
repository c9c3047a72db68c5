package io.tenantredis.internal.client;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisCommandInterruptedException;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import io.tenantredis.KeyWalk;
import io.tenantredis.KeyWalkProgress;
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

  private final RedisReactiveCommands<K, ?> commands;
  private final KeyWalk walk;
  private final Function<List<K>, Mono<Long>> work;

  /**
   * @param work what is done with the keys of a batch; its results are added up
   */
  KeyWalker(
      RedisReactiveCommands<K, ?> commands, KeyWalk walk, Function<List<K>, Mono<Long>> work) {
    this.commands = commands;
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
    return commands
        .scan(ScanCursor.of(last.progress().cursor()), arguments())
        .flatMap(
            page -> work.apply(page.getKeys()).map(result -> added(last.progress(), page, result)));
  }

  private ScanArgs arguments() {
    ScanArgs arguments = ScanArgs.Builder.limit(walk.batchSize());
    String pattern = walk.pattern();
    return pattern == null ? arguments : arguments.match(pattern);
  }

  private Batch<K> added(KeyWalkProgress before, KeyScanCursor<K> page, long result) {
    return new Batch<>(
        page.getKeys(),
        new KeyWalkProgress(
            page.getCursor(),
            page.isFinished(),
            before.batches() + 1,
            before.keys() + page.getKeys().size(),
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
