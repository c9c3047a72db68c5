package io.tenantredis.internal.connection;

import io.tenantredis.TenantId;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The replicas of one server, the same for all tenants: those that the application named, or those
 * that Sentinels name. Sentinels are asked when somebody first reads from a replica, and then in
 * the background, by one question at a time. Thread-safe; nothing blocks.
 */
public final class Replicas implements Shards {

  /** What is asked in the background is asked no more often than this. */
  private static final long SHORTEST_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** Who gave no answer, or named no replica, is asked again no sooner than after this. */
  private static final long SPARE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final String endpoint;
  private final @Nullable Mono<Shard> question;
  private final Function<NodeAddress, Connector> connectors;
  private final LongSupplier nanoTime;
  private final ConcurrentMap<NodeAddress, Connector> nodes = new ConcurrentHashMap<>();
  private final Object lock = new Object();
  private volatile @Nullable Shard current;
  private @Nullable CompletableFuture<Void> asking;
  private long askedAt;
  private volatile boolean unanswered;
  private volatile long unansweredAt;

  /** Those that never change. */
  Replicas(String endpoint, Shard named, Function<NodeAddress, Connector> connectors) {
    this(endpoint, null, connectors, System::nanoTime);
    this.current = named;
  }

  /**
   * Those that somebody knows.
   *
   * @param endpoint whose replicas they are, for people
   * @param question asks, each time somebody subscribes
   */
  Replicas(
      String endpoint,
      @Nullable Mono<Shard> question,
      Function<NodeAddress, Connector> connectors,
      LongSupplier nanoTime) {
    this.endpoint = endpoint;
    this.question = question;
    this.connectors = connectors;
    this.nanoTime = nanoTime;
  }

  @Override
  public @Nullable Shard of(int slot) {
    return current;
  }

  @Override
  public CompletableFuture<Void> learn(TenantId tenant) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    ask()
        .whenComplete(
            (done, failure) -> {
              if (failure == null || current != null) {
                result.complete(null);
              } else {
                result.completeExceptionally(ConnectFailures.of(tenant, endpoint, failure));
              }
            });
    return result;
  }

  @Override
  public CompletableFuture<Void> learnSince(TenantId tenant, long nanos) {
    return current == null ? learn(tenant) : CompletableFuture.completedFuture(null);
  }

  @Override
  public boolean isUnanswered() {
    if (unanswered && nanoTime.getAsLong() - unansweredAt >= SPARE_NANOS) {
      ask();
    }
    return unanswered;
  }

  @Override
  public void unanswered() {
    if (current == null) {
      unansweredAt = nanoTime.getAsLong();
      unanswered = true;
    }
  }

  @Override
  public long nanosUntilAsked() {
    return 0;
  }

  @Override
  public void doubt(@Nullable NodeAddress knowing) {
    refreshOlderThan(SHORTEST_INTERVAL_NANOS);
  }

  @Override
  public void replicaMissed() {
    refreshOlderThan(SPARE_NANOS);
  }

  private void refreshOlderThan(long nanos) {
    boolean due;
    synchronized (lock) {
      due = nanoTime.getAsLong() - askedAt >= nanos;
    }
    // Nobody has read from a replica yet, or somebody waits for the answer.
    if (due && current != null) {
      ask();
    }
  }

  private CompletableFuture<Void> ask() {
    if (question == null) {
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<Void> answer;
    synchronized (lock) {
      if (asking != null) {
        return asking;
      }
      askedAt = nanoTime.getAsLong();
      answer = new CompletableFuture<>();
      asking = answer;
    }
    question.subscribe(
        shard -> {
          learnt(shard);
          end(answer, null);
        },
        failure -> end(answer, failure),
        () -> end(answer, null));
    return answer;
  }

  private void learnt(Shard shard) {
    current = shard;
    unanswered = false;
    Set<NodeAddress> known = new HashSet<>(shard.replicas());
    nodes.keySet().removeIf(node -> !known.contains(node));
  }

  private void end(CompletableFuture<Void> answer, @Nullable Throwable failure) {
    synchronized (lock) {
      if (asking == answer) {
        asking = null;
      }
    }
    if (failure == null) {
      answer.complete(null);
    } else {
      unanswered();
      answer.completeExceptionally(failure);
    }
  }

  @Override
  public boolean hasReplica(NodeAddress node) {
    Shard shard = current;
    return shard != null && shard.replicas().contains(node);
  }

  @Override
  public ConnectionSource replica(NodeAddress node) {
    return nodes.computeIfAbsent(node, connectors);
  }
}
